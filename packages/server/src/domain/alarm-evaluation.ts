/**
 * M out of N datapoints, and what missing ones mean:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";
export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";

/** CloudWatch: so many periods more than it needs are looked at. */
export const EXTRA_PERIODS = 2;

export interface Evaluation {
  /** Undefined: it stays as it is. */
  readonly state: AlarmState | undefined;
  /** Places of the datapoints that decided, the newest first. */
  readonly used: readonly number[];
  /** How many that were missing were filled in. */
  readonly filled: number;
}

/**
 * @param values the newest first, one for each of `evaluationPeriods + EXTRA_PERIODS` periods, undefined where missing.
 */
export function evaluateAlarm(
  values: readonly (number | undefined)[],
  options: {
    readonly evaluationPeriods: number;
    readonly datapointsToAlarm: number;
    readonly missing: MissingData;
    breaches(value: number): boolean;
  },
): Evaluation {
  const { evaluationPeriods, datapointsToAlarm, missing, breaches } = options;
  const real = values.flatMap((value, at) => (value === undefined ? [] : [at]));
  const isBreach = (at: number): boolean => breaches(values[at] ?? 0);
  const used = real.slice(0, evaluationPeriods);
  const breaching = used.filter(isBreach);
  if (used.length === evaluationPeriods)
    return { state: breaching.length >= datapointsToAlarm ? "ALARM" : "OK", used, filled: 0 };
  const filled = evaluationPeriods - used.length;
  if (missing === "breaching" || missing === "notBreaching") {
    const count = breaching.length + (missing === "breaching" ? filled : 0);
    return { state: count >= datapointsToAlarm ? "ALARM" : "OK", used, filled };
  }
  if (used.length === 0)
    return { state: missing === "ignore" ? undefined : "INSUFFICIENT_DATA", used, filled };
  if (breaching.length >= datapointsToAlarm) return { state: "ALARM", used, filled };
  if (breaching.length < used.length) return { state: "OK", used, filled };
  // Every datapoint breaches. It is an alarm once the oldest is as old as so many datapoints would be.
  const old = (used.at(-1) ?? 0) + 1 >= datapointsToAlarm;
  return { state: old && missing === "missing" ? "ALARM" : undefined, used, filled };
}

export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;
export type Comparison = keyof typeof COMPARISONS;
