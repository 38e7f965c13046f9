/** What a pipe's dead-letter queue is told of records that were given up. */
import { newTraceId } from "../../domain/trace-id.ts";
import { Undeliverable } from "../../ports/targets.ts";
import { batchInfo, type LostBatch } from "../pollers/index.ts";
import type { PipesDependencies } from "./context.ts";
import type { Pipe } from "./model.ts";

/** Resolves once it is told, or will never be. */
export async function tellOfLoss(
  { targets, clock, onUndelivered }: PipesDependencies,
  { name, source }: Pipe,
  arn: string,
  destination: string | undefined,
  lost: LostBatch<undefined>,
): Promise<void> {
  if (destination === undefined) return;
  const now = clock.now();
  const letter = {
    context: { partnerResourceArn: arn, condition: lost.condition },
    version: "1.0",
    timestamp: new Date(now).toISOString(),
    ...batchInfo(source.kind === "kinesis", source.arn, lost, now),
  };
  try {
    await targets.deliver({
      target: destination,
      body: Buffer.from(JSON.stringify(letter)),
      sender: { service: "pipes.amazonaws.com", arn },
      traceId: newTraceId(now),
    });
  } catch (error) {
    if (!(error instanceof Undeliverable)) throw error;
    onUndelivered({ pipe: name, destination }, error.message);
  }
}
