/** Rules that are due at a time: an event of their own goes to their targets. */
import { nextTime, parseSchedule } from "../../domain/schedule.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import { type DueEntry, putEntry, removeEntry, Timetable } from "../timetable/index.ts";
import type { LiveBus } from "./catalog.ts";
import type { BusesContext } from "./context.ts";
import { scopeKey } from "./context.ts";
import type { Dispatch } from "./dispatch.ts";
import { createEvent } from "./event.ts";
import type { Rule } from "./model.ts";
import { SCHEDULES } from "./spaces.ts";

interface Scheduled {
  readonly scope: Scope;
  readonly bus: string;
  readonly rule: string;
}

const CONCURRENCY = 50;

/** What becomes of a rule's place in the timetable when it becomes what it is now; undefined: it is gone. */
export function scheduleChange(
  live: LiveBus,
  rule: Rule | undefined,
  before: Rule | undefined,
  now: number,
): Change[] {
  const name = rule?.name ?? before?.name ?? "";
  const id = `${scopeKey(live.scope)}/${live.name}/${name}`;
  const due = rule && dueAfter(rule, now);
  if (rule === undefined || due === undefined)
    return before?.schedule === undefined ? [] : [removeEntry(SCHEDULES, id)];
  const same = before?.schedule === rule.schedule && before?.state === rule.state;
  if (same) return [];
  const item: Scheduled = { scope: live.scope, bus: live.name, rule: rule.name };
  return [putEntry(SCHEDULES, id, due, item)];
}

/** EventBridge: `cron` is in UTC; `rate` counts from when the rule was made. */
function dueAfter({ schedule, state, created }: Rule, now: number): number | undefined {
  if (schedule === undefined || state === "DISABLED") return undefined;
  return nextTime(parseSchedule(schedule), { zone: "UTC", anchor: created }, now);
}

export function createSchedules(context: BusesContext, dispatch: Dispatch): Timetable<Scheduled> {
  const { records, clock, catalog, onFailure } = context;
  return new Timetable<Scheduled>({
    records,
    clock,
    space: SCHEDULES,
    concurrency: CONCURRENCY,
    onFailure,
    run: (entry) => fire(entry),
  });

  async function fire({ item, time, move }: DueEntry<Scheduled>): Promise<void> {
    const live = await catalog.find({ scope: item.scope, name: item.bus });
    const rule = live?.rules.get(item.rule);
    if (live === undefined || rule === undefined) return move(undefined);
    const event = createEvent(
      {
        ...item.scope,
        source: "aws.events",
        detailType: "Scheduled Event",
        resources: [rule.arn],
        time,
        detail: { text: "{}", value: {} },
      },
      { ingestionTime: clock.now(), hops: 0 },
    );
    await dispatch.run(live, rule, event);
    await move(dueAfter(rule.rule, clock.now()));
  }
}
