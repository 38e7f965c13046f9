/** Reading shards, page by page. */
import type { StreamShard } from "../../domain/resharding.ts";
import type { StreamsContext } from "./context.ts";
import { dryRun, notFound, streamError } from "./errors.ts";
import type { DataRecord, Stream, StreamRef } from "./model.ts";
import { logOf, sequenceNumber, shardId } from "./names.ts";
import {
  horizon,
  openIterator,
  type Place,
  type Position,
  placeOf,
  sealIterator,
  shardNamed,
} from "./positions.ts";
import type { KnownStream } from "./store.ts";

/** Kinesis: GetRecords answers at most so much. */
export const MAX_PAGE_RECORDS = 10_000;
const MAX_PAGE_BYTES = 10 << 20;

export interface ShardPage {
  readonly stream: Stream;
  readonly records: readonly DataRecord[];
  /** The place behind these. */
  readonly after: number;
  /** How far the last of these lies behind the shard's end, in time; 0 at its end. */
  readonly behindMs: number;
  /** Those that go on where a closed shard ends; absent where it has not ended. */
  readonly children?: readonly StreamShard[];
}

export interface RecordsPage extends ShardPage {
  /** Absent at the end of a closed shard. */
  readonly iterator?: string;
}

/** @throws YunqueError StreamNotFound, StreamArgumentInvalid */
export async function getIterator(
  context: StreamsContext,
  ref: StreamRef,
  shard: string,
  position: Position,
  options: { readonly dryRun?: boolean | undefined } = {},
): Promise<string> {
  const known = await context.store.usable(ref);
  const found = shardNamed(known, shard);
  const after = await placeOf(context, known, found, position);
  if (options.dryRun) throw dryRun();
  return sealIterator(
    { ref, created: known.stream.created, shard: found.number, after },
    context.clock.now(),
  );
}

/** @throws YunqueError StreamNotFound, StreamArgumentInvalid, StreamIteratorExpired, StreamThroughputExceeded */
export async function getRecords(
  context: StreamsContext,
  iterator: string,
  options: { readonly limit?: number | undefined; readonly dryRun?: boolean | undefined } = {},
): Promise<RecordsPage> {
  const { clock, reads, throughput } = context;
  const place = openIterator(iterator, clock.now());
  const { known, shard } = await shardAt(context, place);
  if (options.dryRun) throw dryRun();
  const { name, account } = known.stream;
  const log = logOf(known.stream, shard.number);
  if (throughput && !reads.take(log, 0))
    throw streamError(
      "StreamThroughputExceeded",
      `Rate exceeded for shard ${shardId(shard.number)} in stream ${name} under account ${account}.`,
    );
  const page = await readShard(context, known, shard, {
    after: place.after,
    limit: options.limit ?? MAX_PAGE_RECORDS,
    maxBytes: MAX_PAGE_BYTES,
  });
  if (throughput) reads.use(log, sizeOf(page.records));
  if (page.children) return page;
  return { ...page, iterator: sealIterator({ ...place, after: page.after }, clock.now()) };
}

/** The shard in which a place lies. @throws YunqueError StreamNotFound */
async function shardAt(
  { store }: StreamsContext,
  { ref, created, shard }: Place,
): Promise<{ readonly known: KnownStream; readonly shard: StreamShard }> {
  const known = await store.find(ref);
  const found = known?.stream.created === created ? known.byNumber.get(shard) : undefined;
  if (!known || !found)
    throw notFound(
      `Shard ${shardId(shard)} in stream ${ref.name} under account ${ref.account} does not exist`,
    );
  return { known, shard: found };
}

/** What is behind a place, as far as it is not too old. */
export async function readShard(
  context: StreamsContext,
  { stream, byNumber }: KnownStream,
  shard: StreamShard,
  options: { readonly after: number; readonly limit: number; readonly maxBytes: number },
): Promise<ShardPage> {
  const { shards, clock } = context;
  const now = clock.now();
  const log = logOf(stream, shard.number);
  const oldest = horizon(stream, now);
  // Its end is looked at first: what comes meanwhile only makes the reader come again.
  const last = shard.closed?.last ?? (await shards.describe(log))?.last ?? 0;
  let found = await shards.read(log, options);
  if ((found[0]?.addedAt ?? oldest) < oldest)
    found = await shards.read(log, { ...options, after: await shards.placeAt(log, oldest) });
  const records = found.map(({ number, addedAt, body, attributes }) => ({
    sequenceNumber: sequenceNumber(stream.created, shard.number, number),
    arrivedAt: addedAt,
    data: body,
    ...(attributes === "" ? {} : { partitionKey: attributes }),
  }));
  const newest = found.at(-1);
  // An empty page is the end: what lay before it was trimmed.
  const after = newest?.number ?? Math.max(options.after, last);
  const ended = after >= last;
  return {
    stream,
    records,
    after,
    behindMs: ended ? 0 : Math.max(0, now - (newest?.addedAt ?? now)),
    ...(shard.closed && ended
      ? { children: [...byNumber.values()].filter(({ parents }) => parents.includes(shard.number)) }
      : {}),
  };
}

export const sizeOf = (records: readonly DataRecord[]): number =>
  records.reduce((sum, { data, partitionKey = "" }) => sum + data.length + partitionKey.length, 0);
