/**
 * AWS's cron expressions: minutes, hours, day of month, month, day of week, year. Their days of the week are 1 (Sunday)
 * to 7, and one of the two day fields is `?`. EventBridge: "Cron expressions reference".
 */

/** A cron expression, read. All values are in ascending order. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  readonly years: readonly number[];
  /** The days of a month (`month` is 1 to 12) that fit, in ascending order. */
  readonly days: (year: number, month: number) => readonly number[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface Field {
  readonly min: number;
  readonly max: number;
  /** Names of the values, from `min` on. */
  readonly names?: readonly string[];
  readonly steps?: boolean;
}
const MINUTES: Field = { min: 0, max: 59, steps: true };
const HOURS: Field = { min: 0, max: 23, steps: true };
const DAY_OF_MONTH: Field = { min: 1, max: 31, steps: true };
const MONTH: Field = { min: 1, max: 12, names: MONTHS, steps: true };
const DAY_OF_WEEK: Field = { min: 1, max: 7, names: DAYS };
const YEARS: Field = { min: 1970, max: 2199, steps: true };

/** Reads the six fields between the brackets of `cron(...)`; undefined where they break a rule. */
export function parseCron(fields: readonly string[]): Cron | undefined {
  if (fields.length !== 6) return undefined;
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", year = ""] =
    fields.map((field) => field.toUpperCase());
  const minutes = valuesOf(minute, MINUTES);
  const hours = valuesOf(hour, HOURS);
  const months = valuesOf(month, MONTH);
  const years = valuesOf(year, YEARS);
  const days = daysOf(dayOfMonth, dayOfWeek);
  if (!minutes || !hours || !months || !years || !days) return undefined;
  return { minutes, hours, months, years, days };
}

/** The first wall time (ms, as UTC would show it) later than `after` that fits; undefined where there is none. */
export function nextWallTime(cron: Cron, after: number): number | undefined {
  const start = new Date(after);
  const first = { year: start.getUTCFullYear(), month: start.getUTCMonth() + 1 };
  for (const year of cron.years) {
    if (year < first.year) continue;
    for (const month of cron.months) {
      if (year === first.year && month < first.month) continue;
      for (const day of cron.days(year, month)) {
        const midnight = Date.UTC(year, month - 1, day);
        if (midnight + DAY_MS <= after) continue;
        const found = nextOfDay(cron, midnight, after);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function nextOfDay({ hours, minutes }: Cron, midnight: number, after: number): number | undefined {
  for (const hour of hours) {
    if (midnight + (hour + 1) * HOUR_MS <= after) continue;
    for (const minute of minutes) {
      const time = midnight + hour * HOUR_MS + minute * MINUTE_MS;
      if (time > after) return time;
    }
  }
  return undefined;
}

/** Days by the two day fields, of which exactly one is `?`. */
function daysOf(dayOfMonth: string, dayOfWeek: string): Cron["days"] | undefined {
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;
  return dayOfWeek === "?" ? daysOfMonth(dayOfMonth) : daysOfWeek(dayOfWeek);
}

function daysOfMonth(text: string): Cron["days"] | undefined {
  if (text === "L") return (year, month) => [lengthOf(year, month)];
  const weekday = /^(\d{1,2})W$/.exec(text)?.[1];
  if (weekday !== undefined) {
    const day = readValue(weekday, DAY_OF_MONTH);
    return day === undefined ? undefined : (year, month) => nearestWeekday(year, month, day);
  }
  const days = valuesOf(text, DAY_OF_MONTH);
  return days && ((year, month) => days.filter((day) => day <= lengthOf(year, month)));
}

function daysOfWeek(text: string): Cron["days"] | undefined {
  const [, name = "", place] = /^(\w+?)(L|#[1-5])$/.exec(text) ?? [];
  const day = readValue(name, DAY_OF_WEEK);
  if (place !== undefined && day !== undefined)
    return (year, month) => {
      const all = weekdays(year, month, [day]);
      return place === "L" ? all.slice(-1) : all.slice(Number(place[1]) - 1, Number(place[1]));
    };
  const days = text === "L" ? [7] : valuesOf(text, DAY_OF_WEEK); // L alone is the week's last day
  return days && ((year, month) => weekdays(year, month, days));
}

/** The days of a month that are one of these days of the week. */
function weekdays(year: number, month: number, days: readonly number[]): number[] {
  return Array.from({ length: lengthOf(year, month) }, (_, index) => index + 1).filter((day) =>
    days.includes(dayOfWeekOf(year, month, day)),
  );
}

/** Monday to Friday closest to a day, in the same month. A day that the month does not have has none. */
function nearestWeekday(year: number, month: number, day: number): number[] {
  const length = lengthOf(year, month);
  if (day > length) return [];
  const weekday = dayOfWeekOf(year, month, day);
  if (weekday === 7) return [day === 1 ? day + 2 : day - 1];
  if (weekday === 1) return [day === length ? day - 2 : day + 1];
  return [day];
}

const lengthOf = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

const dayOfWeekOf = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

/** Every value of a field such as `1,5-9,20/10`; undefined where it breaks a rule. */
function valuesOf(text: string, field: Field): number[] | undefined {
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const range = rangeOf(item, field);
    if (range === undefined) return undefined;
    const { from, to, step } = range;
    for (let value = from; value <= to; value += step)
      values.add(value > field.max ? value - (field.max - field.min + 1) : value);
  }
  return [...values].sort((a, b) => a - b);
}

/** One item of a field. A range that wraps around, `FRI-MON`, ends past the field's maximum. */
function rangeOf(
  item: string,
  field: Field,
): { from: number; to: number; step: number } | undefined {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/.exec(item);
  if (match === null) return undefined;
  const [, all, first = "", last, every] = match;
  const step = every === undefined ? 1 : Number(every);
  if (step < 1 || (every !== undefined && field.steps !== true)) return undefined;
  if (all !== undefined) return { from: field.min, to: field.max, step };
  const from = readValue(first, field);
  const to = last === undefined ? (every === undefined ? from : field.max) : readValue(last, field);
  if (from === undefined || to === undefined) return undefined;
  if (from <= to) return { from, to, step };
  return field === YEARS ? undefined : { from, to: to + field.max - field.min + 1, step };
}

function readValue(text: string, { min, max, names = [] }: Field): number | undefined {
  const named = names.indexOf(text);
  if (named >= 0) return min + named;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
