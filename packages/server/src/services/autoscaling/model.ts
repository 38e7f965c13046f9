/** What the service keeps. All times are milliseconds since the epoch. */
import type { CapacityBounds, LastScaling } from "../../domain/target-tracking.ts";
import type { DimensionName } from "./dimensions.ts";

/** What names a scalable target within a scope. */
export interface TargetName {
  readonly dimension: DimensionName;
  /** `function:NAME:QUALIFIER` */
  readonly resourceId: string;
}

export interface ScalableTarget extends TargetName, CapacityBounds {
  /** The end of its ARN. */
  readonly id: string;
  /** A UUID that the ARNs of its policies and actions have in common. */
  readonly group: string;
  readonly created: number;
  readonly suspended: Suspended;
  readonly tags: Readonly<Record<string, string>>;
  /** A change of its capacity that is not fulfilled yet. */
  readonly underway?: Underway;
  /** The last change that a policy made. */
  readonly last?: LastScaling;
}

/** What does not happen for now. */
export interface Suspended {
  readonly scaleIn: boolean;
  readonly scaleOut: boolean;
  readonly scheduled: boolean;
}

export interface Underway {
  /** Where its activity lies. */
  readonly activity: string;
  readonly from: number;
  readonly to: number;
  /** Whether a policy made it, so that its cooldowns begin when it is fulfilled. */
  readonly byPolicy: boolean;
}

export interface ScalingPolicy {
  readonly name: string;
  readonly target: TargetName;
  /** The target's group. */
  readonly group: string;
  readonly created: number;
  readonly targetValue: number;
  readonly resourceLabel?: string;
  /** Seconds; absent where the dimension's default holds. */
  readonly scaleOutCooldown?: number;
  readonly scaleInCooldown?: number;
  readonly disableScaleIn?: boolean;
  /** Names of its alarms. */
  readonly alarms: { readonly high: string; readonly low?: string };
}

export interface ScheduledAction {
  readonly name: string;
  readonly target: TargetName;
  /** The target's group. */
  readonly group: string;
  readonly created: number;
  readonly schedule: string;
  readonly timezone?: string;
  readonly start?: number;
  readonly end?: number;
  readonly min?: number;
  readonly max?: number;
  /** From when a `rate` counts. */
  readonly anchor: number;
  /** Where its next run lies in the agenda; absent where there is none. */
  readonly next?: string;
}

export type ActivityStatus =
  | "Pending"
  | "InProgress"
  | "Successful"
  | "Overridden"
  | "Unfulfilled"
  | "Failed";

export interface ScalingActivity extends TargetName {
  readonly id: string;
  readonly description: string;
  readonly cause: string;
  readonly start: number;
  readonly end?: number;
  readonly status: ActivityStatus;
  readonly message?: string;
  /** Why nothing was scaled, where that is what it tells. */
  readonly notScaled?: NotScaledReason;
}

export interface NotScaledReason {
  readonly code: string;
  readonly max?: number;
  readonly min?: number;
  readonly current?: number;
}
