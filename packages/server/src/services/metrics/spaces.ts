/** Where the service's records lie, and how metrics are named there. */
import { createHash } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { Dimension, MetricName } from "./model.ts";

export const SERIES = "metric-series";
/** What was told and is not folded into blocks yet, in order. */
export const CHUNKS = "metric-chunks";
export const ALARMS = "metric-alarms";
export const ALARM_HISTORY = "metric-alarm-history";
/** Dashboards belong to an account, whatever its regions. */
export const DASHBOARDS = "metric-dashboards";

/** Resolutions, coarse ones last: CloudWatch keeps them so long. A block is one record of a series. */
export const LEVELS = [
  { kind: "metric-seconds", step: 1_000, block: 300_000, keep: 3 * 3_600_000 },
  { kind: "metric-minutes", step: 60_000, block: 3_600_000, keep: 15 * 86_400_000 },
  { kind: "metric-5-minutes", step: 300_000, block: 86_400_000, keep: 63 * 86_400_000 },
  { kind: "metric-hours", step: 3_600_000, block: 30 * 86_400_000, keep: 455 * 86_400_000 },
] as const;
export type Level = (typeof LEVELS)[number];

export const spaceOf = ({ account, region }: Scope, kind: string): string =>
  `${account}/${region}/${kind}`;

/** A number as an id that sorts like it. */
export const numberId = (number: number): string => String(number).padStart(16, "0");

/** Blocks sort by time first: what is too old is in front. */
export const blockId = (level: Level, time: number, series: string): string =>
  `${numberId(Math.floor(time / level.block))}/${series}`;

/** Dimensions in the order in which metrics are compared. */
export const ordered = (dimensions: readonly Dimension[]): Dimension[] =>
  [...dimensions].sort((a, b) => (a.Name < b.Name ? -1 : a.Name > b.Name ? 1 : 0));

/** Names a metric within its scope. */
export const metricKey = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, ...ordered(dimensions).flatMap((one) => [one.Name, one.Value])]);

/** Names a metric in one unit: 32 hex digits. */
export const seriesId = (key: string, unit: string): string =>
  createHash("sha256").update(`${key}\n${unit}`).digest("hex").slice(0, 32);
