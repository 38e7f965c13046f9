/** Schedules in the words of tests: times are UTC, to the minute. */
import assert from "node:assert/strict";
import { nextTime, parseSchedule, ScheduleError } from "./schedule.ts";

export const utc = (text: string) => Date.parse(`${text}Z`);
export const iso = (time: number | undefined) =>
  time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);

/** The first `count` times after a moment, as UTC. */
export function times(
  expression: string,
  after: string,
  count: number,
  zone = "UTC",
  anchor = after,
) {
  const schedule = parseSchedule(expression);
  const found: (string | undefined)[] = [];
  let last: number | undefined = utc(after);
  while (found.length < count && last !== undefined) {
    last = nextTime(schedule, { zone, anchor: utc(anchor) }, last);
    found.push(iso(last));
  }
  return found;
}

export const faultOf = (expression: string, options = {}) => {
  try {
    parseSchedule(expression, options);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ScheduleError, String(error));
    return error.fault;
  }
};
