/** What pipes may be made of. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html */
import { compilePipeTemplate } from "../../domain/pipe-template.ts";
import { type CompilePattern, compileFilters } from "../pollers/index.ts";
import { invalid } from "./errors.ts";
import type { PipeEnrichment, PipeSource, PipeTarget, SourceKind } from "./model.ts";

/** How many records a target takes at once; functions take as many as there are. */
const TARGET_BATCH: Readonly<Record<string, number>> = {
  sqs: 10,
  sns: 10,
  events: 10,
  kinesis: 500,
  lambda: 10_000,
};
const DEAD_LETTERS: ReadonlySet<string> = new Set(["sqs", "sns"]);
const SMALL_BATCH = 10;

export const serviceOf = (arn: string): string => arn.split(":")[2] ?? "";

export function kindOfSource(arn: string): SourceKind {
  const service = serviceOf(arn);
  if (service === "sqs" || service === "kinesis") return service;
  if (service === "dynamodb" && arn.includes("/stream/")) return service;
  throw invalid(`${arn} is no source that pipes read here: queues and streams are.`);
}

export const batchSizeOf = ({ kind, batchSize }: PipeSource): number =>
  batchSize ?? (kind === "sqs" ? 10 : 100);

/** Whether an ARN names a web server that is called by EventBridge. */
export const isApiDestination = (arn: string): boolean => arn.includes(":api-destination/");

/** How many records the target takes at once. */
export const targetBatch = ({ arn }: PipeTarget): number =>
  isApiDestination(arn) ? 1 : (TARGET_BATCH[serviceOf(arn)] ?? 0);

/** Where producers' own words are in a record. */
export const PAYLOADS = { sqs: "body", kinesis: "data", dynamodb: undefined } as const;

/** @throws YunqueError where the parts do not go together. */
export function checkParts(
  source: PipeSource,
  enrichment: PipeEnrichment | undefined,
  target: PipeTarget,
  compile: CompilePattern,
): void {
  checkSource(source, compile);
  if (enrichment !== undefined && serviceOf(enrichment.arn) !== "lambda")
    throw invalid(`${enrichment.arn} cannot enrich here: functions can.`);
  const service = serviceOf(target.arn);
  const most = targetBatch(target);
  if (most === 0) throw invalid(`${target.arn} is no target of pipes here.`);
  // A usual batch that is too large for the target is made smaller; one that was asked for is refused.
  if ((source.batchSize ?? 0) > most)
    throw invalid(`BatchSize ${source.batchSize} is more than the target takes at once: ${most}.`);
  if (service === "kinesis" && target.partitionKey === undefined)
    throw invalid(
      "KinesisStreamParameters with a PartitionKey are required for a stream as target.",
    );
  if (target.arn.endsWith(".fifo") && service === "sqs" && target.group === undefined)
    throw invalid(
      "SqsQueueParameters with a MessageGroupId are required for a FIFO queue as target.",
    );
  if (target.http !== undefined && !isApiDestination(target.arn))
    throw invalid("HttpParameters are for API destinations.");
  for (const template of [enrichment?.template, target.template])
    try {
      if (template !== undefined) compilePipeTemplate(template);
    } catch (error) {
      throw invalid(`InputTemplate is not valid: ${(error as Error).message}.`);
    }
}

function checkSource(source: PipeSource, compile: CompilePattern): void {
  const { kind, arn, stream, filters = [] } = source;
  if (kind === "sqs") {
    const fifo = arn.endsWith(".fifo");
    if (fifo && (source.windowSeconds ?? 0) > 0)
      throw invalid("Batching window is not supported for FIFO queues");
    if (batchSizeOf(source) > SMALL_BATCH && (fifo || (source.windowSeconds ?? 0) === 0))
      throw invalid(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
      );
  } else {
    if (stream === undefined)
      throw invalid(`SourceParameters with a StartingPosition are required for ${arn}.`);
    if ((stream.position === "AT_TIMESTAMP") !== (stream.time !== undefined))
      throw invalid("StartingPositionTimestamp and StartingPosition AT_TIMESTAMP go together.");
    if (stream.deadLetter !== undefined && !DEAD_LETTERS.has(serviceOf(stream.deadLetter)))
      throw invalid(`${stream.deadLetter} is neither a queue nor a topic for dead letters.`);
  }
  try {
    compileFilters(filters, PAYLOADS[kind], compile);
  } catch (error) {
    throw invalid(`Invalid filter pattern definition: ${(error as Error).message}`);
  }
}
