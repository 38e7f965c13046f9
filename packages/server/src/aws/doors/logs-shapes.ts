import type { Scope } from "../../domain/scope.ts";
import {
  type DescribedGroup,
  type Destination,
  destinationArn,
  eventId,
  type FoundEvent,
  groupArn,
  type LogGroup,
  type LogStream,
  type MetricFilter,
  type MetricTransformation,
  type ResourcePolicy,
  type SubscriptionFilter,
  streamArn,
} from "../../services/logs/index.ts";
import type * as api from "../api/logs.ts";

export function groupOutput(scope: Scope, group: DescribedGroup, byPattern: boolean): api.LogGroup {
  const logGroupArn = groupArn(scope, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.created,
    retentionInDays: group.retentionDays,
    metricFilterCount: group.metricFilters,
    arn: `${logGroupArn}:*`,
    // Recorded: a listing by a pattern does not tell it.
    storedBytes: byPattern ? undefined : group.bytes,
    logGroupClass: group.kind,
    logGroupArn,
  };
}

export const summaryOutput = (scope: Scope, { name, kind }: LogGroup): api.LogGroupSummary => ({
  logGroupName: name,
  logGroupArn: groupArn(scope, name),
  logGroupClass: kind,
});

export const streamOutput = (scope: Scope, group: string, stream: LogStream): api.LogStream => ({
  logStreamName: stream.name,
  creationTime: stream.created,
  firstEventTimestamp: stream.first,
  lastEventTimestamp: stream.last,
  lastIngestionTime: stream.ingested,
  uploadSequenceToken: stream.ingested === undefined ? undefined : sequenceToken(stream.ingested),
  arn: streamArn(scope, group, stream.name),
  storedBytes: 0, // CloudWatch Logs: no longer reported
});

/** Given for clients that expect one; what they send back is ignored, as CloudWatch Logs does. */
export const sequenceToken = (now: number): string => `4964${String(now).padStart(52, "0")}`;

export const eventOutput = ({ timestamp, message, id }: FoundEvent): api.OutputLogEvent => ({
  timestamp,
  message,
  ingestionTime: Math.floor(id / 1000),
});

export const filteredOutput = (record: FoundEvent): api.FilteredLogEvent => ({
  logStreamName: record.stream,
  ...eventOutput(record),
  eventId: eventId(record),
});

export const subscriptionOutput = (filter: SubscriptionFilter): api.SubscriptionFilter => ({
  filterName: filter.name,
  logGroupName: filter.group,
  filterPattern: filter.pattern,
  destinationArn: filter.destination,
  roleArn: filter.role,
  distribution: filter.distribution,
  applyOnTransformedLogs: false,
  creationTime: filter.created,
});

export const metricFilterOutput = (filter: MetricFilter): api.MetricFilter => ({
  filterName: filter.name,
  filterPattern: filter.pattern,
  logGroupName: filter.group,
  creationTime: filter.created,
  applyOnTransformedLogs: false,
  metricTransformations: filter.transformations.map(
    ({ name, namespace, value, unit, ...rest }): api.MetricTransformation => ({
      metricName: name,
      metricNamespace: namespace,
      metricValue: value,
      unit: unit as api.MetricTransformation["unit"],
      ...rest,
    }),
  ),
});

export const transformation = (input: api.MetricTransformation): MetricTransformation => ({
  name: input.metricName,
  namespace: input.metricNamespace,
  value: input.metricValue,
  ...(input.defaultValue === undefined ? {} : { defaultValue: input.defaultValue }),
  ...(input.dimensions === undefined ? {} : { dimensions: input.dimensions }),
  ...(input.unit === undefined ? {} : { unit: input.unit }),
});

export const policyOutput = ({ name, document, updated }: ResourcePolicy): api.ResourcePolicy => ({
  policyName: name,
  policyDocument: document,
  lastUpdatedTime: updated,
  policyScope: "ACCOUNT",
});

export const destinationOutput = (scope: Scope, made: Destination): api.Destination => ({
  destinationName: made.name,
  targetArn: made.target,
  roleArn: made.role,
  accessPolicy: made.policy,
  arn: destinationArn(scope, made.name),
  creationTime: made.created,
});
