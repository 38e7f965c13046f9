/** Lambda's metrics of provisioned concurrency: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html */
import { pointOf } from "../../domain/metric-point.ts";
import type { Sample } from "../metrics/index.ts";
import type { ProvisionedReading } from "./hours.ts";

export const provisionedSamples = (readings: readonly ProvisionedReading[]): Sample[] =>
  readings.flatMap(({ functionName, qualifier, available, inUse, at }) => {
    const dimensions = [
      { Name: "FunctionName", Value: functionName },
      { Name: "Resource", Value: `${functionName}:${qualifier}` },
    ];
    const about = { namespace: "AWS/Lambda", dimensions, unit: "Count", time: at };
    return [
      { ...about, name: "ProvisionedConcurrentExecutions", point: pointOf(inUse) },
      {
        ...about,
        name: "ProvisionedConcurrencyUtilization",
        point: pointOf(available === 0 ? 0 : inUse / available),
      },
    ];
  });
