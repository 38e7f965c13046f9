/**
 * Metrics inside of log lines: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * Strangers write the lines: whatever does not fit is passed over.
 */
export interface EmbeddedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly values: readonly number[];
  readonly timestamp: number;
  /** StorageResolution 1. */
  readonly fine: boolean;
}

const MAX_METRICS = 100;
const MAX_DIMENSIONS = 30;
const MAX_SETS = 30;
const MAX_VALUES = 100;
const PAST_MS = 14 * 86_400_000;
const FUTURE_MS = 2 * 3_600_000;

/** The metrics of a line; none where it is no such line. Cheap for all others. */
export function embeddedMetrics(line: string, now: number): EmbeddedMetric[] {
  if (!line.includes('"_aws"')) return [];
  let root: unknown;
  try {
    // Lambda: console.log writes time, request and level before it, with tabs between.
    const start = line.indexOf("{");
    if (start > 0 && line[start - 1] !== "\t") return [];
    root = JSON.parse(line.slice(start));
  } catch {
    return [];
  }
  if (!isRecord(root) || !isRecord(root["_aws"])) return [];
  const { Timestamp, CloudWatchMetrics } = root["_aws"];
  const timestamp = typeof Timestamp === "number" ? Timestamp : now;
  if (!(timestamp > now - PAST_MS && timestamp < now + FUTURE_MS)) return [];
  const found: EmbeddedMetric[] = [];
  for (const directive of listOf(CloudWatchMetrics))
    for (const metric of isRecord(directive) ? directiveMetrics(directive, root, timestamp) : []) {
      found.push(metric);
      if (found.length === MAX_METRICS * MAX_SETS) return found;
    }
  return found;
}

function* directiveMetrics(
  { Namespace, Dimensions, Metrics }: Record<string, unknown>,
  root: Record<string, unknown>,
  timestamp: number,
): Generator<EmbeddedMetric> {
  if (!isName(Namespace, 255)) return;
  const sets = listOf(Dimensions).slice(0, MAX_SETS);
  for (const metric of listOf(Metrics).slice(0, MAX_METRICS)) {
    if (!isRecord(metric) || !isName(metric["Name"], 255)) continue;
    const { Name: name, Unit, StorageResolution } = metric;
    const values = valuesOf(Object.hasOwn(root, name) ? root[name] : undefined);
    if (values === undefined) continue;
    const unit = typeof Unit === "string" && UNITS.has(Unit) ? Unit : "None";
    const fine = StorageResolution === 1;
    for (const set of sets.length === 0 ? [[]] : sets) {
      const dimensions = dimensionsOf(set, root);
      if (dimensions)
        yield { namespace: Namespace, name, unit, dimensions, values, timestamp, fine };
    }
  }
}

function dimensionsOf(set: unknown, root: Record<string, unknown>) {
  const names = listOf(set);
  if (names.length > MAX_DIMENSIONS) return undefined;
  const dimensions: { Name: string; Value: string }[] = [];
  for (const Name of names) {
    const Value = isName(Name, 255) && Object.hasOwn(root, Name) ? root[Name] : undefined;
    if (!isName(Name, 255) || !isName(Value, 1024)) return undefined;
    dimensions.push({ Name, Value });
  }
  return dimensions;
}

function valuesOf(value: unknown): number[] | undefined {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.length > MAX_VALUES) return undefined;
  const fits = (one: unknown): one is number =>
    typeof one === "number" && Number.isFinite(one) && Math.abs(one) <= 2 ** 360;
  return values.every(fits) ? values : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isName = (value: unknown, most: number): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= most;

const SIZES = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"];
const BITS = ["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"];
const UNITS: ReadonlySet<string> = new Set([
  ...["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"],
  ...[...SIZES, ...BITS].flatMap((unit) => [unit, `${unit}/Second`]),
]);
