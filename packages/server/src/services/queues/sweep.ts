/** What time and crashes leave behind: messages past their retention period, and those of queues that are gone. */
import type { QueuesContext } from "./context.ts";
import { MESSAGES_KIND, type Queue } from "./model.ts";

/** Receivers and counts never see what is too old; this only frees the room. */
const EVERY_MS = 300_000;

export class Sweep {
  readonly #context: QueuesContext;
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(context: QueuesContext) {
    this.#context = context;
  }

  /** Sweeps once, and then every five minutes. */
  start(): void {
    if (this.#closed) return;
    this.#running = this.#sweep().then(() => {
      if (!this.#closed) this.#cancel = this.#context.clock.after(EVERY_MS, () => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#running;
  }

  /** Never rejects. */
  async #sweep(): Promise<void> {
    const { queues, book, onDefect } = this.#context;
    try {
      for (const name of await queues.names("")) {
        const [account = "", region = "", kind, queueName = ""] = name.split("/");
        if (kind !== MESSAGES_KIND) continue;
        if (this.#closed) return;
        const queue = await book.find({ account, region, name: queueName });
        if (queue?.messages === name) await expire(this.#context, queue);
        else await queues.purge(name);
      }
    } catch (error) {
      if (!this.#closed) onDefect(error, { during: "sweeping queues" });
    }
  }
}

/** Removes what is past the retention period. */
export async function expire(
  { queues, clock }: QueuesContext,
  { messages, settings }: Queue,
): Promise<void> {
  const before = Math.max(0, clock.now() - settings.retentionMs);
  while ((await queues.expire(messages, before)) > 0);
}
