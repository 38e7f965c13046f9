/** Listings of streams, shards and consumers. */
import type { StreamShard } from "../../domain/resharding.ts";
import type { Scope } from "../../domain/scope.ts";
import type { StreamsContext } from "./context.ts";
import { invalid, streamError } from "./errors.ts";
import type { Stream, StreamRef } from "./model.ts";
import { shardNumber } from "./names.ts";
import { horizon } from "./positions.ts";
import { noShard } from "./store.ts";

/** Kinesis: a token is good for so long. */
const TOKEN_MS = 300_000;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where more follow. */
  readonly token?: string;
  readonly more: boolean;
}

/** In order of their names, behind the one named. */
export async function listStreams(
  { store, clock }: StreamsContext,
  scope: Scope,
  options: {
    readonly after?: string | undefined;
    readonly token?: string | undefined;
    readonly limit?: number | undefined;
  },
): Promise<Page<Stream>> {
  const after =
    options.token === undefined
      ? options.after
      : openToken("streams", scope, options.token, clock.now())[0];
  const all = await store.list(scope);
  return pageOf(
    all.filter(({ name }) => after === undefined || name > after),
    options.limit ?? 100,
    ({ name }) => sealToken("streams", scope, [name], clock.now()),
  );
}

export type ShardFilter =
  | { readonly type: "AFTER_SHARD_ID"; readonly shardId: string }
  | { readonly type: "AT_TRIM_HORIZON" | "FROM_TRIM_HORIZON" | "AT_LATEST" }
  | { readonly type: "AT_TIMESTAMP" | "FROM_TIMESTAMP"; readonly timestamp: number };

export interface ShardListing {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly filter?: ShardFilter | undefined;
}

/** What a token of a listing of shards stands for. @throws YunqueError StreamArgumentInvalid, StreamTokenExpired */
export function openShardToken(
  { clock }: StreamsContext,
  scope: Scope,
  token: string,
): { readonly ref: StreamRef; readonly after: number; readonly filter: ShardFilter | undefined } {
  const [name = "", after = "", ...filter] = openToken("shards", scope, token, clock.now());
  return {
    ref: { account: scope.account, region: scope.region, name },
    after: Number(after),
    filter: filterOf(filter),
  };
}

const fieldsOfFilter = (filter: ShardFilter | undefined): string[] => {
  if (filter === undefined) return [];
  if (filter.type === "AFTER_SHARD_ID") return [filter.type, filter.shardId];
  return "timestamp" in filter ? [filter.type, String(filter.timestamp)] : [filter.type];
};

function filterOf([type, value = ""]: readonly string[]): ShardFilter | undefined {
  switch (type) {
    case "AFTER_SHARD_ID":
      return { type, shardId: value };
    case "AT_TRIM_HORIZON":
    case "FROM_TRIM_HORIZON":
    case "AT_LATEST":
      return { type };
    case "AT_TIMESTAMP":
    case "FROM_TIMESTAMP":
      return { type, timestamp: Number(value) };
    default:
      return undefined;
  }
}

/** `behind`: a shard's number, in place of `after`. */
export async function listShards(
  context: StreamsContext,
  ref: StreamRef,
  { after, limit = 1000, filter }: ShardListing,
  behind?: number,
): Promise<Page<StreamShard>> {
  const { stream } = await context.store.get(ref);
  const now = context.clock.now();
  const from = behind ?? (after === undefined ? -1 : numberOf(stream, after));
  const found = stream.shards.filter(
    (shard) => shard.number > from && fits(stream, shard, filter, now),
  );
  return pageOf(found, limit, ({ number }) =>
    sealToken("shards", ref, [ref.name, String(number), ...fieldsOfFilter(filter)], now),
  );
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html */
function fits(
  stream: Stream,
  { number, openedAt, closed }: StreamShard,
  filter: ShardFilter | undefined,
  now: number,
): boolean {
  const closedAt = closed?.at ?? Number.POSITIVE_INFINITY;
  const oldest = Math.max(stream.created, horizon(stream, now));
  switch (filter?.type) {
    case undefined:
      return true;
    case "AFTER_SHARD_ID":
      return number > numberOf(stream, filter.shardId);
    case "AT_LATEST":
      return closed === undefined;
    case "AT_TRIM_HORIZON":
      return openedAt <= oldest && closedAt > oldest;
    case "FROM_TRIM_HORIZON":
      return closedAt > oldest;
    case "AT_TIMESTAMP":
      return openedAt <= filter.timestamp && closedAt > filter.timestamp;
    case "FROM_TIMESTAMP":
      return closedAt > filter.timestamp;
  }
}

function numberOf(stream: Stream, id: string): number {
  const number = shardNumber(id);
  if (number === undefined) throw noShard(stream, id);
  return number;
}

/** So many of the items, and a token behind the last where more follow. */
export function pageOf<Item>(
  items: readonly Item[],
  limit: number,
  seal: (last: Item) => string,
): Page<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const more = items.length > page.length;
  return { items: page, more, ...(more && last !== undefined ? { token: seal(last) } : {}) };
}

export function sealToken(
  kind: string,
  { account, region }: Scope,
  fields: readonly string[],
  now: number,
): string {
  const text = JSON.stringify([kind, account, region, now, ...fields]);
  return Buffer.from(text).toString("base64");
}

/** The fields of a token of this listing. @throws YunqueError StreamArgumentInvalid, StreamTokenExpired */
export function openToken(
  kind: string,
  { account, region }: Scope,
  token: string,
  now: number,
): string[] {
  const [of, owner, place, since, ...fields] = fieldsOf(token);
  const ours = of === kind && owner === account && place === region && typeof since === "number";
  const texts = fields.every((field) => typeof field === "string");
  const text = JSON.stringify([of, owner, place, since, ...fields]);
  if (!ours || !texts || Buffer.from(text).toString("base64") !== token)
    throw invalid("NextToken is invalid.");
  if (now - since > TOKEN_MS)
    throw streamError(
      "StreamTokenExpired",
      `NextToken expired. It was created more than ${TOKEN_MS} milliseconds ago.`,
    );
  return fields.map(String);
}

function fieldsOf(token: string): unknown[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}
