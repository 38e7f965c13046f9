/** What results are called: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html */
import type { TimeSeries } from "../../domain/metric-math.ts";
import type { MetricStat } from "./queries.ts";

/** CloudWatch: what differs between the metrics of a request, after their names. */
export function labelOf(stat: MetricStat, all: readonly MetricStat[]): string {
  const differs = (of: (one: MetricStat) => unknown): boolean =>
    new Set(all.map((one) => JSON.stringify(of(one)))).size > 1;
  const parts = [stat.metric.name];
  for (const { Name, Value } of stat.metric.dimensions)
    if (differs(({ metric }) => metric.dimensions.find((one) => one.Name === Name)?.Value))
      parts.push(Value);
  if (differs(({ stat }) => stat)) parts.push(stat.stat);
  if (differs(({ period }) => period)) parts.push(String(stat.period));
  return parts.join(" ");
}

const DYNAMIC = /\$\{([A-Z_]{1,20})(?:\('([^']{1,300})'\))?\}/g;

/** `${AVG}`, `${PROP('Dim.FunctionName')}`, ... in a label that somebody gave. */
export function dynamicLabel(
  label: string,
  automatic: string,
  points: TimeSeries,
  stat: MetricStat | undefined,
): string {
  if (!label.includes("${")) return label;
  const values = [...points].sort(([a], [b]) => a - b).map(([, value]) => value);
  const sum = () => values.reduce((all, value) => all + value, 0);
  const numbers: Record<string, () => number | undefined> = {
    SUM: sum,
    AVG: () => (values.length === 0 ? undefined : sum() / values.length),
    MIN: () => (values.length === 0 ? undefined : Math.min(...values)),
    MAX: () => (values.length === 0 ? undefined : Math.max(...values)),
    FIRST: () => values[0],
    LAST: () => values.at(-1),
  };
  return label.replace(DYNAMIC, (whole, name: string, argument?: string) => {
    if (name === "LABEL") return automatic;
    if (name === "DATAPOINT_COUNT") return String(values.length);
    if (name === "PROP") return stat ? property(stat, argument ?? "") : "";
    const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    return number === undefined ? whole : String(number() ?? "--");
  });
}

function property({ metric, stat, period }: MetricStat, name: string): string {
  if (name.startsWith("Dim."))
    return metric.dimensions.find(({ Name }) => Name === name.slice(4))?.Value ?? "";
  const known: Record<string, string> = {
    MetricName: metric.name,
    Namespace: metric.namespace,
    Stat: stat,
    Period: String(period),
  };
  return Object.hasOwn(known, name) ? (known[name] ?? "") : "";
}
