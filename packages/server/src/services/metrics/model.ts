/** Nouns of the metrics service. Times are milliseconds since the epoch, periods seconds. */
import type { MetricPoint } from "../../domain/metric-point.ts";

export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/** One metric: the same dimensions in another order are the same metric. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** A metric in one unit, as it is kept. */
export interface Series extends MetricName {
  readonly unit: string;
  /** The day on which it was last told of, as a number since the epoch. */
  readonly day: number;
}

/** Something to be kept. */
export interface Sample extends MetricName {
  readonly unit: string;
  readonly time: number;
  /** CloudWatch: StorageResolution 1; else a minute is the finest. */
  readonly fine?: boolean;
  readonly point: MetricPoint;
}

/** The points of one metric by unit, then by the beginning of their period. */
export type PointsByUnit = Map<string, Map<number, MetricPoint>>;
