/** What EventBridge is asked and answers about buses, rules and targets, in the words of its model and in ours. */
import { usableTraceId } from "../../domain/trace-id.ts";
import type {
  BusSettings,
  DescribedArchive,
  DescribedBus,
  DescribedReplay,
  DescribedRule,
  NewEntry,
  Target as RuleTarget,
} from "../../services/buses/index.ts";
import type {
  Archive,
  CreateEventBusRequest,
  EventBus,
  HttpParameters,
  PutEventsRequestEntry,
  Replay,
  Rule,
  Tag,
  Target,
} from "../api/events.ts";

export const tagsOf = (tags: readonly Tag[] = []): Readonly<Record<string, string>> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));

export const tagList = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const busSettings = (
  input: Pick<
    CreateEventBusRequest,
    "Description" | "KmsKeyIdentifier" | "DeadLetterConfig" | "LogConfig"
  >,
): BusSettings => ({
  description: input.Description,
  kmsKey: input.KmsKeyIdentifier,
  deadLetter: input.DeadLetterConfig?.Arn,
  logConfig: input.LogConfig && {
    detail: input.LogConfig.IncludeDetail,
    level: input.LogConfig.Level,
  },
});

/** What is said of a bus wherever its settings are. */
export const busSettingsOutput = ({ description, kmsKey, deadLetter, logConfig }: BusSettings) => ({
  Description: description,
  KmsKeyIdentifier: kmsKey,
  DeadLetterConfig: deadLetter === undefined ? undefined : { Arn: deadLetter },
  LogConfig:
    logConfig === undefined
      ? undefined
      : { IncludeDetail: logConfig.detail as "NONE", Level: logConfig.level as "OFF" },
});

export const busOutput = (bus: DescribedBus): EventBus => ({
  Name: bus.name,
  Arn: bus.arn,
  Description: bus.description,
  Policy: bus.policy && JSON.stringify(bus.policy),
  CreationTime: new Date(bus.created),
  LastModifiedTime: new Date(bus.modified),
});

export const ruleOutput = (rule: DescribedRule): Rule => ({
  Name: rule.name,
  Arn: rule.arn,
  EventPattern: rule.pattern,
  State: rule.state,
  Description: rule.description,
  ScheduleExpression: rule.schedule,
  RoleArn: rule.roleArn,
  EventBusName: rule.bus,
});

/** `header`: the request's own X-Amzn-Trace-Id, for entries that have none. */
export const entryOf = (entry: PutEventsRequestEntry, header: string | undefined): NewEntry => ({
  source: entry.Source,
  detailType: entry.DetailType,
  detail: entry.Detail,
  resources: entry.Resources ?? [],
  time: entry.Time?.getTime(),
  bus: entry.EventBusName,
  traceId: usableTraceId(entry.TraceHeader) ?? usableTraceId(header),
});

export function targetOf(target: Target): RuleTarget {
  const {
    Id,
    Arn,
    RoleArn,
    Input,
    InputPath,
    InputTransformer,
    KinesisParameters,
    SqsParameters,
    HttpParameters,
    DeadLetterConfig,
    RetryPolicy,
    ...kept
  } = target;
  return {
    id: Id,
    arn: Arn,
    roleArn: RoleArn,
    input: Input,
    inputPath: InputPath,
    transformer: InputTransformer && {
      paths: InputTransformer.InputPathsMap ?? {},
      template: InputTransformer.InputTemplate,
    },
    messageGroupId: SqsParameters?.MessageGroupId,
    partitionKeyPath: KinesisParameters?.PartitionKeyPath,
    http: HttpParameters && {
      path: HttpParameters.PathParameterValues ?? [],
      headers: HttpParameters.HeaderParameters ?? {},
      query: HttpParameters.QueryStringParameters ?? {},
    },
    deadLetter: DeadLetterConfig?.Arn,
    maxRetries: RetryPolicy?.MaximumRetryAttempts,
    maxAgeSeconds: RetryPolicy?.MaximumEventAgeInSeconds,
    ...(Object.keys(kept).length === 0 ? {} : { kept: kept as Record<string, unknown> }),
  };
}

export function targetOutput(target: RuleTarget): Target {
  const { transformer, messageGroupId, partitionKeyPath, http, deadLetter } = target;
  const { maxRetries, maxAgeSeconds } = target;
  return {
    Id: target.id,
    Arn: target.arn,
    RoleArn: target.roleArn,
    Input: target.input,
    InputPath: target.inputPath,
    InputTransformer: transformer && {
      InputPathsMap: ifAny(transformer.paths),
      InputTemplate: transformer.template,
    },
    KinesisParameters:
      partitionKeyPath === undefined ? undefined : { PartitionKeyPath: partitionKeyPath },
    SqsParameters: messageGroupId === undefined ? undefined : { MessageGroupId: messageGroupId },
    HttpParameters: http && httpOutput(http),
    DeadLetterConfig: deadLetter === undefined ? undefined : { Arn: deadLetter },
    RetryPolicy:
      maxRetries === undefined && maxAgeSeconds === undefined
        ? undefined
        : { MaximumRetryAttempts: maxRetries, MaximumEventAgeInSeconds: maxAgeSeconds },
    ...target.kept,
  };
}

const httpOutput = ({ path, headers, query }: NonNullable<RuleTarget["http"]>): HttpParameters => ({
  PathParameterValues: path.length === 0 ? undefined : [...path],
  HeaderParameters: ifAny(headers),
  QueryStringParameters: ifAny(query),
});

const ifAny = <T extends object>(values: T): T | undefined =>
  Object.keys(values).length === 0 ? undefined : values;

export const archiveOutput = (archive: DescribedArchive): Archive => ({
  ArchiveName: archive.name,
  EventSourceArn: archive.busArn,
  State: "ENABLED",
  RetentionDays: archive.retentionDays,
  SizeBytes: archive.bytes,
  EventCount: archive.events,
  CreationTime: new Date(archive.created),
});

export const replayOutput = (replay: DescribedReplay): Replay => ({
  ReplayName: replay.name,
  EventSourceArn: replay.archiveArn,
  State: replay.state,
  StateReason: replay.reason,
  EventStartTime: new Date(replay.from),
  EventEndTime: new Date(replay.to),
  EventLastReplayedTime: dateOf(replay.lastReplayed),
  ReplayStartTime: new Date(replay.started),
  ReplayEndTime: dateOf(replay.ended),
});

const dateOf = (time: number | undefined): Date | undefined =>
  time === undefined ? undefined : new Date(time);
