/** Metrics that come out of log lines: those inside of them, and those of metric filters. */
import { embeddedMetrics } from "../domain/embedded-metrics.ts";
import { parseLogGroupKey } from "../domain/log-group.ts";
import { pointOf, pointOfValues } from "../domain/metric-point.ts";
import type { Scope } from "../domain/scope.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logs } from "../ports/logs.ts";
import type { MetricsService } from "../services/metrics/index.ts";

/** Reads what instances write. Returns what ends it. */
export function readEmbeddedMetrics(
  logs: Pick<Logs, "listen">,
  metrics: Pick<MetricsService, "tell">,
  clock: Clock,
): () => void {
  return logs.listen(({ group, records }) => {
    for (const { message } of records)
      for (const metric of embeddedMetrics(message, clock.now())) {
        const scope = parseLogGroupKey(group);
        if (scope === undefined) return;
        const { timestamp: time, values, fine, ...named } = metric;
        const { account, region } = scope;
        const sample = { ...named, time, ...(fine ? { fine } : {}), point: pointOfValues(values) };
        metrics.tell({ account, region }, sample);
      }
  });
}

interface LogMetric {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

/** Where values of metric filters go. */
export const tellLogMetric =
  (metrics: Pick<MetricsService, "tell">) =>
  ({ account, region }: Scope, metric: LogMetric): void => {
    const { namespace, name, value, unit = "None", dimensions, timestamp } = metric;
    metrics.tell(
      { account, region },
      {
        ...{ namespace, name, unit, time: timestamp, point: pointOf(value) },
        dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
    );
  };
