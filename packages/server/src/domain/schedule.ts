/** AWS's schedule expressions, `at(...)`, `rate(...)` and `cron(...)`, and when they are due. */
import { type Cron, nextWallTime, parseCron } from "./cron.ts";
import { instantOf, instantOrLater, wallTime } from "./time-zone.ts";

export type Schedule =
  | { readonly kind: "at"; readonly wall: number }
  | { readonly kind: "rate"; readonly periodMs: number }
  | { readonly kind: "cron"; readonly cron: Cron };

/** Where a schedule is evaluated. */
export interface ScheduleFrame {
  /** IANA's name. `rate` does not look at it: a day has 24 hours. */
  readonly zone: string;
  /** From when `rate` counts, in milliseconds since the epoch: it is due one period later, two, ... */
  readonly anchor: number;
}

/** What an expression breaks: it is none of the three kinds, or not as its kind wants it, or its period is zero. */
export type ScheduleFault = "form" | "at" | "rate" | "cron" | "frequency";

export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
  readonly fault: ScheduleFault;

  constructor(fault: ScheduleFault, expression: string) {
    super(`${expression} is no schedule (${fault})`);
    this.fault = fault;
  }
}

const UNITS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const LAST_TIME = Date.UTC(2200, 0);

/**
 * Reads an expression. `yearOptional`: Application Auto Scaling takes a `cron` without its year, too.
 * @throws ScheduleError
 */
export function parseSchedule(
  expression: string,
  { yearOptional = false }: { readonly yearOptional?: boolean } = {},
): Schedule {
  const [, kind = "", body = ""] = /^(at|rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "at") return { kind, wall: parseWallTime(body) ?? fail("at", expression) };
  if (kind === "rate") return parseRate(body, expression);
  if (kind !== "cron") return fail("form", expression);
  const fields = body.trim().split(/\s+/);
  const whole = yearOptional && fields.length === 5 ? [...fields, "*"] : fields;
  return { kind, cron: parseCron(whole) ?? fail("cron", expression) };
}

/**
 * The first time later than `after` (both in milliseconds since the epoch) that a schedule is due; undefined where
 * there is none. EventBridge Scheduler: a `cron` time that clocks leave out in spring is skipped, and one that they
 * show twice in autumn is due once. An `at` time that clocks leave out is read with the clock as it stood before.
 */
export function nextTime(
  schedule: Schedule,
  { zone, anchor }: ScheduleFrame,
  after: number,
): number | undefined {
  if (schedule.kind === "at") {
    const time = instantOrLater(zone, schedule.wall);
    return time > after ? time : undefined;
  }
  if (schedule.kind === "rate") {
    const { periodMs } = schedule;
    const periods = Math.max(1, Math.floor((after - anchor) / periodMs) + 1);
    const time = anchor + periods * periodMs;
    return time < LAST_TIME ? time : undefined;
  }
  let wall: number | undefined = wallTime(zone, after);
  for (;;) {
    wall = nextWallTime(schedule.cron, wall);
    if (wall === undefined) return undefined;
    const time = instantOf(zone, wall);
    if (time !== undefined && time > after) return time;
  }
}

/** The last time in (after, until] that a schedule is due; undefined where there is none. */
export function lastTime(
  schedule: Schedule,
  frame: ScheduleFrame,
  after: number,
  until: number,
): number | undefined {
  // From ever further back, so that a frequent schedule is not walked through for all of a long time.
  for (let back = UNITS.minute; ; back *= 4) {
    const from = Math.max(after, until - back);
    let found = nextTime(schedule, frame, from);
    if (found !== undefined && found <= until) {
      for (let next: number | undefined = found; next !== undefined && next <= until; ) {
        found = next;
        next = nextTime(schedule, frame, next);
      }
      return found;
    }
    if (from === after) return undefined;
  }
}

function parseRate(body: string, expression: string): Schedule {
  const [, value = "", unit] = /^(\d{1,9})\s*(minute|hour|day)s?$/.exec(body.trim()) ?? [];
  if (unit === undefined) return fail("rate", expression);
  const periodMs = Number(value) * UNITS[unit as keyof typeof UNITS];
  return periodMs === 0 ? fail("frequency", expression) : { kind: "rate", periodMs };
}

/** `yyyy-mm-ddThh:mm:ss` as the milliseconds that UTC would show it at. AWS needs neither seconds nor leading zeros. */
function parseWallTime(text: string): number | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(wall);
  const same =
    back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day &&
    back.getUTCHours() === hour &&
    back.getUTCMinutes() === minute &&
    back.getUTCSeconds() === second;
  return same && year >= 1970 && year < 2200 ? wall : undefined;
}

function fail(fault: ScheduleFault, expression: string): never {
  throw new ScheduleError(fault, expression);
}
