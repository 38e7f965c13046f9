const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

/**
 * A moment in milliseconds since the epoch, of how long ago it was (`90s`, `10m`, `2h`, `1d`) or of an ISO 8601
 * time; undefined where the text is neither.
 */
export function momentOf(text: string, now: number): number | undefined {
  const [, amount, unit = ""] = /^(\d{1,9}(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined)
    return Math.max(0, Math.round(now - Number(amount) * (UNITS[unit] ?? 0)));
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, time);
}
