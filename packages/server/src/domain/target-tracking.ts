/**
 * How target tracking decides, as Application Auto Scaling documents it: two alarms on a metric of one datapoint a
 * minute, a change in proportion to the metric, and cooldowns that hold it back. Nothing here knows what is scaled.
 */

/** A policy's rules. Times are milliseconds. */
export interface TargetTracking {
  readonly target: number;
  readonly scaleOutCooldownMs: number;
  readonly scaleInCooldownMs: number;
  readonly disableScaleIn: boolean;
}

export interface CapacityBounds {
  readonly min: number;
  readonly max: number;
}

/** What a policy did last, as far as its cooldowns ask for it. */
export interface LastScaling {
  readonly direction: "out" | "in";
  /** When it was fulfilled, in milliseconds since the epoch. */
  readonly at: number;
  /** The capacity before it. */
  readonly from: number;
}

export interface TrackingSituation {
  /** One for each minute, the latest last; undefined where a minute has none. */
  readonly datapoints: readonly (number | undefined)[];
  /** What is asked for now, fulfilled. */
  readonly capacity: number;
  readonly bounds: CapacityBounds;
  readonly last: LastScaling | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Alarm = "high" | "low";

/** Why an alarm changes nothing, in AWS's codes for activities that are not scaled. */
export type NotScaled =
  | "AlreadyAtMaxCapacity"
  | "AlreadyAtMinCapacity"
  | "AlreadyAtDesiredCapacity"
  | "Cooldown";

export type TrackingDecision =
  | { readonly kind: "none" }
  | { readonly kind: "scale"; readonly alarm: Alarm; readonly to: number }
  | { readonly kind: "blocked"; readonly alarm: Alarm; readonly reason: NotScaled };

/** AWS's alarms for provisioned concurrency: 3 minutes above the target, 15 minutes below 90 % of it. */
export const HIGH_DATAPOINTS = 3;
export const LOW_DATAPOINTS = 15;
const LOW_SHARE = 0.9;

/** What a policy wants now. */
export function decideTracking(
  rules: TargetTracking,
  situation: TrackingSituation,
): TrackingDecision {
  const { datapoints } = situation;
  const high = latest(datapoints, HIGH_DATAPOINTS);
  if (high?.every((value) => value > rules.target))
    return scaleOut(rules, situation, high.at(-1) ?? 0);
  const low = rules.disableScaleIn ? undefined : latest(datapoints, LOW_DATAPOINTS);
  if (low?.every((value) => value < rules.target * LOW_SHARE))
    return scaleIn(rules, situation, Math.max(...low));
  return { kind: "none" };
}

/** The last datapoints; undefined where one of them is missing: the alarm has insufficient data. */
function latest(
  datapoints: readonly (number | undefined)[],
  count: number,
): readonly number[] | undefined {
  const values = datapoints.slice(-count).filter((value) => value !== undefined);
  return values.length === count ? values : undefined;
}

/** By the latest datapoint: as much as is needed, at once. */
function scaleOut(
  { target, scaleOutCooldownMs }: TargetTracking,
  { capacity, bounds, last, now }: TrackingSituation,
  metric: number,
): TrackingDecision {
  const alarm = "high";
  if (capacity >= bounds.max) return { kind: "blocked", alarm, reason: "AlreadyAtMaxCapacity" };
  const cooling = last?.direction === "out" && now < last.at + scaleOutCooldownMs;
  // While it cools down, what the last scale-out added counts towards this one: only a larger one adds to it.
  const base = cooling ? Math.min(last.from, capacity) : capacity;
  const to = Math.min(desired(base, metric, target), bounds.max);
  if (to > capacity) return { kind: "scale", alarm, to: Math.max(to, bounds.min) };
  return { kind: "blocked", alarm, reason: cooling ? "Cooldown" : "AlreadyAtDesiredCapacity" };
}

/** By the highest of the datapoints, so that none of these minutes would have been above the target. */
function scaleIn(
  { target, scaleInCooldownMs }: TargetTracking,
  { capacity, bounds, last, now }: TrackingSituation,
  metric: number,
): TrackingDecision {
  const alarm = "low";
  if (capacity <= bounds.min) return { kind: "blocked", alarm, reason: "AlreadyAtMinCapacity" };
  const to = Math.min(Math.max(desired(capacity, metric, target), bounds.min), bounds.max);
  if (to >= capacity) return { kind: "blocked", alarm, reason: "AlreadyAtDesiredCapacity" };
  if (last?.direction === "in" && now < last.at + scaleInCooldownMs)
    return { kind: "blocked", alarm, reason: "Cooldown" };
  return { kind: "scale", alarm, to };
}

/** The least capacity at which the same load does not exceed the target. Rounding errors of the division add nothing. */
const desired = (capacity: number, metric: number, target: number): number =>
  Math.ceil(Number(((capacity * metric) / target).toPrecision(12)));
