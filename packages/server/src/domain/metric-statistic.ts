/** Statistics of a point: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html */
import type { MetricPoint } from "./metric-point.ts";

/** Undefined where the point does not know: its values were not told. */
export type Statistic = (point: MetricPoint, periodSeconds: number) => number | undefined;

const PLAIN: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Average: ({ sum, count }) => (count === 0 ? undefined : sum / count),
  Sum: ({ sum }) => sum,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
  IQM: (point) => trimmed(point, { low: 25, high: 75, percent: true }, "TM"),
};

/** p95.45, tm99, wm98, tc90, ts80. */
const SHORT = /^(p|tm|wm|tc|ts)(\d{1,2}(?:\.\d{0,10})?|100)$/;
/** TM(10%:90%), WM(:500), TC(0.005:0.030), PR(:300). */
const LONG =
  /^(TM|WM|TC|TS|PR)\((?:(\d{1,10}(?:\.\d{0,10})?)(%?))?:(?:(\d{1,10}(?:\.\d{0,10})?)(%?))?\)$/;

/** The statistic of this name; undefined where there is none. */
export function statisticOf(name: string): Statistic | undefined {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name];
  const short = SHORT.exec(name);
  if (short) {
    const [, kind = "", number] = short;
    const high = Number(number);
    if (kind === "p") return (point) => percentile(point, high);
    return (point) => trimmed(point, { low: 0, high, percent: true }, kind.toUpperCase());
  }
  const long = LONG.exec(name);
  if (!long) return undefined;
  const [, kind = "", low, lowPercent, high, highPercent] = long;
  if (low === undefined && high === undefined) return undefined;
  const percent = lowPercent === "%" || highPercent === "%";
  const mixed = low !== undefined && high !== undefined && lowPercent !== highPercent;
  if (mixed || (percent && kind === "PR")) return undefined;
  const range = {
    low: low === undefined ? Number.NEGATIVE_INFINITY : Number(low),
    high: high === undefined ? Number.POSITIVE_INFINITY : Number(high),
    percent,
  };
  return (point) => trimmed(point, range, kind);
}

/** Whether GetMetricStatistics takes it as an extended statistic. */
export const isExtended = (name: string): boolean =>
  (SHORT.test(name) || LONG.test(name) || name === "IQM") && statisticOf(name) !== undefined;

/** Interpolates between neighbours, within the extremes. */
function percentile(point: MetricPoint, percent: number): number | undefined {
  const pairs = sortedPairs(point);
  if (pairs === undefined) return undefined;
  const rank = (percent / 100) * (point.count - 1);
  let before = 0;
  for (const [at, [value, count]] of pairs.entries()) {
    if (rank <= before + count - 1) return clamp(point, value);
    const next = pairs[at + 1]?.[0];
    if (next !== undefined && rank < before + count)
      return clamp(point, value + (next - value) * (rank - (before + count - 1)));
    before += count;
  }
  return point.max;
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly percent: boolean;
}

/** What lies within the range, by value or by rank. */
function trimmed(point: MetricPoint, range: Range, kind: string): number | undefined {
  const pairs = sortedPairs(point);
  if (pairs === undefined || point.count === 0) return undefined;
  const low = range.percent ? (Math.max(0, range.low) / 100) * point.count : range.low;
  const high = range.percent ? (Math.min(100, range.high) / 100) * point.count : range.high;
  let rank = 0;
  let count = 0;
  let sum = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const [value, times] of pairs) {
    const inside = range.percent
      ? Math.max(0, Math.min(high, rank + times) - Math.max(low, rank))
      : value > low && value <= high
        ? times
        : 0;
    rank += times;
    if (inside === 0) continue;
    count += inside;
    sum += value * inside;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  switch (kind) {
    case "TC":
      return count;
    case "TS":
      return sum;
    case "PR":
      return (count / point.count) * 100;
    case "WM": // what lies outside counts as the edge that it is beyond
      return count === 0
        ? undefined
        : (sum + outside(pairs, { ...range, low, high }, least, most)) / point.count;
    default:
      return count === 0 ? undefined : sum / count;
  }
}

function outside(pairs: Pairs, range: Range, least: number, most: number): number {
  let rank = 0;
  let sum = 0;
  for (const [value, times] of pairs) {
    if (range.percent) {
      sum += least * Math.max(0, Math.min(range.low, rank + times) - rank);
      sum += most * Math.max(0, rank + times - Math.max(range.high, rank));
      rank += times;
    } else if (value <= range.low) sum += least * times;
    else if (value > range.high) sum += most * times;
  }
  return sum;
}

type Pairs = readonly (readonly [value: number, count: number])[];

function sortedPairs({ values }: MetricPoint): Pairs | undefined {
  if (values === undefined) return undefined;
  const pairs: [number, number][] = [];
  for (let at = 0; at < values.length; at += 2) pairs.push([values[at] ?? 0, values[at + 1] ?? 0]);
  return pairs.sort(([a], [b]) => a - b);
}

const clamp = ({ min, max }: MetricPoint, value: number): number =>
  Math.min(max, Math.max(min, value));
