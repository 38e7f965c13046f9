/** Event source mappings on Lambda's wire. */
import type {
  DescribedMapping,
  Mapping,
  MappingChange,
  MappingSettings,
  Mappings,
} from "../../services/mappings/index.ts";
import type {
  CreateEventSourceMappingRequest,
  DestinationConfig,
  EventSourceMappingConfiguration,
  LambdaApi,
  UpdateEventSourceMappingRequest,
} from "../api/lambda.ts";
import type { Door } from "../context.ts";
import { invalidParameter } from "./lambda-input.ts";

export function lambdaMappings(mappings: Mappings): Door<LambdaApi> {
  return {
    async CreateEventSourceMapping(input, context) {
      if (input.SelfManagedEventSource !== undefined)
        throw invalidParameter("Yunque does not support SelfManagedEventSource yet.");
      return configuration(
        await mappings.create(context, {
          ...changeOf(input, CREATE_ONLY),
          functionName: input.FunctionName,
          sourceArn: input.EventSourceArn,
          position: input.StartingPosition,
          positionTime: input.StartingPositionTimestamp?.getTime(),
          tags: Object.entries(input.Tags ?? {}),
        }),
      );
    },

    async GetEventSourceMapping(input, context) {
      return configuration(await mappings.get(context, input.UUID));
    },

    async UpdateEventSourceMapping(input, context) {
      return configuration(await mappings.update(context, input.UUID, changeOf(input, [])));
    },

    async DeleteEventSourceMapping(input, context) {
      return configuration(await mappings.delete(context, input.UUID));
    },

    async ListEventSourceMappings(input, context) {
      const { items, marker } = await mappings.list(context, {
        sourceArn: input.EventSourceArn,
        functionName: input.FunctionName,
        marker: input.Marker,
        maxItems: input.MaxItems,
      });
      return {
        EventSourceMappings: items.map(configuration),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}

/** Members for sources that are not here. */
const FOREIGN = [
  "SourceAccessConfigurations",
  "AmazonManagedKafkaEventSourceConfig",
  "SelfManagedKafkaEventSourceConfig",
  "DocumentDBEventSourceConfig",
];
const CREATE_ONLY = ["Topics", "Queues"];

function changeOf(
  input: CreateEventSourceMappingRequest | UpdateEventSourceMappingRequest,
  more: readonly string[],
): MappingChange {
  const asked = (name: string) => {
    const value: unknown = Reflect.get(input, name);
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  };
  const { DestinationConfig: to, ProvisionedPollerConfig: pollers } = input;
  return {
    functionName: input.FunctionName,
    enabled: input.Enabled,
    batchSize: input.BatchSize,
    windowSeconds: input.MaximumBatchingWindowInSeconds,
    filters:
      input.FilterCriteria &&
      (input.FilterCriteria.Filters ?? []).map(({ Pattern }) => Pattern ?? ""),
    responseTypes: input.FunctionResponseTypes,
    kmsKeyArn: input.KMSKeyArn,
    metrics: input.MetricsConfig && (input.MetricsConfig.Metrics ?? []),
    logLevel: input.LoggingConfig?.SystemLogLevel,
    scaling: input.ScalingConfig && {
      maximumConcurrency: input.ScalingConfig.MaximumConcurrency,
    },
    pollers: pollers && pollersOf(pollers),
    factor: input.ParallelizationFactor,
    bisect: input.BisectBatchOnFunctionError,
    retries: input.MaximumRetryAttempts,
    ageSeconds: input.MaximumRecordAgeInSeconds,
    tumblingSeconds: input.TumblingWindowInSeconds,
    destinations: to && {
      onSuccess: to.OnSuccess?.Destination,
      onFailure: to.OnFailure?.Destination,
    },
    foreign: [...FOREIGN, ...more].filter(asked),
  };
}

function pollersOf(
  pollers: NonNullable<CreateEventSourceMappingRequest["ProvisionedPollerConfig"]>,
): NonNullable<MappingSettings["pollers"]> {
  const { MinimumPollers: min, MaximumPollers: max, PollerGroupName: group } = pollers;
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(group === undefined ? {} : { group }),
  };
}

function configuration({ arn, mapping }: DescribedMapping): EventSourceMappingConfiguration {
  const { settings, position } = mapping;
  const { filters, kmsKeyArn, metrics, logLevel, maximumConcurrency, pollers } = settings;
  return {
    UUID: mapping.uuid,
    ...(position === undefined ? {} : { StartingPosition: position.at }),
    ...(position?.time === undefined ? {} : { StartingPositionTimestamp: new Date(position.time) }),
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.windowSeconds,
    EventSourceArn: mapping.sourceArn,
    ...(filters === undefined
      ? {}
      : { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    ...(kmsKeyArn === undefined ? {} : { KMSKeyArn: kmsKeyArn }),
    ...(metrics === undefined
      ? {}
      : {
          MetricsConfig: { Metrics: metrics } as EventSourceMappingConfiguration["MetricsConfig"],
        }),
    ...(logLevel === undefined
      ? {}
      : {
          LoggingConfig: {
            SystemLogLevel: logLevel,
          } as EventSourceMappingConfiguration["LoggingConfig"],
        }),
    ...(maximumConcurrency === undefined
      ? {}
      : { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
    ...(pollers === undefined
      ? {}
      : {
          ProvisionedPollerConfig: {
            MinimumPollers: pollers.min,
            MaximumPollers: pollers.max,
            PollerGroupName: pollers.group,
          },
        }),
    FunctionArn: mapping.functionArn,
    LastModified: new Date(mapping.modifiedAt),
    ...(mapping.lastResult === undefined ? {} : { LastProcessingResult: mapping.lastResult }),
    State: mapping.state,
    StateTransitionReason: mapping.reason,
    ...streamMembers(mapping),
    FunctionResponseTypes: settings.reportsFailures ? ["ReportBatchItemFailures"] : [],
    EventSourceMappingArn: arn,
  };
}

function streamMembers({
  settings: { stream },
}: Mapping): Partial<EventSourceMappingConfiguration> {
  if (stream === undefined) return {};
  const { onFailure } = stream;
  const DestinationConfig: DestinationConfig = {
    OnFailure: onFailure === undefined ? {} : { Destination: onFailure },
  };
  return {
    DestinationConfig,
    ParallelizationFactor: stream.factor,
    MaximumRecordAgeInSeconds: stream.ageSeconds,
    BisectBatchOnFunctionError: stream.bisect,
    MaximumRetryAttempts: stream.retries,
    TumblingWindowInSeconds: stream.tumblingSeconds,
  };
}
