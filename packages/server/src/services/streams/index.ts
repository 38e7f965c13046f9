/** Kinesis Data Streams: records in order, in shards, kept for a while. The folder's only door. */
import type { StreamShard } from "../../domain/resharding.ts";
import type { Scope } from "../../domain/scope.ts";
import {
  type ConsumerRef,
  deregisterConsumer,
  findConsumer,
  type KnownConsumer,
  listConsumers,
  registerConsumer,
} from "./consumers.ts";
import type { StreamsContext, StreamsDependencies } from "./context.ts";
import { createStream, deleteStream, type NewStream, removeOrphans } from "./lifecycle.ts";
import {
  listShards,
  listStreams,
  openShardToken,
  type Page,
  type ShardListing,
} from "./listing.ts";
import type { Consumer, Stream, StreamRef } from "./model.ts";
import { scopesWithStreams } from "./names.ts";
import { type Position, placeOf, shardNamed } from "./positions.ts";
import {
  type NewRecord,
  type Placed,
  type PutOptions,
  type PutResult,
  putRecord,
  putRecords,
} from "./putting.ts";
import { getIterator, getRecords, type RecordsPage, readShard, type ShardPage } from "./reading.ts";
import { mergeShards, splitShard, updateShardCount } from "./resharding.ts";
import type { ResourceRef } from "./resources.ts";
import { Retention } from "./retention.ts";
import * as settings from "./settings.ts";
import { Settling } from "./settling.ts";
import { StreamStore } from "./store.ts";
import { type ShardEvent, Subscriptions } from "./subscriptions.ts";
import { READ_RATE, Throughput, WRITE_RATE } from "./throughput.ts";
import { silent } from "./waiting.ts";

export type { ConsumerRef, KnownConsumer } from "./consumers.ts";
export type { StreamsDependencies } from "./context.ts";
export { STREAM_ERRORS, type StreamErrorCode } from "./errors.ts";
export { type NewStream, ON_DEMAND_LIMIT, SHARD_LIMIT } from "./lifecycle.ts";
export type { Page, ShardFilter } from "./listing.ts";
export type { Consumer, DataRecord, Stream, StreamRef } from "./model.ts";
export {
  consumerArn,
  parseSequenceNumber,
  parseStreamArn,
  sequenceNumber,
  sequenceRange,
  shardId,
  streamArn,
} from "./names.ts";
export type { Position } from "./positions.ts";
export type { NewRecord, Placed, PutResult } from "./putting.ts";
export type { RecordsPage, ShardPage } from "./reading.ts";
export { parseResourceArn, type ResourceRef } from "./resources.ts";
export type { ShardEvent } from "./subscriptions.ts";

export interface InsideRead {
  readonly after: number;
  readonly limit: number;
  readonly maxBytes: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface ShardPlace {
  readonly stream: Stream;
  readonly shard: number;
  readonly after: number;
}

export interface Streams {
  create(scope: Scope, stream: NewStream): Promise<void>;
  /** `enforceConsumerDeletion`: its consumers go with it. */
  delete(ref: StreamRef, enforceConsumerDeletion?: boolean): Promise<void>;
  /** @throws YunqueError StreamNotFound */
  get(ref: StreamRef): Promise<Stream>;
  find(ref: StreamRef): Promise<Stream | undefined>;
  list(
    scope: Scope,
    options: {
      readonly after?: string | undefined;
      readonly token?: string | undefined;
      readonly limit?: number | undefined;
    },
  ): Promise<Page<Stream>>;
  listShards(ref: StreamRef, options: ShardListing): Promise<Page<StreamShard>>;
  /** The next page of a listing of shards. */
  listMoreShards(
    scope: Scope,
    token: string,
    limit?: number,
  ): Promise<Page<StreamShard> & { readonly ref: StreamRef }>;
  limits(scope: Scope): ReturnType<typeof settings.limitsOf>;

  put(
    ref: StreamRef,
    record: NewRecord,
    options?: PutOptions,
  ): Promise<{ readonly placed: Placed; readonly stream: Stream }>;
  putMany(
    ref: StreamRef,
    records: readonly NewRecord[],
    options?: PutOptions,
  ): Promise<{ readonly results: readonly PutResult[]; readonly stream: Stream }>;
  iterator(
    ref: StreamRef,
    shardId: string,
    position: Position,
    options?: { readonly dryRun?: boolean | undefined },
  ): Promise<string>;
  records(
    iterator: string,
    options?: { readonly limit?: number | undefined; readonly dryRun?: boolean | undefined },
  ): Promise<RecordsPage>;
  subscribe(
    consumer: ResourceRef,
    shardId: string,
    position: Position,
    options: { readonly signal: AbortSignal; readonly dryRun?: boolean | undefined },
  ): Promise<AsyncGenerator<ShardEvent>>;

  split(ref: StreamRef, shardId: string, newStartingHashKey: string): Promise<void>;
  merge(ref: StreamRef, shardIds: readonly [string, string]): Promise<void>;
  /** Answers how many open shards there were. */
  scale(ref: StreamRef, target: number): Promise<number>;

  changeRetention(ref: StreamRef, hours: number, direction: "increase" | "decrease"): Promise<void>;
  changeMode(ref: StreamRef, mode: Stream["mode"]): Promise<void>;
  changeMaxRecord(ref: StreamRef, kib: number): Promise<void>;
  changeDistribution(ref: StreamRef, distribution: Stream["distribution"]): Promise<void>;
  changeEncryption(ref: StreamRef, keyId: string | undefined): Promise<void>;
  changeMonitoring(
    ref: StreamRef,
    metrics: readonly string[],
    enable: boolean,
  ): ReturnType<typeof settings.changeMonitoring>;
  tags(resource: ResourceRef): Promise<Readonly<Record<string, string>>>;
  changeTags(
    resource: ResourceRef,
    change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
  ): Promise<void>;
  policy(resource: ResourceRef): Promise<string>;
  changePolicy(resource: ResourceRef, policy: string | undefined): Promise<void>;

