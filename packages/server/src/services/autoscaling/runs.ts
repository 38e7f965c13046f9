/** When a scheduled action runs: its schedule, between its start and its end. */
import { lastTime, nextTime, parseSchedule, type Schedule } from "../../domain/schedule.ts";
import type { ScheduledAction } from "./model.ts";

type Timing = Pick<ScheduledAction, "schedule" | "timezone" | "start" | "end" | "anchor">;

/**
 * The first run later than `after`; undefined where there is none. Application Auto Scaling: a recurring action that
 * has a start also runs at its start.
 */
export function nextRun(timing: Timing, after: number): number | undefined {
  const { start, end = Number.POSITIVE_INFINITY } = timing;
  const schedule = scheduleOf(timing);
  const early = start !== undefined && after < start;
  const time = early && schedule.kind !== "at" ? start : nextTime(schedule, frameOf(timing), after);
  if (time === undefined || time > end || (early && time < start)) return undefined;
  return time;
}

/** The last run later than `run` and not later than `now`; `run` itself where there is none: later ones make up for it. */
export function latestRun(timing: Timing, run: number, now: number): number {
  const until = Math.min(now, timing.end ?? now);
  return lastTime(scheduleOf(timing), frameOf(timing), run, until) ?? run;
}

const scheduleOf = ({ schedule }: Timing): Schedule =>
  parseSchedule(schedule, { yearOptional: true });

const frameOf = ({ timezone = "UTC", anchor }: Timing) => ({ zone: timezone, anchor });
