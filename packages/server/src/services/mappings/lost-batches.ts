/**
 * What a mapping's destination is told of records that were given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
import { randomUUID } from "node:crypto";
import { newTraceId } from "../../domain/trace-id.ts";
import { Undeliverable } from "../../ports/targets.ts";
import { batchInfo, type LostBatch } from "../pollers/index.ts";
import { eventOf } from "./calls.ts";
import type { MappingsDependencies } from "./context.ts";
import type { Mapping } from "./model.ts";

/** What is known of the last attempt of a batch. */
export interface LastAttempt {
  readonly requestId: string;
  readonly executedVersion: string;
  /** Null where the function reported failures itself. */
  readonly functionError: string | null;
}

/** Resolves once the destination has it, or will never take it. */
export async function tellOfLoss(
  { targets, clock, onUndelivered }: MappingsDependencies,
  { uuid, functionArn, sourceArn, kind }: Mapping,
  destination: string | undefined,
  lost: LostBatch<LastAttempt>,
): Promise<void> {
  if (destination === undefined) return;
  const now = clock.now();
  const inBucket = destination.split(":")[2] === "s3";
  const record = {
    ...lossRecord({ functionArn, sourceArn, kind }, lost, now),
    // S3 alone gets the records themselves.
    ...(inBucket ? { payload: Buffer.from(eventOf(lost.items)).toString("utf8") } : {}),
  };
  try {
    await targets.deliver({
      target: destination,
      body: Buffer.from(JSON.stringify(record)),
      sender: { service: "lambda.amazonaws.com", arn: functionArn },
      traceId: newTraceId(now),
      object: {
        key: objectKey(uuid, lost.shardId, now),
        contentType: "application/json",
      },
    });
  } catch (error) {
    if (!(error instanceof Undeliverable)) throw error;
    onUndelivered({ uuid, destination }, error.message);
  }
}

/** In the order of its members as Lambda has it. */
function lossRecord(
  { functionArn, sourceArn, kind }: Pick<Mapping, "functionArn" | "sourceArn" | "kind">,
  lost: LostBatch<LastAttempt>,
  now: number,
): object {
  const { condition, invokeCount, last } = lost;
  return {
    requestContext: {
      requestId: last?.requestId ?? randomUUID(),
      functionArn,
      condition,
      approximateInvokeCount: invokeCount,
    },
    ...(condition === "RecordAgeExceeded" || last === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: last.executedVersion,
            functionError: last.functionError,
          },
        }),
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    ...batchInfo(kind === "kinesis", sourceArn, lost, now),
  };
}

/** `aws/lambda/UUID/SHARD/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-RANDOM` */
function objectKey(uuid: string, shardId: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 19);
  const day = time.slice(0, 10);
  return `aws/lambda/${uuid}/${shardId}/${day.replaceAll("-", "/")}/${time.replaceAll(":", ".")}-${randomUUID()}`;
}
