/**
 * What the settings of a mapping become, and what they may be.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
import { type CompilePattern, compileFilters } from "../pollers/index.ts";
import { invalid } from "./errors.ts";
import type {
  MappingChange,
  MappingSettings,
  NewMapping,
  SourceKind,
  StartingPosition,
  StreamSettings,
} from "./model.ts";

const MAX_FILTERS = 10;
/** Batches of a queue that need no window. */
const SMALL_BATCH = 10;
const MIN_AGE_SECONDS = 60;
const MAX_AGE_SECONDS = 604_800;
const DESTINATIONS: ReadonlySet<string> = new Set(["sqs", "sns", "s3"]);

export interface Source {
  readonly kind: SourceKind;
  readonly fifo: boolean;
}

/** The kind of source that an ARN names. @throws YunqueError where it is none that a mapping reads. */
export function sourceOf(sourceArn: string): Source {
  const [, , service, , , ...rest] = sourceArn.split(":");
  const name = rest.join(":");
  if (service === "sqs") return { kind: "sqs", fifo: name.endsWith(".fifo") };
  if (service === "kinesis" && name.startsWith("stream/")) return { kind: "kinesis", fifo: false };
  if (service === "dynamodb" && /^table\/[^/]+\/stream\//.test(name))
    return { kind: "dynamodb", fifo: false };
  throw invalid("Unrecognized event source.");
}

/** Settings after a change, checked. `before` is absent for a new mapping. */
export function changedSettings(
  source: Source,
  before: MappingSettings | undefined,
  change: MappingChange,
  compile: CompilePattern,
): MappingSettings {
  checkMembers(source, change);
  const queue = source.kind === "sqs";
  const batchSize = change.batchSize ?? before?.batchSize ?? (queue ? 10 : 100);
  const windowSeconds = change.windowSeconds ?? before?.windowSeconds ?? 0;
  const filters = change.filters ?? before?.filters ?? [];
  if (queue) checkBatches(source, batchSize, windowSeconds);
  checkFilters(source.kind, filters, compile);
  const kmsKeyArn = change.kmsKeyArn ?? before?.kmsKeyArn;
  const metrics = change.metrics ?? before?.metrics;
  const logLevel = change.logLevel ?? before?.logLevel;
  const concurrency = change.scaling
    ? change.scaling.maximumConcurrency
    : before?.maximumConcurrency;
  const pollers = change.pollers ?? before?.pollers;
  if (concurrency !== undefined && pollers !== undefined && Object.keys(pollers).length > 0)
    throw invalid("ScalingConfig and ProvisionedPollerConfig cannot be used together.");
  return {
    batchSize,
    windowSeconds,
    reportsFailures: change.responseTypes
      ? change.responseTypes.includes("ReportBatchItemFailures")
      : (before?.reportsFailures ?? false),
    ...(filters.length === 0 ? {} : { filters }),
    ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(concurrency === undefined ? {} : { maximumConcurrency: concurrency }),
    ...(pollers === undefined || Object.keys(pollers).length === 0 ? {} : { pollers }),
    ...(queue ? {} : { stream: streamSettings(before?.stream, change) }),
  };
}

function streamSettings(before: StreamSettings | undefined, change: MappingChange): StreamSettings {
  const ageSeconds = change.ageSeconds ?? before?.ageSeconds ?? -1;
  if (ageSeconds !== -1 && (ageSeconds < MIN_AGE_SECONDS || ageSeconds > MAX_AGE_SECONDS))
    throw invalid(
      `MaximumRecordAgeInSeconds must be -1, or between ${MIN_AGE_SECONDS} and ${MAX_AGE_SECONDS}.`,
    );
  const onFailure = change.destinations
    ? change.destinations.onFailure || undefined
    : before?.onFailure;
  if (onFailure !== undefined && !DESTINATIONS.has(onFailure.split(":")[2] ?? ""))
    throw invalid(
      `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${onFailure})) is invalid.`,
    );
  return {
    factor: change.factor ?? before?.factor ?? 1,
    bisect: change.bisect ?? before?.bisect ?? false,
    retries: change.retries ?? before?.retries ?? -1,
    ageSeconds,
    tumblingSeconds: change.tumblingSeconds ?? before?.tumblingSeconds ?? 0,
    ...(onFailure === undefined ? {} : { onFailure }),
  };
}

/** What one kind of source does not have. */
function checkMembers({ kind }: Source, change: MappingChange): void {
  const { onSuccess, onFailure } = change.destinations ?? {};
  const unsupported = [...change.foreign];
  if (kind === "sqs") {
    if (onSuccess || onFailure) unsupported.push("DestinationConfig");
    if (change.factor !== undefined) unsupported.push("ParallelizationFactor");
    if (change.bisect !== undefined) unsupported.push("BisectBatchOnFunctionError");
    if (change.ageSeconds !== undefined) unsupported.push("MaximumRecordAgeInSeconds");
    if (change.retries !== undefined) unsupported.push("MaximumRetryAttempts");
    if (change.tumblingSeconds !== undefined) unsupported.push("TumblingWindowInSeconds");
  } else {
    if (onSuccess) unsupported.push("DestinationConfig");
    if (change.scaling?.maximumConcurrency !== undefined) unsupported.push("ScalingConfig");
    if (change.pollers !== undefined) unsupported.push("ProvisionedPollerConfig");
  }
  const [first] = unsupported;
  if (first !== undefined)
    throw invalid(`Unsupported ${first} parameter for given event source mapping type.`);
}

function checkBatches({ fifo }: Source, batchSize: number, windowSeconds: number): void {
  if (fifo && windowSeconds > 0) throw invalid("Batching window is not supported for FIFO queues");
  if (batchSize <= SMALL_BATCH) return;
  if (fifo)
    throw invalid(`Maximum batch size for FIFO queues is ${SMALL_BATCH}, and it is ${batchSize}.`);
  if (windowSeconds === 0)
    throw invalid(
      "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    );
}

function checkFilters(kind: SourceKind, filters: readonly string[], compile: CompilePattern): void {
  if (filters.length > MAX_FILTERS)
    throw invalid(`FilterCriteria may have at most ${MAX_FILTERS} filters.`);
  try {
    compileFilters(filters, PAYLOADS[kind], compile);
  } catch {
    throw invalid("Invalid filter pattern definition.");
  }
}

/** Where producers' own words are in a record. */
export const PAYLOADS = { sqs: "body", kinesis: "data", dynamodb: undefined } as const;

/** Where a new mapping begins to read; undefined for queues. */
export function positionOf(
  { kind }: Source,
  { position, positionTime, sourceArn }: NewMapping,
): StartingPosition | undefined {
  if (kind === "sqs") {
    if (position !== undefined || positionTime !== undefined)
      throw invalid("StartingPosition is not valid for SQS event sources.");
    return undefined;
  }
  if (position === undefined)
    throw invalid(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  if (position !== "AT_TIMESTAMP") {
    if (positionTime !== undefined)
      throw invalid("StartingPositionTimestamp is valid for StartingPosition AT_TIMESTAMP only.");
    return { at: position };
  }
  if (kind === "dynamodb")
    throw invalid(`Unsupported starting position for arn type: ${sourceArn}`);
  if (positionTime === undefined)
    throw invalid("StartingPositionTimestamp is required for StartingPosition AT_TIMESTAMP.");
  return { at: position, time: positionTime };
}
