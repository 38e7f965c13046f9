/** Removes what is older than its stream keeps it, now and then. Reads do not see it before that either. */
import { setImmediate } from "node:timers/promises";
import type { StreamsContext } from "./context.ts";
import type { Stream } from "./model.ts";
import { logOf, scopesWithStreams } from "./names.ts";
import { horizon } from "./positions.ts";

const EVERY_MS = 60_000;
/** After so many shards others have a turn of the event loop. */
const TURN = 100;

export class Retention {
  readonly #context: StreamsContext;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  /** There are streams, as far as is known. */
  #wanted = false;
  #closed = false;

  constructor(context: StreamsContext) {
    this.#context = context;
  }

  /** From now on, as long as there are streams. */
  start(): void {
    this.#wanted = true;
    if (this.#closed || this.#cancel || this.#running) return;
    this.#cancel = this.#context.clock.after(EVERY_MS, () => {
      this.#cancel = undefined;
      this.#running = this.#run();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#wanted = false;
    try {
      if ((await this.#round()) > 0) this.#wanted = true;
    } catch (error) {
      this.#context.onDefect(error, { during: "the retention of streams" });
      this.#wanted = true;
    }
    this.#running = undefined;
    if (this.#wanted) this.start();
  }

  /** Answers how many streams there are. */
  async #round(): Promise<number> {
    const { records, store } = this.#context;
    let streams = 0;
    for (const scope of scopesWithStreams(await records.spaces("")))
      for (const stream of await store.list(scope)) {
        if (this.#closed) return 0;
        streams++;
        await this.#trim(stream);
      }
    return streams;
  }

  /** Closed shards of which nothing can be read any more are forgotten. */
  async #trim(stream: Stream): Promise<void> {
    const { shards, store, clock } = this.#context;
    const oldest = horizon(stream, clock.now());
    const over = new Set<number>();
    for (const [index, { number, closed }] of stream.shards.entries()) {
      if (index % TURN === TURN - 1) await setImmediate();
      const log = logOf(stream, number);
      const first = (await shards.describe(log))?.first;
      if (first && first.addedAt < oldest) await shards.trim(log, oldest);
      if (closed && closed.at < oldest) over.add(number);
    }
    if (over.size === 0 || stream.status === "DELETING") return;
    await store.edit(stream, (current) =>
      current.created === stream.created
        ? { ...current, shards: current.shards.filter(({ number }) => !over.has(number)) }
        : undefined,
    );
    for (const number of over) await shards.delete(logOf(stream, number));
  }
}
