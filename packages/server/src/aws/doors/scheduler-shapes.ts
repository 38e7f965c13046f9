/** What EventBridge Scheduler is asked and answers, in the words of its model and in ours. */
import type { Scope } from "../../domain/scope.ts";
import {
  groupArn,
  type Schedule,
  type ScheduleGroup,
  type ScheduleRequest,
  scheduleArn,
} from "../../services/schedules/index.ts";
import type {
  CreateScheduleInput,
  GetScheduleOutput,
  ScheduleGroupSummary,
  ScheduleSummary,
  Tag,
  Target,
  UpdateScheduleInput,
} from "../api/scheduler.ts";

export const scheduleRequest = (
  input: CreateScheduleInput | UpdateScheduleInput,
): ScheduleRequest => ({
  name: input.Name,
  group: input.GroupName,
  token: input.ClientToken,
  expression: input.ScheduleExpression,
  zone: input.ScheduleExpressionTimezone,
  start: input.StartDate?.getTime(),
  end: input.EndDate?.getTime(),
  window: {
    mode: input.FlexibleTimeWindow.Mode === "OFF" ? "OFF" : "FLEXIBLE",
    minutes: input.FlexibleTimeWindow.MaximumWindowInMinutes,
  },
  state: input.State === "DISABLED" ? "DISABLED" : "ENABLED",
  after: input.ActionAfterCompletion === "DELETE" ? "DELETE" : "NONE",
  description: input.Description,
  kmsKey: input.KmsKeyArn,
  target: targetRequest(input.Target),
});

const targetRequest = (target: Target): ScheduleRequest["target"] => ({
  arn: target.Arn,
  roleArn: target.RoleArn,
  input: target.Input,
  deadLetter: target.DeadLetterConfig?.Arn,
  maxAgeSeconds: target.RetryPolicy?.MaximumEventAgeInSeconds,
  maxRetries: target.RetryPolicy?.MaximumRetryAttempts,
  events: target.EventBridgeParameters && {
    source: target.EventBridgeParameters.Source,
    detailType: target.EventBridgeParameters.DetailType,
  },
  kinesis: target.KinesisParameters && { partitionKey: target.KinesisParameters.PartitionKey },
  sqs: target.SqsParameters && { groupId: target.SqsParameters.MessageGroupId },
  others: (["EcsParameters", "SageMakerPipelineParameters"] as const).filter(
    (name) => target[name] !== undefined,
  ),
});

export function scheduleOutput(scope: Scope, schedule: Schedule): GetScheduleOutput {
  const { name, group, window, start, end } = schedule;
  return {
    Arn: scheduleArn(scope, group, name),
    GroupName: group,
    Name: name,
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: schedule.zone,
    StartDate: start === undefined ? undefined : new Date(start),
    EndDate: end === undefined ? undefined : new Date(end),
    Description: schedule.description,
    State: stateOf(schedule),
    KmsKeyArn: schedule.kmsKey,
    Target: targetOutput(schedule),
    FlexibleTimeWindow:
      window === undefined ? { Mode: "OFF" } : { Mode: "FLEXIBLE", MaximumWindowInMinutes: window },
    ActionAfterCompletion: schedule.after,
    CreationDate: new Date(schedule.created),
    LastModificationDate: new Date(schedule.modified),
  };
}

function targetOutput({ target }: Schedule): Target {
  const { events, kinesis, sqs, deadLetter } = target;
  return {
    Arn: target.arn,
    RoleArn: target.roleArn,
    Input: target.input,
    DeadLetterConfig: deadLetter === undefined ? undefined : { Arn: deadLetter },
    RetryPolicy: {
      MaximumEventAgeInSeconds: target.maxAgeSeconds,
      MaximumRetryAttempts: target.maxRetries,
    },
    EventBridgeParameters: events && { Source: events.source, DetailType: events.detailType },
    KinesisParameters: kinesis && { PartitionKey: kinesis.partitionKey },
    SqsParameters: sqs && { MessageGroupId: sqs.groupId },
  };
}

export function scheduleSummary(scope: Scope, schedule: Schedule): ScheduleSummary {
  const { name, group, target } = schedule;
  return {
    Arn: scheduleArn(scope, group, name),
    GroupName: group,
    Name: name,
    State: stateOf(schedule),
    Target: { Arn: target.arn },
    CreationDate: new Date(schedule.created),
    LastModificationDate: new Date(schedule.modified),
  };
}

export function groupOutput(scope: Scope, group: ScheduleGroup): ScheduleGroupSummary {
  return {
    Arn: groupArn(scope, group.name),
    Name: group.name,
    State: group.state,
    CreationDate: new Date(group.created),
    LastModificationDate: new Date(group.modified),
  };
}

export const tagsOf = (tags: readonly Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));

export const tagsOutput = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const stateOf = ({ enabled }: Schedule) => (enabled ? "ENABLED" : "DISABLED");