  registerConsumer(
    ref: StreamRef,
    name: string,
    tags?: Readonly<Record<string, string>>,
  ): Promise<KnownConsumer>;
  consumer(ref: ConsumerRef): Promise<KnownConsumer>;
  deregisterConsumer(ref: ConsumerRef): Promise<void>;
  consumers(
    ref: StreamRef,
    options: { readonly token?: string | undefined; readonly limit?: number | undefined },
  ): Promise<Page<Consumer> & { readonly stream: Stream }>;

  /** For readers of our own: no throughput is counted. @throws YunqueError StreamNotFound */
  readonly inside: {
    place(ref: StreamRef, shardId: string, position: Position): Promise<ShardPlace>;
    /** Waits for the first record for `waitMs` at most, or until the signal is aborted. */
    read(ref: StreamRef, shardId: string, options: InsideRead): Promise<ShardPage>;
    /** Calls back after the stream has changed, or is gone. Returns the function that ends it. */
    watch(ref: StreamRef, listener: () => void): () => void;
  };

  /** Brings to its end what an earlier life of the platform left half way. */
  start(): Promise<void>;
  /** Ends subscriptions and what goes on in the background. */
  close(): Promise<void>;
}

export function createStreams(dependencies: StreamsDependencies): Streams {
  const { clock, records } = dependencies;
  const store = new StreamStore(records);
  const context: StreamsContext = {
    ...dependencies,
    store,
    writes: new Throughput(clock, WRITE_RATE),
    reads: new Throughput(clock, READ_RATE),
    settle: (ref) => {
      settling.start(ref);
      retention.start();
    },
    settled: (ref) => settling.done(ref),
  };
  const settling = new Settling(context);
  const retention = new Retention(context);
  const subscriptions = new Subscriptions(context);

  return {
    create: (scope, stream) => createStream(context, scope, stream),
    delete: (ref, enforce) => deleteStream(context, ref, enforce),
    get: async (ref) => (await store.get(ref)).stream,
    find: async (ref) => (await store.find(ref))?.stream,
    list: (scope, options) => listStreams(context, scope, options),
    listShards: (ref, options) => listShards(context, ref, options),
    async listMoreShards(scope, token, limit) {
      const { ref, after, filter } = openShardToken(context, scope, token);
      return { ...(await listShards(context, ref, { limit, filter }, after)), ref };
    },
    limits: (scope) => settings.limitsOf(context, scope),
    put: (ref, record, options) => putRecord(context, ref, record, options),
    putMany: (ref, many, options) => putRecords(context, ref, many, options),
    iterator: (ref, id, position, options) => getIterator(context, ref, id, position, options),
    records: (iterator, options) => getRecords(context, iterator, options),
    subscribe: (ref, id, position, options) => subscriptions.subscribe(ref, id, position, options),
    split: (ref, id, hashKey) => splitShard(context, ref, id, hashKey),
    merge: (ref, ids) => mergeShards(context, ref, ids),
    scale: (ref, target) => updateShardCount(context, ref, target),
    changeRetention: (ref, hours, direction) =>
      settings.changeRetention(context, ref, hours, direction),
    changeMode: (ref, mode) => settings.changeMode(context, ref, mode),
    changeMaxRecord: (ref, kib) => settings.changeMaxRecord(context, ref, kib),
    changeDistribution: (ref, distribution) =>
      settings.changeDistribution(context, ref, distribution),
    changeEncryption: (ref, keyId) => settings.changeEncryption(context, ref, keyId),
    changeMonitoring: (ref, metrics, enable) =>
      settings.changeMonitoring(context, ref, metrics, enable),
    tags: (resource) => settings.tagsOf(context, resource),
    changeTags: (resource, change) => settings.changeTags(context, resource, change),
    policy: (resource) => settings.policyOf(context, resource),
    changePolicy: (resource, policy) => settings.changePolicy(context, resource, policy),
    registerConsumer: (ref, name, tags) => registerConsumer(context, ref, name, tags),
    consumer: (ref) => findConsumer(context, ref),
    deregisterConsumer: (ref) => deregisterConsumer(context, ref),
    consumers: (ref, options) => listConsumers(context, ref, options),
    inside: {
      async place(ref, id, position) {
        const known = await store.readable(ref);
        const shard = shardNamed(known, id);
        const after = await placeOf(context, known, shard, position);
        return { stream: known.stream, shard: shard.number, after };
      },
      async read(ref, id, { waitMs, signal, ...options }) {
        const look = async () => {
          const known = await store.readable(ref);
          return readShard(context, known, shardNamed(known, id), options);
        };
        const page = await look();
        if (page.records.length > 0 || page.children || waitMs === 0) return page;
        const { number } = shardNamed(await store.readable(ref), id);
        const none = await silent(context, page.stream, number, page.after, waitMs, signal);
        return none || signal.aborted ? page : look();
      },
      watch: (ref, listener) => store.onChange(ref, listener),
    },
    async start() {
      for (const scope of scopesWithStreams(await records.spaces("")))
        for (const stream of await store.list(scope)) {
          retention.start();
          if (stream.status !== "ACTIVE") settling.start(stream);
        }
      await removeOrphans(context);
    },
    async close() {
      subscriptions.close();
      await Promise.all([settling.close(), retention.close()]);
      store.close();
    },
  };
}
