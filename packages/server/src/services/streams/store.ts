/** Reading and changing streams. What is read often is kept at hand until somebody changes it. */
import { openShards, type StreamShard } from "../../domain/resharding.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { RecordConflict, type Records } from "../../ports/records.ts";
import { inUse, notFound } from "./errors.ts";
import type { Stream, StreamRef } from "./model.ts";
import { streamsSpace } from "./names.ts";

/** A stream with what is made of it once. */
export interface KnownStream {
  readonly stream: Stream;
  /** In order of their ranges. */
  readonly open: readonly StreamShard[];
  readonly byNumber: ReadonlyMap<number, StreamShard>;
}

/** So many changes of one stream that collide in a row: the caller tries again later. */
const MAX_ATTEMPTS = 50;
const REMEMBERED = 10_000;

export class StreamStore {
  readonly #records: Records;
  readonly #known = new Map<string, KnownStream>();
  readonly #watched = new Map<string, () => void>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Counts changes: what was read before one is not kept after it. */
  #changes = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Undefined: there is no such stream, or it is being made. */
  async find(ref: StreamRef): Promise<KnownStream | undefined> {
    const key = keyOf(ref);
    const known = this.#known.get(key);
    if (known) return known;
    const space = streamsSpace(ref);
    this.#watch(ref, space);
    const changes = this.#changes;
    const found = await this.#records.get<Stream>(space, ref.name);
    if (!found) return undefined;
    const { value: stream } = found;
    const read = {
      stream,
      open: openShards(stream.shards),
      byNumber: new Map(stream.shards.map((shard) => [shard.number, shard])),
    };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    if (changes === this.#changes) this.#known.set(key, read);
    return read;
  }

  /** @throws YunqueError StreamNotFound */
  async get(ref: StreamRef): Promise<KnownStream> {
    const found = await this.find(ref);
    if (!found) throw noStream(ref);
    return found;
  }

  /** One that holds records. @throws YunqueError StreamNotFound */
  async usable(ref: StreamRef): Promise<KnownStream> {
    const found = await this.get(ref);
    if (found.stream.status === "CREATING" || found.stream.status === "DELETING")
      throw noStream(ref);
    return found;
  }

  /** One that is not being deleted: readers inside of the platform may come before it is ACTIVE. */
  async readable(ref: StreamRef): Promise<KnownStream> {
    const found = await this.get(ref);
    if (found.stream.status === "DELETING") throw noStream(ref);
    return found;
  }

  /** All streams of a scope, in order of their names. */
  async list(scope: Scope): Promise<Stream[]> {
    return (await everyRecord<Stream>(this.#records, streamsSpace(scope))).map(
      ({ value }) => value,
    );
  }

  /** @throws RecordConflict where there is one of the name */
  async create(stream: Stream): Promise<void> {
    const space = streamsSpace(stream);
    await this.#records.commit([{ put: stream, space, id: stream.name, expect: 0 }]);
    this.#forget(stream);
  }

  /**
   * Lets `decide` say what the stream becomes (undefined: it stays) and commits it; decides again where somebody else's
   * change came first. @throws YunqueError StreamNotFound
   */
  async edit(
    ref: StreamRef,
    decide: (stream: Stream) => Stream | undefined,
  ): Promise<{ readonly before: Stream; readonly after: Stream }> {
    const space = streamsSpace(ref);
    for (let attempt = 1; ; attempt++) {
      const found = await this.#records.get<Stream>(space, ref.name);
      if (!found) throw noStream(ref);
      const { value: before, revision: expect } = found;
      const after = decide(before);
      if (after === undefined) return { before, after: before };
      try {
        await this.#records.commit([{ put: after, space, id: ref.name, expect }]);
        this.#forget(ref);
        return { before, after };
      } catch (error) {
        if (!(error instanceof RecordConflict)) throw error;
        if (attempt === MAX_ATTEMPTS)
          throw inUse(`Stream ${ref.name} under account ${ref.account} is changed too often.`);
      }
    }
  }

  /** Removes this stream, and no other of its name. */
  async remove({ created, ...ref }: StreamRef & { readonly created: number }): Promise<void> {
    const space = streamsSpace(ref);
    const found = await this.#records.get<Stream>(space, ref.name);
    if (found?.value.created !== created) return;
    const expect = found.revision;
    await this.#records.commit([{ delete: true, space, id: ref.name, expect }]);
    this.#forget(ref);
  }

  /** Calls back after the stream has changed, or is gone. Returns the function that ends it. */
  onChange(ref: StreamRef, listener: () => void): () => void {
    this.#watch(ref, streamsSpace(ref));
    const key = keyOf(ref);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  close(): void {
    for (const stop of this.#watched.values()) stop();
    this.#watched.clear();
    this.#listeners.clear();
  }

  #watch({ account, region }: Scope, space: string): void {
    if (this.#watched.has(space)) return;
    const stop = this.#records.watch(space, (names) => {
      for (const name of names) {
        const ref = { account, region, name };
        this.#forget(ref);
        for (const listener of [...(this.#listeners.get(keyOf(ref)) ?? [])]) listener();
      }
    });
    this.#watched.set(space, stop);
  }

  #forget(ref: StreamRef): void {
    this.#changes++;
    this.#known.delete(keyOf(ref));
  }
}

export const noStream = ({ name, account }: StreamRef) =>
  notFound(`Stream ${name} under account ${account} not found.`);

export const noShard = ({ name, account }: StreamRef, shard: string) =>
  notFound(`Could not find shard ${shard} in stream ${name} under account ${account}.`);

const keyOf = ({ account, region, name }: StreamRef): string => `${account}/${region}/${name}`;
