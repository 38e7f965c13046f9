/**
 * What was measured within one span of time: count, sum, extremes, and where they are known the values themselves.
 * Many different values are rounded to 1 %, very many to 10 %: a point stays small whatever it is made of.
 */
export interface MetricPoint {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Value, how often, value, how often, ...; absent where somebody only told count, sum and extremes. */
  readonly values?: readonly number[] | undefined;
}

/** So many different values are kept as they are. */
const EXACT = 128;
/** So many that are rounded to 1 %. */
const FINE = 512;

/** One value, so often. */
export const pointOf = (value: number, count = 1): MetricPoint => ({
  count,
  sum: value * count,
  min: value,
  max: value,
  values: [value, count],
});

/** Values, each so often; at least one. */
export function pointOfValues(values: readonly number[], counts?: readonly number[]): MetricPoint {
  const pairs = values.flatMap((value, at) => [value, counts?.[at] ?? 1]);
  let count = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const [at, value] of values.entries()) {
    const times = counts?.[at] ?? 1;
    count += times;
    sum += value * times;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { count, sum, min, max, values: compact(pairs) };
}

/** CloudWatch: percentiles need the values, unless a statistic set says only one value. */
export function pointOfSet(set: Omit<MetricPoint, "values">): MetricPoint {
  const single = set.count === 1 || set.min === set.max;
  return single ? { ...set, values: [set.min, set.count] } : set;
}

/** Both together. */
export function mergePoints(a: MetricPoint, b: MetricPoint): MetricPoint {
  const values = a.values && b.values ? compact([...a.values, ...b.values]) : undefined;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    ...(values ? { values } : {}),
  };
}

/** The same pairs with each value once, fewer where they are too many. */
function compact(pairs: readonly number[]): number[] {
  const exact = tallied(pairs, (value) => value);
  if (exact.length <= 2 * EXACT) return exact;
  const fine = tallied(exact, (value) => rounded(value, 1.02));
  return fine.length <= 2 * FINE ? fine : tallied(fine, (value) => rounded(value, 1.1));
}

function tallied(pairs: readonly number[], of: (value: number) => number): number[] {
  const counts = new Map<number, number>();
  for (let at = 0; at < pairs.length; at += 2) {
    const value = of(pairs[at] ?? 0);
    counts.set(value, (counts.get(value) ?? 0) + (pairs[at + 1] ?? 0));
  }
  return [...counts].flat();
}

/** The middle of the value's bucket, of which each is so much wider than the one before. */
function rounded(value: number, ratio: number): number {
  if (value === 0) return 0;
  const middle = ratio ** (Math.floor(Math.log(Math.abs(value)) / Math.log(ratio)) + 0.5);
  return Number((Math.sign(value) * middle).toPrecision(6));
}
