/** Alarms change their states: remembered, acted upon, and seen by the composite alarms that speak of them. */

import type { AlarmState } from "../../domain/alarm-evaluation.ts";
import { alarmsIn, holds, nameOf, parseAlarmRule } from "../../domain/alarm-rule.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Deliverer } from "../deliverer/index.ts";
import { act } from "./alarm-actions.ts";
import {
  type Alarm,
  type AlarmChange,
  alarmArn,
  type CompositeAlarm,
  type HistoryItem,
  type StateOfAlarm,
} from "./alarm-model.ts";
import type { AlarmStore } from "./alarm-store.ts";
import { zoned } from "./alarm-words.ts";

/** Composite alarms may speak of composite alarms, so deep. */
const MAX_DEPTH = 20;

export interface NewState {
  readonly value: AlarmState;
  readonly reason: string;
  readonly data?: string | undefined;
}

export class AlarmStates {
  readonly #store: AlarmStore;
  readonly #clock: Clock;
  readonly #deliverer: Pick<Deliverer, "deliver">;

  constructor(store: AlarmStore, clock: Clock, deliverer: Pick<Deliverer, "deliver">) {
    this.#store = store;
    this.#clock = clock;
    this.#deliverer = deliverer;
  }

  /**
   * An alarm is in this state from now on. Answers false where there is no such alarm. `told`: by somebody, so that its
   * reason is new also where its state is not.
   */
  async set(
    scope: Scope,
    name: string,
    state: NewState,
    told = false,
    depth = 0,
  ): Promise<boolean> {
    const now = this.#clock.now();
    let known = false;
    let changed = false;
    const alarm = await this.#store.edit(scope, name, (before) => {
      known = before !== undefined;
      changed = before !== undefined && before.state.value !== state.value;
      if (before === undefined || (!changed && !told)) return undefined;
      const next: StateOfAlarm = {
        ...state,
        updated: now,
        changed: changed ? now : before.state.changed,
      };
      const change: AlarmChange = { from: before.state, to: next };
      return {
        alarm: { ...before, state: next, ...(changed ? { due: change } : {}) },
        history: changed ? [changeItem(before, change)] : [],
      };
    });
    if (alarm !== undefined && changed) await this.settle(scope, alarm, depth);
    return known;
  }

  /** Does what is due after a change. */
  async settle(scope: Scope, alarm: Alarm, depth = 0): Promise<void> {
    const { due } = alarm;
    if (due === undefined) return;
    const told = await act(this.#deliverer, scope, alarm, due);
    const history = told.map((arn) => this.#actionItem(alarm, due, arn));
    await this.#store.edit(scope, alarm.name, (now) => {
      if (now?.due === undefined || now.due.to.updated !== due.to.updated) return undefined;
      const { due: _, ...rest } = now;
      return { alarm: rest as Alarm, history };
    });
    if (depth < MAX_DEPTH) await this.#tellParents(scope, alarm, depth + 1);
  }

  /** A composite alarm as its rule says now. */
  async compose(scope: Scope, alarm: CompositeAlarm, cause?: Alarm, depth = 0): Promise<void> {
    const rule = parseAlarmRule(alarm.rule.rule);
    const names = alarmsIn(rule);
    const children = await Promise.all(names.map((name) => this.#store.get(scope, name)));
    const states = new Map(children.flatMap((one) => (one ? [[one.name, one]] : [])));
    const value = holds(rule, (name) => states.get(name)?.state.value) ? "ALARM" : "OK";
    const trigger = cause ?? children.find((one) => one !== undefined);
    const reason =
      trigger === undefined
        ? `The alarm rule is ${value === "ALARM"}`
        : `${alarmArn(scope, trigger.name)} transitioned to ${trigger.state.value} at ${spoken(trigger.state.changed)}`;
    const data = JSON.stringify({
      triggeringAlarms: trigger
        ? [
            {
              arn: alarmArn(scope, trigger.name),
              state: { value: trigger.state.value, timestamp: zoned(trigger.state.changed) },
            },
          ]
        : [],
    });
    await this.set(scope, alarm.name, { value, reason, data }, false, depth);
  }

  async #tellParents(scope: Scope, alarm: Alarm, depth: number): Promise<void> {
    for (const parent of await this.#store.all(scope))
      if (parent.kind === "composite" && speaksOf(parent, alarm.name))
        await this.compose(scope, parent, alarm, depth);
  }

  #actionItem(alarm: Alarm, { to }: AlarmChange, arn: string): HistoryItem {
    return {
      alarm: alarm.name,
      alarmKind: alarm.kind,
      time: this.#clock.now(),
      type: "Action",
      summary: `Successfully executed action ${arn}`,
      data: JSON.stringify({
        actionState: "Succeeded",
        stateUpdateTimestamp: to.updated,
        notificationResource: arn,
      }),
    };
  }
}

export const speaksOf = ({ rule }: CompositeAlarm, name: string): boolean =>
  alarmsIn(parseAlarmRule(rule.rule)).includes(name) ||
  (rule.suppressor !== undefined && nameOf(rule.suppressor) === name);

/** `Friday 27 September, 2024 13:17:08 UTC` */
function spoken(time: number): string {
  const date = new Date(time);
  const [weekday, day, month, year] = (["weekday", "day", "month", "year"] as const).map((part) =>
    new Intl.DateTimeFormat("en-GB", {
      timeZone: "UTC",
      [part]:
        part === "weekday" || part === "month" ? "long" : part === "day" ? "2-digit" : "numeric",
    }).format(date),
  );
  return `${weekday} ${day} ${month}, ${year} ${date.toISOString().slice(11, 19)} UTC`;
}

function changeItem(alarm: Alarm, { from, to }: AlarmChange): HistoryItem {
  const stateOf = ({ value, reason, data }: StateOfAlarm) => ({
    stateValue: value,
    stateReason: reason,
    ...(data === undefined ? {} : { stateReasonData: JSON.parse(data) }),
  });
  return {
    alarm: alarm.name,
    alarmKind: alarm.kind,
    time: to.updated,
    type: "StateUpdate",
    summary: `Alarm updated from ${from.value} to ${to.value}`,
    data: JSON.stringify({ version: "1.0", oldState: stateOf(from), newState: stateOf(to) }),
  };
}
