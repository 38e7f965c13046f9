/** Wall clocks of IANA time zones. A wall time is the milliseconds that UTC would show it at. */

const formats = new Map<string, Intl.DateTimeFormat>();
/** IANA knows some 600 names; Intl takes them in any case, so that there are more spellings than zones. */
const MAX_FORMATS = 1000;
const DAY_MS = 24 * 3600 * 1000;

/** Whether this is the name of an IANA time zone: `Europe/Madrid`, `UTC`. Offsets such as `+01:00` are none. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** What a zone's wall clock shows at an instant. */
export function wallTime(zone: string, instant: number): number {
  if (zone === "UTC") return instant;
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (instant - floorSecond(instant));
}

/**
 * The first instant at which a zone's wall clock shows this; undefined where clocks that are put forward leave it out.
 * Where clocks are put back it is shown twice: the first time counts.
 */
export function instantOf(zone: string, wall: number): number | undefined {
  const fitting = offsetsAround(zone, wall)
    .map((offset) => wall - offset)
    .filter((instant) => wallTime(zone, instant) === wall);
  return fitting.length === 0 ? undefined : Math.min(...fitting);
}

/** The same, but what clocks leave out is read with the clock as it stood before: 2:30 becomes 3:30. */
export function instantOrLater(zone: string, wall: number): number {
  return instantOf(zone, wall) ?? wall - (offsetsAround(zone, wall)[0] ?? 0);
}

/** The zone's offsets from UTC a day before and a day after: clocks are never changed twice within two days. */
const offsetsAround = (zone: string, wall: number): number[] =>
  [wall - DAY_MS, wall + DAY_MS].map((instant) => wallTime(zone, instant) - instant);

const floorSecond = (instant: number): number => Math.floor(instant / 1000) * 1000;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(zone, format);
  return format;
}
