/** Places in shards, as clients name them: by iterators, sequence numbers and times. */
import type { StreamShard } from "../../domain/resharding.ts";
import type { StreamsContext } from "./context.ts";
import { invalid, notFound, streamError } from "./errors.ts";
import type { Stream, StreamRef } from "./model.ts";
import { logOf, parseSequenceNumber, shardId, shardNumber } from "./names.ts";
import { type KnownStream, noShard } from "./store.ts";

/** Kinesis: an iterator is good for so long. */
export const ITERATOR_MS = 300_000;
const HOUR_MS = 3_600_000;

export type PositionType =
  | "AT_SEQUENCE_NUMBER"
  | "AFTER_SEQUENCE_NUMBER"
  | "TRIM_HORIZON"
  | "LATEST"
  | "AT_TIMESTAMP";

export interface Position {
  readonly type: PositionType;
  readonly sequenceNumber?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number | undefined;
}

/** Where a reader is: behind this record of this shard. */
export interface Place {
  readonly ref: StreamRef;
  readonly created: number;
  readonly shard: number;
  readonly after: number;
}

/** The shard that a client names. @throws YunqueError StreamNotFound */
export function shardNamed({ stream, byNumber }: KnownStream, id: string): StreamShard {
  const number = shardNumber(id);
  const shard = number === undefined ? undefined : byNumber.get(number);
  if (shard) return shard;
  if (number === undefined) throw noShard(stream, id);
  throw notFound(
    `Shard ${shardId(number)} in stream ${stream.name} under account ${stream.account} does not exist`,
  );
}

/** What a shard has kept for longer than its stream's retention is not shown, even where it is still there. */
export const horizon = ({ retentionHours }: Stream, now: number): number =>
  Math.max(0, now - retentionHours * HOUR_MS);

/** The place behind which the position begins. `call`: who asks, for AWS's words. */
export async function placeOf(
  { shards, clock }: StreamsContext,
  { stream }: KnownStream,
  shard: StreamShard,
  position: Position,
  call = "GetShardIterator",
): Promise<number> {
  const log = logOf(stream, shard.number);
  const { type, timestamp } = position;
  checkPosition(position);
  switch (type) {
    case "TRIM_HORIZON":
      return 0;
    case "LATEST":
      return (await shards.describe(log))?.last ?? 0;
    case "AT_TIMESTAMP": {
      const now = clock.now();
      const time = Math.floor(timestamp ?? 0);
      if (time > now)
        throw invalid(
          `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${time}, currentTimestampInMillis: ${now}`,
        );
      return shards.placeAt(log, Math.max(0, time));
    }
    default: {
      const place = numberedPlace(stream, shard, position.sequenceNumber ?? "", call);
      return type === "AT_SEQUENCE_NUMBER" ? Math.max(0, place - 1) : place;
    }
  }
}

function checkPosition({ type, sequenceNumber, timestamp }: Position): void {
  const numbered = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  if (numbered !== (sequenceNumber !== undefined))
    throw invalid(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${numbered ? "no" : "also a"} StartingSequenceNumber.`,
    );
  if (type === "AT_TIMESTAMP" && timestamp === undefined)
    throw invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.");
  if (type !== "AT_TIMESTAMP" && timestamp !== undefined)
    throw invalid(`Must not specify timestampInMillis parameter for iterator of type ${type}.`);
}

function numberedPlace(
  { name, account, created }: Stream,
  { number }: StreamShard,
  text: string,
  call: string,
): number {
  const sequence = parseSequenceNumber(text);
  const where = `StartingSequenceNumber ${text} used in ${call} on shard ${shardId(number)} in stream ${name} under account ${account} is invalid`;
  if (sequence === undefined) throw invalid(`${where}.`);
  if (sequence.created !== created)
    throw invalid(`${where} because it did not come from this stream.`);
  if (sequence.shard !== number)
    throw invalid(
      `Invalid StartingSequenceNumber. It encodes ${shardId(sequence.shard)}, while it was used in a call to a shard with ${shardId(number)}`,
    );
  return sequence.place;
}

/** An iterator is opaque to clients. It says where they are, and since when. */
export function sealIterator({ ref, created, shard, after }: Place, now: number): string {
  const { account, region, name } = ref;
  return Buffer.from(
    JSON.stringify([1, account, region, name, created, shard, after, now]),
  ).toString("base64");
}

/** @throws YunqueError StreamArgumentInvalid, StreamIteratorExpired */
export function openIterator(iterator: string, now: number): Place {
  const fields = fieldsOf(iterator);
  const [version, account, region, name, ...numbers] = fields;
  const [created = -1, shard = -1, after = -1, since = -1] = numbers.map(Number);
  const whole = numbers.every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
  const texts = [account, region, name].every((text) => typeof text === "string");
  if (version !== 1 || fields.length !== 8 || !whole || !texts || since > now + ITERATOR_MS)
    throw invalid("Invalid ShardIterator.");
  if (now - since > ITERATOR_MS)
    throw streamError(
      "StreamIteratorExpired",
      `Iterator expired. The iterator was created at time ${javaDate(since)} while right now it is ${javaDate(now)} which is further in the future than the tolerated delay of ${ITERATOR_MS} milliseconds.`,
    );
  const ref = { account: String(account), region: String(region), name: String(name) };
  if (!isRef(ref)) throw invalid("Invalid ShardIterator.");
  return { ref, created, shard, after };
}

function fieldsOf(iterator: string): unknown[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(iterator, "base64").toString("utf8"));
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}

/** They become names of records. */
const isRef = ({ account, region, name }: StreamRef): boolean =>
  /^\d{12}$/.test(account) &&
  /^[a-z0-9][a-z0-9-]{0,31}$/.test(region) &&
  /^[a-zA-Z0-9_.-]{1,128}$/.test(name);

/** `Thu Jan 22 01:22:02 UTC 2015` */
function javaDate(time: number): string {
  const [day = "", date, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day.slice(0, 3)} ${month} ${date} ${clock} UTC ${year}`;
}
