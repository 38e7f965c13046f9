/** Reading and changing alarms, and what happened to them. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import { retried } from "../../ports/retried.ts";
import { type Alarm, type HistoryItem, typeOf } from "./alarm-model.ts";
import { metricsError } from "./errors.ts";
import { ALARM_HISTORY, ALARMS, numberId, spaceOf } from "./spaces.ts";

const HISTORY_MS = 30 * 86_400_000;
const TRIM_EVERY = 100;

export class AlarmStore {
  readonly #records: Records;
  readonly #now: () => number;
  #items = 0;

  constructor(records: Records, now: () => number) {
    this.#records = records;
    this.#now = now;
  }

  async get(scope: Scope, name: string): Promise<Alarm | undefined> {
    return (await this.#records.get<Alarm>(spaceOf(scope, ALARMS), name))?.value;
  }

  async all(scope: Scope): Promise<Alarm[]> {
    const found = await everyRecord<Alarm>(this.#records, spaceOf(scope, ALARMS));
    return found.map(({ value }) => value);
  }

  /** Lets `decide` say what an alarm becomes, with what is to be remembered of it; again where somebody was first. */
  async edit(
    scope: Scope,
    name: string,
    decide: (
      before: Alarm | undefined,
    ) => { alarm: Alarm; history?: readonly HistoryItem[] } | undefined,
  ): Promise<Alarm | undefined> {
    const space = spaceOf(scope, ALARMS);
    return retried(
      async () => {
        const found = await this.#records.get<Alarm>(space, name);
        const edit = decide(found?.value);
        if (edit === undefined) return undefined;
        const put = { put: edit.alarm, space, id: name, expect: found?.revision ?? 0 };
        await this.#records.commit([put, ...this.#historyChanges(scope, edit.history ?? [])]);
        await this.#trim(scope);
        return edit.alarm;
      },
      () => metricsError("AlarmContended", "Too many changes of the same alarm at once."),
    );
  }

  async delete(scope: Scope, alarms: readonly Alarm[]): Promise<void> {
    const items = alarms.map((alarm) => this.configured(alarm, "Delete"));
    await this.#records.commit([
      ...alarms.map(
        ({ name }) => ({ delete: true, space: spaceOf(scope, ALARMS), id: name }) as const,
      ),
      ...this.#historyChanges(scope, items),
    ]);
  }

  async remember(scope: Scope, items: readonly HistoryItem[]): Promise<void> {
    if (items.length > 0) await this.#records.commit(this.#historyChanges(scope, items));
  }

  /** What happened, the oldest first; each with a key that sorts so. */
  async history(scope: Scope): Promise<{ readonly key: string; readonly item: HistoryItem }[]> {
    const all = await everyRecord<HistoryItem>(this.#records, spaceOf(scope, ALARM_HISTORY));
    return all.map(({ id, value }) => ({ key: id, item: value }));
  }

  configured(alarm: Alarm, type: "Create" | "Update" | "Delete"): HistoryItem {
    return {
      alarm: alarm.name,
      alarmKind: alarm.kind,
      time: this.#now(),
      type: "ConfigurationUpdate",
      summary: `Alarm "${alarm.name}" ${type === "Update" ? "updated" : `${type.toLowerCase()}d`}`,
      data: JSON.stringify({
        version: "1.0",
        type,
        [type === "Delete" ? "deletedAlarm" : type === "Create" ? "createdAlarm" : "updatedAlarm"]:
          { alarmName: alarm.name, alarmType: typeOf(alarm), ...alarm.rule },
      }),
    };
  }

  #historyChanges(scope: Scope, items: readonly HistoryItem[]): Change[] {
    return items.map((put) => {
      this.#items += 1;
      const id = `${numberId(put.time)}/${numberId(this.#now())}-${numberId(this.#items)}`;
      return { put, space: spaceOf(scope, ALARM_HISTORY), id };
    });
  }

  async #trim(scope: Scope): Promise<void> {
    if (this.#items % TRIM_EVERY !== 0) return;
    const space = spaceOf(scope, ALARM_HISTORY);
    const end = numberId(this.#now() - HISTORY_MS);
    const page = await this.#records.list(space, { limit: 1000 });
    const old = page.filter(({ id }) => id < end);
    if (old.length > 0)
      await this.#records.commit(old.map(({ id }) => ({ delete: true, space, id }) as const));
  }
}
