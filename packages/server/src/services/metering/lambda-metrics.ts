/** Lambda's own metrics of invocations: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
import { type MetricPoint, mergePoints, pointOf } from "../../domain/metric-point.ts";
import type { Sample } from "../metrics/index.ts";
import type { MeterReading } from "./reading.ts";

const NAMESPACE = "AWS/Lambda";

/** The samples of readings of one scope: of each function, of what it is called by, and of all together. */
export function lambdaSamples(readings: readonly MeterReading[]): Sample[] {
  const samples = readings.flatMap(samplesOf);
  return [...samples, ...concurrency(readings)];
}

function samplesOf(reading: MeterReading): Sample[] {
  const { subject, requests, errors, throttles, since } = reading;
  const { functionName, version, qualifier } = subject;
  const name = { Name: "FunctionName", Value: functionName };
  const resource = {
    Name: "Resource",
    Value: qualifier === undefined ? functionName : `${functionName}:${qualifier}`,
  };
  const isAlias = qualifier !== undefined && qualifier !== version;
  const about = [
    [],
    [name],
    [name, resource],
    ...(isAlias ? [[name, resource, { Name: "ExecutedVersion", Value: version }]] : []),
  ];
  const values: [string, string, MetricPoint][] = [];
  if (requests > 0) {
    values.push(["Invocations", "Count", ones(requests, requests)]);
    values.push(["Errors", "Count", ones(errors, requests)]);
    values.push(["Duration", "Milliseconds", durationPoint(reading)]);
  }
  if (requests + throttles > 0)
    values.push(["Throttles", "Count", ones(throttles, requests + throttles)]);
  return about.flatMap((dimensions) =>
    values.map(([metric, unit, point]) => ({
      namespace: NAMESPACE,
      name: metric,
      dimensions,
      unit,
      time: since,
      point,
    })),
  );
}

/** So many times 1, and otherwise 0: a sum of invocations that says how many there were. */
function ones(count: number, all: number): MetricPoint {
  const zeros = all - count;
  const values = [...(count > 0 ? [1, count] : []), ...(zeros > 0 ? [0, zeros] : [])];
  return { count: all, sum: count, min: zeros > 0 ? 0 : 1, max: count > 0 ? 1 : 0, values };
}

const durationPoint = (one: MeterReading): MetricPoint =>
  mergePoints(
    {
      count: one.requests,
      sum: one.durationMs,
      min: one.shortest,
      max: one.longest,
      values: one.durations,
    },
    { count: 0, sum: 0, min: one.shortest, max: one.longest, values: [] },
  );

/** Most at once. What several names of one function had at once is added up: it may not have been at the same moment. */
function concurrency(readings: readonly MeterReading[]): Sample[] {
  const sums = new Map<string, { most: number; time: number }>();
  const add = (key: string, { most, since }: MeterReading) => {
    const before = sums.get(key);
    sums.set(key, {
      most: (before?.most ?? 0) + most,
      time: Math.max(before?.time ?? 0, since),
    });
  };
  for (const reading of readings) {
    const { functionName, reserved } = reading.subject;
    add(JSON.stringify(["ConcurrentExecutions", functionName]), reading);
    add(JSON.stringify(["ConcurrentExecutions"]), reading);
    if (!reserved) add(JSON.stringify(["UnreservedConcurrentExecutions"]), reading);
  }
  return [...sums].map(([key, { most, time }]) => {
    const [name = "", functionName] = JSON.parse(key) as string[];
    const dimensions =
      functionName === undefined ? [] : [{ Name: "FunctionName", Value: functionName }];
    return { namespace: NAMESPACE, name, dimensions, unit: "Count", time, point: pointOf(most) };
  });
}
