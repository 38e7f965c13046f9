/**
 * Messages and records as Lambda's events have them.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, with-kinesis.html, with-ddb.html
 */
import { createHash } from "node:crypto";
import type {
  KinesisContent,
  QueueMessage,
  StreamRecord,
  TableContent,
} from "../../ports/event-sources.ts";
import type { MessageAttribute } from "../../ports/targets.ts";

export type SourceRecord = Readonly<Record<string, unknown>>;

/** Recorded: where batches wait for a window, absent digests are null instead of absent. */
export function queueRecord(
  message: QueueMessage,
  queueArn: string,
  absentDigest: null | undefined,
): SourceRecord {
  const { messageId, receiptHandle, body, attributes, messageAttributes, md5OfBody } = message;
  const digest = message.md5OfMessageAttributes ?? absentDigest;
  return {
    messageId,
    receiptHandle,
    body,
    attributes,
    messageAttributes: Object.fromEntries(
      Object.entries(messageAttributes).map(([name, value]) => [name, attributeOf(value)]),
    ),
    ...(digest === undefined ? {} : { md5OfMessageAttributes: digest }),
    md5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: regionOf(queueArn),
  };
}

function attributeOf({ type, value }: MessageAttribute): object {
  const lists = { stringListValues: [], binaryListValues: [], dataType: type };
  return type.startsWith("Binary")
    ? { binaryValue: value, ...lists }
    : { stringValue: value, ...lists };
}

export interface StreamOrigin {
  readonly streamArn: string;
  readonly shardId: string;
  /** ARN of the role of who reads it. */
  readonly role: string;
}

export function streamRecord(record: StreamRecord, origin: StreamOrigin): SourceRecord {
  const { content } = record;
  return content.kind === "kinesis"
    ? kinesisRecord(record, content, origin)
    : tableRecord(record, content, origin);
}

function kinesisRecord(
  { key, sequenceNumber, arrivedAt }: StreamRecord,
  { data }: KinesisContent,
  { streamArn, shardId, role }: StreamOrigin,
): SourceRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: key,
      sequenceNumber,
      data: Buffer.from(data).toString("base64"),
      approximateArrivalTimestamp: arrivedAt / 1000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: role,
    awsRegion: regionOf(streamArn),
    eventSourceARN: streamArn,
  };
}

function tableRecord(
  { sequenceNumber }: StreamRecord,
  { eventName, change, userIdentity }: TableContent,
  { streamArn }: StreamOrigin,
): SourceRecord {
  return {
    eventID: createHash("md5").update(`${streamArn} ${sequenceNumber}`).digest("hex"),
    eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: regionOf(streamArn),
    dynamodb: change,
    ...(userIdentity === undefined ? {} : { userIdentity }),
    eventSourceARN: streamArn,
  };
}

const regionOf = (arn: string): string => arn.split(":")[3] ?? "";
