/** ARNs, ids and numbers of streams, shards, consumers and records, and where they lie. */
import type { StreamShard } from "../../domain/resharding.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Consumer, Stream, StreamRef } from "./model.ts";

/** id: the stream's name. Stream. */
export const streamsSpace = ({ account, region }: Scope): string => `${account}/${region}/streams`;

/** The scopes that have streams, of all the spaces there are. */
export function scopesWithStreams(spaces: readonly string[]): Scope[] {
  return spaces.flatMap((space) => {
    const [account, region, kind, ...more] = space.split("/");
    return account !== undefined && region !== undefined && kind === "streams" && more.length === 0
      ? [{ account, region }]
      : [];
  });
}

const LOGS = "stream-shards";

/** Where the records of a stream lie; a stream that is made again has others. */
export const logsOf = ({ account, region, name, created }: Stream): string =>
  `${account}/${region}/${LOGS}/${name}/${created}/`;

export const logOf = (stream: Stream, shard: number): string => `${logsOf(stream)}${shard}`;

/** Whose log this is; undefined where it is none of a stream. */
export function ownerOfLog(
  log: string,
): { readonly ref: StreamRef; readonly created: number; readonly shard: number } | undefined {
  const [account, region, kind, name, created, shard] = log.split("/");
  if (account === undefined || region === undefined || name === undefined) return undefined;
  const ref = { account, region, name };
  return kind === LOGS ? { ref, created: Number(created), shard: Number(shard) } : undefined;
}

export const streamArn = ({ account, region, name }: StreamRef): string =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;

/** The stream that an ARN names; undefined where it names none. */
export function parseStreamArn(arn: string): StreamRef | undefined {
  const match =
    /^arn:aws[a-z-]*:kinesis:([a-z0-9-]{1,32}):(\d{12}):stream\/([a-zA-Z0-9_.-]{1,128})$/.exec(arn);
  const [, region, account, name] = match ?? [];
  return region === undefined || account === undefined || name === undefined
    ? undefined
    : { account, region, name };
}

export const consumerArn = (stream: StreamRef, { name, created }: Consumer): string =>
  `${streamArn(stream)}/consumer/${name}:${Math.floor(created / 1000)}`;

/** The consumer that an ARN names, and the whole ARN. */
export function parseConsumerArn(
  arn: string,
): { readonly stream: StreamRef; readonly name: string } | undefined {
  const match = /^(.*)\/consumer\/([a-zA-Z0-9_.-]{1,128}):\d{1,15}$/.exec(arn);
  const stream = parseStreamArn(match?.[1] ?? "");
  const name = match?.[2];
  return stream === undefined || name === undefined ? undefined : { stream, name };
}

export const shardId = (number: number): string => `shardId-${String(number).padStart(12, "0")}`;

/** Kinesis takes any number behind the last hyphen, or a number alone. */
export function shardNumber(id: string): number | undefined {
  const digits = /^(?:[a-zA-Z0-9_.]*-)?(\d{1,12})$/.exec(id)?.[1];
  const number = Number(digits);
  return digits !== undefined && number < 2 ** 31 ? number : undefined;
}

/**
 * AWS's are numbers of 56 digits, and so are these, in which a later shard has greater ones: 49, when the stream was made
 * (14 digits), the shard (12), and the place in it (28).
 */
export const sequenceNumber = (created: number, shard: number, place: number): string =>
  `49${digits(created, 14)}${digits(shard, 12)}${digits(place, 28)}`;

export interface Sequence {
  readonly created: number;
  readonly shard: number;
  readonly place: number;
}

/** Undefined where it is none of ours. */
export function parseSequenceNumber(text: string): Sequence | undefined {
  const match = /^49(\d{14})(\d{12})(\d{28})$/.exec(text);
  const [created = 0, shard = 0, place = 0] = (match ?? []).slice(1).map(Number);
  return match && Number.isSafeInteger(place) ? { created, shard, place } : undefined;
}

/** The first number that a shard could give, and the last one it did once it is closed. */
export const sequenceRange = ({ created }: Stream, { number, closed }: StreamShard) => ({
  first: sequenceNumber(created, number, 0),
  ...(closed ? { last: sequenceNumber(created, number, closed.last + 1) } : {}),
});

const digits = (value: number, count: number): string => String(value).padStart(count, "0");
