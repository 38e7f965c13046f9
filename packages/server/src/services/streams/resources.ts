/** What ARNs of Kinesis name: streams, and consumers of them. */
import { invalid, notFound } from "./errors.ts";
import type { Consumer, Stream, StreamRef } from "./model.ts";
import { consumerArn, parseConsumerArn, parseStreamArn } from "./names.ts";

export interface ResourceRef {
  readonly arn: string;
  readonly stream: StreamRef;
  /** The name of a consumer of the stream. */
  readonly consumer?: string;
}

/** @throws YunqueError StreamArgumentInvalid where it is neither a stream's nor a consumer's */
export function parseResourceArn(arn: string): ResourceRef {
  const stream = parseStreamArn(arn);
  if (stream) return { arn, stream };
  const consumer = parseConsumerArn(arn);
  if (consumer) return { arn, stream: consumer.stream, consumer: consumer.name };
  throw invalid(`Invalid resource ARN: ${arn}`);
}

/** @throws YunqueError StreamNotFound */
export function resourceNamed(stream: Stream, { arn, consumer }: ResourceRef): Stream | Consumer {
  if (consumer === undefined) return stream;
  const found = stream.consumers.find(
    (one) => one.name === consumer && consumerArn(stream, one) === arn,
  );
  if (!found) throw noConsumer(stream, arn);
  return found;
}

export const noConsumer = ({ account }: StreamRef, consumer: string) =>
  notFound(`Consumer ${consumer} under account ${account} not found.`);
