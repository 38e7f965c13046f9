/** What Application Auto Scaling is asked and answers, in the words of its model and in ours. */
import type {
  ScalingActivity as Activity,
  ChildFilter,
  DescribedAction,
  DescribedPolicy,
  DescribedTarget,
  Tracking,
} from "../../services/autoscaling/index.ts";
import { DIMENSIONS } from "../../services/autoscaling/index.ts";
import type {
  PutScalingPolicyRequest,
  PutScheduledActionRequest,
  ScalableDimension,
  ScalableTarget,
  ScalingActivity,
  ScalingPolicy,
  ScheduledAction,
  ServiceNamespace,
  TargetTrackingScalingPolicyConfiguration,
} from "../api/application-autoscaling.ts";

interface NamesTarget {
  readonly ServiceNamespace: ServiceNamespace;
  readonly ResourceId: string;
  readonly ScalableDimension: ScalableDimension;
}

/** The target that a request names. */
export const targetRequest = (input: NamesTarget) => ({
  namespace: input.ServiceNamespace,
  resourceId: input.ResourceId,
  dimension: input.ScalableDimension,
});

/** What a listing of policies, scheduled actions or activities asks for. */
export const childFilter = (
  input: {
    readonly ServiceNamespace: ServiceNamespace;
    readonly ResourceId?: string | undefined;
    readonly ScalableDimension?: ScalableDimension | undefined;
    readonly MaxResults?: number | undefined;
    readonly NextToken?: string | undefined;
  },
  names?: readonly string[],
): ChildFilter => ({
  namespace: input.ServiceNamespace,
  names,
  resourceId: input.ResourceId,
  dimension: input.ScalableDimension,
  maxResults: input.MaxResults,
  token: input.NextToken,
});

export const policyRequest = (input: PutScalingPolicyRequest) => ({
  ...targetRequest(input),
  name: input.PolicyName,
  type: input.PolicyType,
  tracking: trackingOf(input.TargetTrackingScalingPolicyConfiguration),
});

export const scheduledActionRequest = (input: PutScheduledActionRequest) => ({
  ...targetRequest(input),
  name: input.ScheduledActionName,
  schedule: input.Schedule,
  timezone: input.Timezone,
  start: input.StartTime?.getTime(),
  end: input.EndTime?.getTime(),
  bounds: input.ScalableTargetAction && {
    min: input.ScalableTargetAction.MinCapacity,
    max: input.ScalableTargetAction.MaxCapacity,
  },
});

export function targetOutput({ target, arn, roleArn }: DescribedTarget): ScalableTarget {
  const { suspended } = target;
  return {
    ...named(target),
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: roleArn,
    CreationTime: new Date(target.created),
    SuspendedState: {
      DynamicScalingInSuspended: suspended.scaleIn,
      DynamicScalingOutSuspended: suspended.scaleOut,
      ScheduledScalingSuspended: suspended.scheduled,
    },
    ScalableTargetARN: arn,
  };
}

export function policyOutput({ policy, arn, alarms }: DescribedPolicy): ScalingPolicy {
  return {
    PolicyARN: arn,
    PolicyName: policy.name,
    ...named(policy.target),
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: policy.targetValue,
      PredefinedMetricSpecification: {
        PredefinedMetricType: DIMENSIONS[policy.target.dimension].metric,
        ResourceLabel: policy.resourceLabel,
      },
      ScaleOutCooldown: policy.scaleOutCooldown,
      ScaleInCooldown: policy.scaleInCooldown,
      DisableScaleIn: policy.disableScaleIn,
    },
    Alarms: alarms.map(({ name, arn: AlarmARN }) => ({ AlarmName: name, AlarmARN })),
    CreationTime: new Date(policy.created),
  };
}

export function scheduledActionOutput({ action, arn }: DescribedAction): ScheduledAction {
  return {
    ScheduledActionName: action.name,
    ScheduledActionARN: arn,
    ...named(action.target),
    Schedule: action.schedule,
    Timezone: action.timezone,
    StartTime: dateOf(action.start),
    EndTime: dateOf(action.end),
    ScalableTargetAction: { MinCapacity: action.min, MaxCapacity: action.max },
    CreationTime: new Date(action.created),
  };
}

export function activityOutput(activity: Activity): ScalingActivity {
  const { notScaled } = activity;
  return {
    ActivityId: activity.id,
    ...named(activity),
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.start),
    EndTime: dateOf(activity.end),
    StatusCode: activity.status,
    StatusMessage: activity.message,
    NotScaledReasons: notScaled && [
      {
        Code: notScaled.code,
        MaxCapacity: notScaled.max,
        MinCapacity: notScaled.min,
        CurrentCapacity: notScaled.current,
      },
    ],
  };
}

const trackingOf = (
  input: TargetTrackingScalingPolicyConfiguration | undefined,
): Tracking | undefined =>
  input && {
    targetValue: input.TargetValue,
    metric: input.PredefinedMetricSpecification?.PredefinedMetricType,
    resourceLabel: input.PredefinedMetricSpecification?.ResourceLabel,
    customized: input.CustomizedMetricSpecification !== undefined,
    scaleOutCooldown: input.ScaleOutCooldown,
    scaleInCooldown: input.ScaleInCooldown,
    disableScaleIn: input.DisableScaleIn,
  };

const named = ({ dimension, resourceId }: Pick<Activity, "dimension" | "resourceId">) => ({
  ServiceNamespace: DIMENSIONS[dimension].namespace,
  ResourceId: resourceId,
  ScalableDimension: dimension,
});

const dateOf = (time: number | undefined): Date | undefined =>
  time === undefined ? undefined : new Date(time);
