/** Points of one series at one resolution, over one span. */
import type { MetricPoint } from "../../domain/metric-point.ts";

/** How a block is kept. */
export interface Block {
  /** The last chunk that it is made of. */
  readonly upTo: number;
  /** Step within the block, count, sum, least, most, then values. */
  readonly points: readonly (readonly number[])[];
}

export const numbersOf = (step: number, { count, sum, min, max, values = [] }: MetricPoint) => [
  step,
  count,
  sum,
  min,
  max,
  ...values,
];
