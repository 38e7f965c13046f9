/** One step of a trace that is no function's: a queue in which a message waited, a bucket or rule that sent one on. */
import type { Segment } from "./segment.ts";
import { isSampled, readTraceHeader, withParent } from "./trace-header.ts";

export interface Hop {
  /** The header that goes on from here. */
  readonly traceId: string;
  /** What is told once it is over. */
  readonly segment: Omit<Segment, "end_time">;
}

/** X-Ray's names of services that send events, by the third part of their ARNs. */
const ORIGINS: Readonly<Record<string, string>> = {
  s3: "AWS::S3::Bucket",
  sns: "AWS::SNS::Topic",
  sqs: "AWS::SQS::Queue",
  events: "AWS::Events::Rule",
  scheduler: "AWS::Scheduler::Schedule",
  pipes: "AWS::Pipes::Pipe",
};

/**
 * Undefined where the header is not sampled, or the resource has segments of its own. `start` in milliseconds; `others`: headers
 * of what came with it in a batch, which become links.
 */
export function hopOf(
  header: string | undefined,
  arn: string,
  start: number,
  id: () => string,
  others: readonly string[] = [],
): Hop | undefined {
  if (header === undefined || !isSampled(header)) return undefined;
  const [, , service = "", , account, ...rest] = arn.split(":");
  const origin = Object.hasOwn(ORIGINS, service) ? ORIGINS[service] : undefined;
  const read = readTraceHeader(header);
  if (origin === undefined || read === undefined) return undefined;
  const entity = id();
  const links = others.flatMap((other) => {
    const linked = readTraceHeader(other);
    return linked === undefined || linked.root === read.root
      ? []
      : [{ trace_id: linked.root, ...(linked.parent ? { id: linked.parent } : {}) }];
  });
  return {
    traceId: withParent(header, entity),
    segment: {
      trace_id: read.root,
      id: entity,
      ...(read.parent === undefined ? {} : { parent_id: read.parent }),
      name: rest.join(":").split("/").at(-1) || service,
      origin,
      resource_arn: arn,
      start_time: start / 1000,
      aws: { account_id: account },
      ...(links.length === 0 ? {} : { links }),
    },
  };
}
