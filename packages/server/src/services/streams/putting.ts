/** Adding records: which shard takes each, whether it may, and one commit for all. */
import { randomBytes } from "node:crypto";
import { hashOfKey, hashOfNumber, rangeOf } from "../../domain/hash-range.ts";
import type { StreamShard } from "../../domain/resharding.ts";
import type { StreamsContext } from "./context.ts";
import { dryRun, invalid, streamError } from "./errors.ts";
import type { Stream, StreamRef } from "./model.ts";
import { logOf, parseSequenceNumber, sequenceNumber, shardId } from "./names.ts";
import type { KnownStream } from "./store.ts";

/** Kinesis: of all records of a request, their partition keys included. */
const MAX_REQUEST_BYTES = 10 << 20;
/** How often records are sent on whose shard was closed meanwhile. */
const MAX_ATTEMPTS = 10;

export interface NewRecord {
  readonly data: Uint8Array;
  readonly partitionKey?: string | undefined;
  /** A decimal number; in place of the partition key's hash. */
  readonly explicitHashKey?: string | undefined;
}

export interface Placed {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** What became of one record of many. */
export type PutResult = Placed | { readonly throttled: string };

export interface PutOptions {
  /** The record is to have a greater sequence number than this one; all that come later have. */
  readonly after?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** @throws YunqueError StreamNotFound, StreamArgumentInvalid, StreamThroughputExceeded, and what the storage cannot do */
export async function putRecord(
  context: StreamsContext,
  ref: StreamRef,
  record: NewRecord,
  options: PutOptions = {},
): Promise<{ readonly placed: Placed; readonly stream: Stream }> {
  const { stream } = await context.store.usable(ref);
  if (options.after !== undefined) checkOrdering(context, stream, options.after);
  const [result] = await put(context, ref, [record], options);
  if (result === undefined || "throttled" in result)
    throw streamError("StreamThroughputExceeded", result?.throttled ?? "");
  return { placed: result, stream };
}

/** Some may be throttled, and the others kept. @throws as `putRecord` where it concerns all */
export async function putRecords(
  context: StreamsContext,
  ref: StreamRef,
  records: readonly NewRecord[],
  options: PutOptions = {},
): Promise<{ readonly results: readonly PutResult[]; readonly stream: Stream }> {
  const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
  if (bytes > MAX_REQUEST_BYTES) throw invalid("Records size exceeds 10 MB limit");
  const { stream } = await context.store.usable(ref);
  return { results: await put(context, ref, records, options), stream };
}

async function put(
  context: StreamsContext,
  ref: StreamRef,
  records: readonly NewRecord[],
  options: PutOptions,
): Promise<PutResult[]> {
  const known = await context.store.usable(ref);
  const hashes = records.map((record) => hashOf(known.stream, record));
  if (options.dryRun) throw dryRun();
  const results: (PutResult | undefined)[] = records.map((record, index) =>
    throttled(context, known, shardFor(known, hashes[index] ?? ""), record),
  );
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const left = [...records.keys()].filter((index) => results[index] === undefined);
    if (left.length === 0) break;
    const current = await context.store.usable(ref);
    const placed = left.map((index) => shardFor(current, hashes[index] ?? ""));
    const numbers = await context.shards.append(
      left.map((index, at) => stored(current.stream, placed[at], records[index])),
      context.clock.now(),
    );
    for (const [at, index] of left.entries()) {
      const number = numbers[at];
      const { number: shard = 0 } = placed[at] ?? {};
      if (number !== undefined)
        results[index] = {
          shardId: shardId(shard),
          sequenceNumber: sequenceNumber(current.stream.created, shard, number),
        };
    }
    // A shard was sealed, and its children are not known yet: they are once its change has come to its end.
    if (results.includes(undefined)) await context.settled(ref);
  }
  return results.map(
    (result) => result ?? { throttled: "Shards of the stream are being changed." },
  );
}

function stored(stream: Stream, shard: StreamShard | undefined, record: NewRecord | undefined) {
  return {
    shard: logOf(stream, shard?.number ?? 0),
    body: record?.data ?? new Uint8Array(),
    attributes: record?.partitionKey ?? "",
  };
}

function shardFor({ open }: KnownStream, hash: string): StreamShard {
  const shard = open[rangeOf(open, hash)];
  if (!shard) throw new TypeError("a stream has no open shard");
  return shard;
}

/** Kinesis counts a record's data and its partition key. */
function throttled(
  { throughput, writes }: StreamsContext,
  { stream }: KnownStream,
  { number }: StreamShard,
  record: NewRecord,
): PutResult | undefined {
  if (!throughput || stream.mode === "ON_DEMAND") return undefined;
  if (writes.take(logOf(stream, number), sizeOf(record))) return undefined;
  const { name, account } = stream;
  return {
    throttled: `Rate exceeded for shard ${shardId(number)} in stream ${name} under account ${account}.`,
  };
}

/** Where the record goes. @throws YunqueError where it cannot be one of the stream */
function hashOf(stream: Stream, record: NewRecord): string {
  const { partitionKey, explicitHashKey } = record;
  if (sizeOf(record) > stream.maxRecordKiB * 1024)
    throw invalid(
      `Record size of ${sizeOf(record)} bytes exceeds the maximum record size of ${stream.maxRecordKiB} KiB of stream ${stream.name} under account ${stream.account}.`,
    );
  if (explicitHashKey !== undefined) {
    const hash = hashOfNumber(explicitHashKey);
    if (hash === undefined)
      throw invalid(
        `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${explicitHashKey}`,
      );
    return hash;
  }
  if (partitionKey !== undefined) return hashOfKey(partitionKey);
  if (stream.distribution === "AUTO") return randomBytes(16).toString("hex");
  throw streamError(
    "StreamRequestInvalid",
    "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null",
  );
}

function checkOrdering({ clock }: StreamsContext, stream: Stream, after: string): void {
  const sequence = parseSequenceNumber(after);
  if (sequence === undefined || sequence.created > clock.now())
    throw invalid(
      `ExclusiveMinimumSequenceNumber ${after} used in PutRecord on stream ${stream.name} under account ${stream.account} is invalid.`,
    );
}

const sizeOf = ({ data, partitionKey = "" }: NewRecord): number =>
  data.length + Buffer.byteLength(partitionKey);
