import { doubling } from "../../domain/backoff.ts";
import { YunqueError } from "../../domain/errors.ts";
import type { StreamsContext } from "./context.ts";
import { settleStream } from "./lifecycle.ts";
import type { StreamRef } from "./model.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Brings what is under way in streams to its end, one change of a stream at a time, again until it succeeds. */
export class Settling {
  readonly #context: StreamsContext;
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(context: StreamsContext) {
    this.#context = context;
  }

  start(ref: StreamRef): void {
    if (this.#closed) return;
    const key = keyOf(ref);
    const before = this.#running.get(key) ?? Promise.resolve();
    const running = before.then(() => this.#settle(ref));
    this.#running.set(key, running);
    void running.finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
  }

  /** Resolves once nothing is under way in the stream. */
  async done(ref: StreamRef): Promise<void> {
    await this.#running.get(keyOf(ref));
  }

  /** Starts nothing new. What is left goes on after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting) wake();
    await Promise.all(this.#running.values());
  }

  async #settle(ref: StreamRef): Promise<void> {
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        await settleStream(this.#context, ref);
        return;
      } catch (error) {
        // Deleted meanwhile.
        if (error instanceof YunqueError && error.code === "StreamNotFound") return;
        this.#context.onDefect(error, { during: "a change of a stream", stream: ref.name });
      }
      await this.#pause(doubling(FIRST_WAIT_MS, attempt, LONGEST_WAIT_MS));
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#context.clock.after(ms, wake);
      this.#waiting.add(wake);
    });
  }
}

const keyOf = ({ account, region, name }: StreamRef): string => `${account}/${region}/${name}`;
