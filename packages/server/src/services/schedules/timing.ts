/** When a schedule runs: its expression between its dates, and its flexible window. */
import {
  type Schedule as Expression,
  nextTime,
  parseSchedule,
  ScheduleError,
} from "../../domain/schedule.ts";
import type { Schedule } from "./model.ts";

type Timing = Pick<Schedule, "expression" | "zone" | "start" | "end" | "anchor">;

const MINUTE_MS = 60_000;
/**
 * A run that is later than this was missed, because nobody was there: it makes up for all that were missed after it. No
 * schedule runs more often.
 */
const LATE_MS = MINUTE_MS;

const FORMS: Readonly<Record<Expression["kind"], RegExp>> = {
  at: /^at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)$/,
  rate: /^rate\(\d+ (minute|hour|day)s?\)$/,
  cron: /^cron\(\S+( \S+){5}\)$/,
};

/** Reads an expression as Scheduler does, which is stricter than others; undefined where it is none. */
export function readExpression(expression: string): Expression | undefined {
  try {
    const schedule = parseSchedule(expression);
    return FORMS[schedule.kind].test(expression) ? schedule : undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return undefined;
    throw error;
  }
}

/** Its first time. Scheduler: an `at` that has passed runs at once, a `rate` first at its start, or when it is made. */
export function firstDue(timing: Timing, now: number): number | undefined {
  const { kind } = parseSchedule(timing.expression);
  return dueAfter(timing, { at: Number.MIN_SAFE_INTEGER, rate: now - 1, cron: now }[kind]);
}

/** Its first time later than `after`; undefined where there is none. Scheduler: an `at` does not look at the dates. */
export function dueAfter(timing: Timing, after: number): number | undefined {
  const { zone, anchor, start, end = Number.POSITIVE_INFINITY } = timing;
  const schedule = parseSchedule(timing.expression);
  if (schedule.kind === "at") return nextTime(schedule, { zone, anchor }, after);
  const base = schedule.kind === "rate" ? anchor - schedule.periodMs : anchor;
  const from = start === undefined ? after : Math.max(after, start - 1);
  const time = nextTime(schedule, { zone, anchor: base }, from);
  return time === undefined || time > end ? undefined : time;
}

/** The time after `due`, which ran at `ran` and should have run at `wanted`. */
export function dueNext(
  timing: Timing,
  { due, wanted, ran }: { readonly due: number; readonly wanted: number; readonly ran: number },
): number | undefined {
  return dueAfter(timing, ran - wanted > LATE_MS ? Math.max(due, ran) : due);
}

/** When to run for a time: then, or anywhere in the window that begins then. `random`: from 0 to 1. */
export function spread(
  { window = 0 }: Pick<Schedule, "window">,
  due: number,
  now: number,
  random: () => number,
): number {
  if (window === 0) return due;
  return Math.max(
    due + Math.floor(random() * window * MINUTE_MS),
    Math.min(now, due + window * MINUTE_MS),
  );
}
