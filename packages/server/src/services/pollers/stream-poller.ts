/** Reads all shards of a stream: children once their parents are read to their ends. */
import { doubling } from "../../domain/backoff.ts";
import type { SourceShard, StreamSource } from "../../ports/event-sources.ts";
import { Bell, pause } from "./bell.ts";
import type { Poller, PollerContext } from "./context.ts";
import { Shard } from "./shard.ts";
import type { Checkpoints, ShardCheckpoint, StreamWork } from "./stream-work.ts";

const LONGEST_TROUBLE_MS = 30_000;
/** Shards change rarely, and whoever changes them says so; this is for what was missed. */
const RESCAN_MS = 60_000;

/** Fixes where the shards begin that are there now, unless that was done before. */
export async function placeShards(
  streams: StreamSource,
  { streamArn, start }: Pick<StreamWork<unknown>, "streamArn" | "start">,
  checkpoints: Checkpoints,
): Promise<void> {
  if ((await checkpoints.load()).size > 0) return;
  const shards = await streams.shards(streamArn);
  const places = new Map<string, ShardCheckpoint>();
  for (const { id } of shards) places.set(id, { after: await streams.place(streamArn, id, start) });
  if (places.size > 0) await checkpoints.save(places);
}

export class StreamPoller<Last> implements Poller {
  readonly #context: PollerContext;
  readonly #streams: StreamSource;
  readonly #work: StreamWork<Last>;
  readonly #checkpoints: Checkpoints;
  readonly #stopping = new AbortController();
  readonly #bell: Bell;
  readonly #running = new Map<string, Promise<void>>();
  readonly #ended: Promise<void>;
  #changed = true;
  #gone = false;

  constructor(
    context: PollerContext,
    streams: StreamSource,
    work: StreamWork<Last>,
    checkpoints: Checkpoints,
  ) {
    this.#context = context;
    this.#streams = streams;
    this.#checkpoints = checkpoints;
    this.#bell = new Bell(context.clock, this.#stopping.signal);
    this.#work = { ...work, gone: () => this.#over(work.gone) };
    this.#ended = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async close(graceMs: number): Promise<number> {
    await this.stop();
    const over = new AbortController();
    const all = Promise.all(this.#running.values()).then(() => over.abort());
    await Promise.race([all, pause(this.#context.clock, graceMs, over.signal)]);
    return this.#running.size;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#context;
    const change = () => {
      this.#changed = true;
      this.#bell.ring();
    };
    let unwatch = () => {};
    let watching = false;
    for (let troubles = 0; !signal.aborted; ) {
      try {
        if (!watching) {
          unwatch = this.#streams.watchShards(this.#work.streamArn, change);
          watching = true;
        }
        this.#changed = false;
        await this.#scan();
        troubles = 0;
        if (!this.#changed) await this.#bell.wait(RESCAN_MS);
      } catch (error) {
        if (signal.aborted) break;
        this.#work.trouble(error);
        await pause(clock, doubling(1000, troubles, LONGEST_TROUBLE_MS), signal);
        troubles += 1;
      }
    }
    unwatch();
  }

  /** Starts the shards that can be read, and forgets those that are no more. */
  async #scan(): Promise<void> {
    const { streamArn } = this.#work;
    await placeShards(this.#streams, this.#work, this.#checkpoints);
    const shards = await this.#streams.shards(streamArn);
    const known = await this.#checkpoints.load();
    const here = new Set(shards.map(({ id }) => id));
    const past = [...known.keys()].filter((id) => !here.has(id) && !this.#running.has(id));
    if (past.length > 0 && shards.length > 0)
      await this.#checkpoints.save(new Map(past.map((id) => [id, undefined])));
    const over = ({ id }: { id: string }) => !here.has(id) || known.get(id)?.ended === true;
    for (const shard of shards) {
      if (this.#stopping.signal.aborted) return;
      if (this.#running.has(shard.id) || known.get(shard.id)?.ended) continue;
      if (!shard.parents.every((id) => over({ id }))) continue;
      await this.#start(shard, known.get(shard.id));
    }
  }

  async #start({ id }: SourceShard, known: ShardCheckpoint | undefined): Promise<void> {
    const { streamArn } = this.#work;
    const from = known ?? {
      after: await this.#streams.place(streamArn, id, { at: "TRIM_HORIZON" }),
    };
    const { signal } = this.#stopping;
    const checkpoints = this.#checkpoints;
    const place = { id, from, checkpoints };
    const shard = new Shard(this.#context, this.#streams, this.#work, place, signal);
    const run = shard
      .run()
      .then(() => {})
      .catch((error: unknown) => this.#work.trouble(error))
      .finally(() => {
        shard.release();
        this.#running.delete(id);
        this.#changed = true;
        this.#bell.ring();
      });
    this.#running.set(id, run);
  }

  #over(tell: () => void): void {
    this.#stopping.abort();
    if (this.#gone) return;
    this.#gone = true;
    tell();
  }
}
