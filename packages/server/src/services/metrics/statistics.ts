/** GetMetricStatistics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
import { isExtended, statisticOf } from "../../domain/metric-statistic.ts";
import type { Scope } from "../../domain/scope.ts";
import { clash, invalid, missing } from "./errors.ts";
import type { MetricName } from "./model.ts";
import { checkPeriod } from "./queries.ts";
import type { MetricStore } from "./store.ts";

export interface StatisticsRequest {
  readonly metric: MetricName;
  readonly from: number;
  readonly to: number;
  /** Seconds. */
  readonly period: number;
  readonly statistics: readonly string[] | undefined;
  readonly extended: readonly string[] | undefined;
  readonly unit?: string | undefined;
}

export interface Datapoint {
  readonly time: number;
  readonly unit: string;
  readonly values: Readonly<Record<string, number>>;
  readonly extended: Readonly<Record<string, number>>;
}

const MAX_POINTS = 1440;
const MAX_STATISTICS = 5;
const MAX_EXTENDED = 10;

export async function getStatistics(
  store: MetricStore,
  scope: Scope,
  request: StatisticsRequest,
): Promise<Datapoint[]> {
  const { metric, from, to, period, statistics, extended, unit } = request;
  check(request);
  const step = period * 1000;
  const start = Math.floor(from / step) * step;
  const byUnit = await store.read(scope, metric, { from: start, to, period: step }, unit);
  const found: Datapoint[] = [];
  for (const [unit, points] of byUnit)
    for (const [time, point] of points) {
      const pick = (names: readonly string[] = []) =>
        Object.fromEntries(
          names.flatMap((name) => {
            const value = statisticOf(name)?.(point, period);
            return value === undefined ? [] : [[name, value]];
          }),
        );
      found.push({ time, unit, values: pick(statistics), extended: pick(extended) });
    }
  return found.sort((a, b) => a.time - b.time);
}

function check({ from, to, period, statistics, extended }: StatisticsRequest): void {
  if (statistics === undefined && extended === undefined)
    throw missing("Must specify either Statistics or ExtendedStatistics");
  if (statistics !== undefined && (statistics.length === 0 || statistics.length > MAX_STATISTICS))
    throw invalid(`The collection Statistics must have a size between 1 and ${MAX_STATISTICS}.`);
  if ((extended?.length ?? 0) > MAX_EXTENDED)
    throw invalid(
      `The collection ExtendedStatistics must not have a size greater than ${MAX_EXTENDED}.`,
    );
  for (const name of extended ?? [])
    if (!isExtended(name))
      throw invalid(`The value ${name} for parameter ExtendedStatistics is not supported.`);
  checkPeriod(period, "Period");
  if (!(from < to))
    throw invalid("The parameter StartTime must be less than the parameter EndTime.");
  const points = Math.floor((to - from) / (period * 1000));
  if (points > MAX_POINTS)
    throw clash(
      `You have requested up to ${points} datapoints, which exceeds the limit of ${MAX_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
}
