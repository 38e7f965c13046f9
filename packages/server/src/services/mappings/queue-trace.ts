/** A queue as a step of a trace: its message waited there. */
import { randomUUID } from "node:crypto";
import { hopOf } from "../../domain/hop.ts";
import type { QueueItem } from "../pollers/index.ts";
import type { MappingsDependencies } from "./context.ts";

/** The header that the batch goes on with; other traces of the batch become links. */
export function waited(
  { tracer, clock }: Pick<MappingsDependencies, "tracer" | "clock">,
  queueArn: string,
  items: readonly QueueItem[],
  traceId: string,
): string {
  if (tracer === undefined || !traceId.includes("Sampled=1")) return traceId;
  const attributes = items.map(({ message }) => message.attributes);
  const now = clock.now();
  const root = /Root=[^;]*/.exec(traceId)?.[0] ?? "";
  const own = attributes.find((each) => each["AWSTraceHeader"]?.includes(root));
  const sent = Number(own?.["SentTimestamp"] ?? now);
  const others = attributes.flatMap((each) => each["AWSTraceHeader"] ?? []);
  const start = Number.isFinite(sent) ? Math.min(sent, now) : now;
  const hop = hopOf(traceId, queueArn, start, newId, others);
  if (hop === undefined) return traceId;
  const [, , , region = "", account = ""] = queueArn.split(":");
  tracer.tell({ account, region }, { ...hop.segment, end_time: now / 1000 });
  return hop.traceId;
}

const newId = (): string => randomUUID().replaceAll("-", "").slice(0, 16);
