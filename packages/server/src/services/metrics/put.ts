/** PutMetricData: what may be told of. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
import { type MetricPoint, pointOf, pointOfSet, pointOfValues } from "../../domain/metric-point.ts";
import { clash, invalid, missing } from "./errors.ts";
import type { Dimension, Sample } from "./model.ts";

export interface Datum {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly time: number | undefined;
  readonly value: number | undefined;
  readonly values: readonly number[] | undefined;
  readonly counts: readonly number[] | undefined;
  readonly set: Omit<MetricPoint, "values"> | undefined;
  readonly unit: string | undefined;
  readonly resolution: number | undefined;
}

const MAX_DATA = 1000;
const MAX_VALUES = 150;
const MAX_DIMENSIONS = 30;
const PAST_MS = 14 * 86_400_000;
const FUTURE_MS = 2 * 3_600_000;
/** CloudWatch: values lie between -2^360 and 2^360. */
const MOST = 2 ** 360;

/** The samples that a request tells of. @throws YunqueError where it breaks a rule. */
export function samplesOf(namespace: string, data: readonly Datum[], now: number): Sample[] {
  if (data.length === 0) throw missing("The parameter MetricData is required.");
  if (data.length > MAX_DATA)
    throw invalid(`The collection MetricData must not have a size greater than ${MAX_DATA}.`);
  return data.map((datum, at) => sampleOf(namespace, datum, `MetricData.member.${at + 1}`, now));
}

function sampleOf(namespace: string, datum: Datum, at: string, now: number): Sample {
  const { name, dimensions, unit = "None", time = now, resolution = 60 } = datum;
  checkDimensions(dimensions, at);
  if (Number.isNaN(time)) throw invalid(`The parameter ${at}.Timestamp is not a time.`);
  if (time < now - PAST_MS || time > now + FUTURE_MS)
    throw invalid(
      time < now
        ? `The parameter ${at}.Timestamp must specify a time no more than two weeks in the past.`
        : `The parameter ${at}.Timestamp must specify a time within two hours of the current time.`,
    );
  if (resolution !== 1 && resolution !== 60)
    throw invalid(`The parameter ${at}.StorageResolution must be either 1 or 60.`);
  const fine = resolution === 1 ? { fine: true } : {};
  return { namespace, name, dimensions, unit, time, ...fine, point: pointIn(datum, at) };
}

function pointIn({ value, values, counts, set }: Datum, at: string): MetricPoint {
  const both = (a: string, b: string) =>
    clash(
      `The parameters ${at}.${a} and ${at}.${b} are mutually exclusive and you have specified both.`,
    );
  if (value !== undefined && values !== undefined) throw both("Value", "Values");
  if (value !== undefined && set !== undefined) throw both("Value", "StatisticValues");
  if (values !== undefined && set !== undefined) throw both("Values", "StatisticValues");
  if (values !== undefined) return pointInValues(values, counts, at);
  if (value !== undefined) return pointOf(checked(value, `${at}.Value`));
  if (set === undefined)
    throw missing(
      `The parameter ${at} must contain one of the parameters Value, Values or StatisticValues.`,
    );
  for (const [name, one] of Object.entries({
    SampleCount: set.count,
    Sum: set.sum,
    Minimum: set.min,
    Maximum: set.max,
  }))
    checked(one, `${at}.StatisticValues.${name}`);
  if (set.count <= 0)
    throw invalid(
      `The value ${set.count} for parameter ${at}.StatisticValues.SampleCount is invalid.`,
    );
  if (set.min > set.max)
    throw invalid(
      `The parameter ${at}.StatisticValues.Maximum must be greater than ${at}.StatisticValues.Minimum.`,
    );
  return pointOfSet(set);
}

function pointInValues(
  values: readonly number[],
  counts: readonly number[] | undefined,
  at: string,
): MetricPoint {
  if (values.length === 0) throw invalid(`The parameter ${at}.Values must not be empty.`);
  if (values.length > MAX_VALUES)
    throw invalid(`The collection ${at}.Values must not have a size greater than ${MAX_VALUES}.`);
  if (counts !== undefined && counts.length !== values.length)
    throw invalid(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`);
  for (const [index, value] of values.entries()) checked(value, `${at}.Values.member.${index + 1}`);
  for (const [index, count] of (counts ?? []).entries())
    if (!(checked(count, `${at}.Counts.member.${index + 1}`) > 0))
      throw invalid(
        `The value ${count} for parameter ${at}.Counts.member.${index + 1} is invalid.`,
      );
  return pointOfValues(values, counts);
}

export function checkDimensions(dimensions: readonly Dimension[], at: string): void {
  if (dimensions.length > MAX_DIMENSIONS)
    throw invalid(
      `The collection ${at}.Dimensions must not have a size greater than ${MAX_DIMENSIONS}.`,
    );
  if (new Set(dimensions.map(({ Name }) => Name)).size !== dimensions.length)
    throw invalid(`No two dimensions of ${at}.Dimensions may have the same name.`);
}

function checked(value: number, parameter: string): number {
  if (!Number.isFinite(value) || Math.abs(value) > MOST)
    throw invalid(`The value ${value} for parameter ${parameter} is invalid.`);
  return value;
}
