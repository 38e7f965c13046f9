/** Parameters of pipes, in the words of AWS and in those of the service. */
import type { Pipe, PipeSource, PipeTarget } from "../../services/pipes/index.ts";
import type {
  CreatePipeRequest,
  PipeEnrichmentParameters,
  PipeSourceParameters,
  PipeTargetParameters,
  UpdatePipeRequest,
  UpdatePipeSourceParameters,
} from "../api/pipes.ts";
import { AwsError } from "../error.ts";

/** What would be promised and not kept is refused by name. */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  SourceParameters: [
    "ActiveMQBrokerParameters",
    "RabbitMQBrokerParameters",
    "ManagedStreamingKafkaParameters",
    "SelfManagedKafkaParameters",
  ],
  EnrichmentParameters: ["HttpParameters"],
  TargetParameters: [
    "StepFunctionStateMachineParameters",
    "EcsTaskParameters",
    "BatchJobParameters",
    "RedshiftDataParameters",
    "SageMakerPipelineParameters",
    "CloudWatchLogsParameters",
    "TimestreamParameters",
  ],
};

/** @throws AwsError where the input asks for what Yunque does not have. */
export function refuseUnsupported(input: CreatePipeRequest | UpdatePipeRequest): void {
  const asked = Object.entries(UNSUPPORTED).flatMap(([member, names]) => {
    const parameters: unknown = Reflect.get(input, member);
    if (typeof parameters !== "object" || parameters === null) return [];
    return names.filter((name) => Reflect.get(parameters, name) !== undefined);
  });
  if (input.LogConfiguration !== undefined) asked.push("LogConfiguration");
  if (asked.length > 0)
    throw new AwsError(
      "ValidationException",
      `${asked.join(", ")} cannot be used here: Yunque does not support it yet.`,
    );
}

type SourceChange = Omit<PipeSource, "kind" | "arn">;

export function sourceOf(
  parameters: PipeSourceParameters | UpdatePipeSourceParameters | undefined,
): SourceChange {
  if (parameters === undefined) return {};
  const { FilterCriteria, SqsQueueParameters: queue } = parameters;
  const stream: Partial<NonNullable<PipeSourceParameters["KinesisStreamParameters"]>> | undefined =
    parameters.KinesisStreamParameters ?? parameters.DynamoDBStreamParameters;
  const { BatchSize, MaximumBatchingWindowInSeconds } = queue ?? stream ?? {};
  return given({
    batchSize: BatchSize,
    windowSeconds: MaximumBatchingWindowInSeconds,
    filters: FilterCriteria && (FilterCriteria.Filters ?? []).map(({ Pattern }) => Pattern ?? ""),
    stream: stream && streamOf(stream),
  });
}

function streamOf(
  stream: Partial<NonNullable<PipeSourceParameters["KinesisStreamParameters"]>>,
): NonNullable<PipeSource["stream"]> {
  const partial = given({
    position: stream.StartingPosition,
    time: stream.StartingPositionTimestamp?.getTime(),
    deadLetter: stream.DeadLetterConfig?.Arn,
    bisect: stream.OnPartialBatchItemFailure && true,
    ageSeconds: stream.MaximumRecordAgeInSeconds,
    retries: stream.MaximumRetryAttempts,
    factor: stream.ParallelizationFactor,
  });
  // UpdatePipe says nothing of the position: it stays.
  return partial as NonNullable<PipeSource["stream"]>;
}

export const enrichmentOf = (
  parameters: PipeEnrichmentParameters | undefined,
): { readonly template?: string } => given({ template: parameters?.InputTemplate });

export function targetOf(parameters: PipeTargetParameters | undefined): Omit<PipeTarget, "arn"> {
  if (parameters === undefined) return {};
  const { SqsQueueParameters: queue, EventBridgeEventBusParameters: bus } = parameters;
  const { HttpParameters: http } = parameters;
  return given({
    template: parameters.InputTemplate,
    invocation: parameters.LambdaFunctionParameters?.InvocationType,
    group: queue?.MessageGroupId,
    deduplication: queue?.MessageDeduplicationId,
    partitionKey: parameters.KinesisStreamParameters?.PartitionKey,
    bus:
      bus &&
      given({
        detailType: bus.DetailType,
        source: bus.Source,
        resources: bus.Resources,
        time: bus.Time,
      }),
    http:
      http &&
      given({
        path: http.PathParameterValues,
        headers: http.HeaderParameters,
        query: http.QueryStringParameters,
      }),
  });
}

/** The usual values are told, as AWS tells them. */
export function sourceMembers({ kind, ...source }: PipeSource): PipeSourceParameters {
  const { batchSize, windowSeconds, filters, stream } = source;
  const batch = given({
    BatchSize: batchSize ?? (kind === "sqs" ? 10 : 100),
    MaximumBatchingWindowInSeconds: windowSeconds,
  });
  const read = stream && {
    ...batch,
    ...given({
      StartingPosition: stream.position,
      StartingPositionTimestamp: stream.time === undefined ? undefined : new Date(stream.time),
      DeadLetterConfig: stream.deadLetter === undefined ? undefined : { Arn: stream.deadLetter },
      OnPartialBatchItemFailure: stream.bisect ? ("AUTOMATIC_BISECT" as const) : undefined,
      MaximumRecordAgeInSeconds: stream.ageSeconds,
      MaximumRetryAttempts: stream.retries,
      ParallelizationFactor: stream.factor,
    }),
  };
  return {
    ...(filters === undefined
      ? {}
      : { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    ...(kind === "sqs" ? { SqsQueueParameters: batch } : {}),
    ...(kind === "kinesis" && read ? { KinesisStreamParameters: read } : {}),
    ...(kind === "dynamodb" && read
      ? {
          DynamoDBStreamParameters: read as NonNullable<
            PipeSourceParameters["DynamoDBStreamParameters"]
          >,
        }
      : {}),
  };
}

export function targetMembers(target: Pipe["target"]): PipeTargetParameters {
  const { template, invocation, group, deduplication, partitionKey, bus, http } = target;
  const queue = given({ MessageGroupId: group, MessageDeduplicationId: deduplication });
  return given({
    InputTemplate: template,
    LambdaFunctionParameters: invocation && { InvocationType: invocation },
    SqsQueueParameters: Object.keys(queue).length === 0 ? undefined : queue,
    KinesisStreamParameters:
      partitionKey === undefined ? undefined : { PartitionKey: partitionKey },
    EventBridgeEventBusParameters:
      bus &&
      given({
        DetailType: bus.detailType,
        Source: bus.source,
        Resources: bus.resources && [...bus.resources],
        Time: bus.time,
      }),
    HttpParameters:
      http &&
      given({
        PathParameterValues: http.path && [...http.path],
        HeaderParameters: http.headers,
        QueryStringParameters: http.query,
      }),
  });
}

/** The members that are there. */
function given<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
