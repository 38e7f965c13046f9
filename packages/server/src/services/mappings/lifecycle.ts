/** Brings mappings to what their users want: a state that lasts, with a poller or without. */
import { YunqueError } from "../../domain/errors.ts";
import { SourceGone } from "../../ports/event-sources.ts";
import type { Poller } from "../pollers/index.ts";
import type { MappingsDependencies } from "./context.ts";
import type { Mapping, MappingState } from "./model.ts";
import { queueWork } from "./queue-work.ts";
import { type Reports, SOURCE_GONE } from "./reports.ts";
import type { MappingKey, MappingStore } from "./store.ts";
import { startOf, streamWork } from "./stream-work.ts";

/** Batches of a mapping that is deleted may end: no function runs longer. */
const LONGEST_RUN_MS = 900_000;
const RETRY_MS = 5000;
/** Lambda takes longer; so much is enough to see the state on its way. */
const SETTLE_MS = 100;

export const LASTING: ReadonlySet<MappingState> = new Set(["Enabled", "Disabled"]);

export class Lifecycle {
  readonly #context: MappingsDependencies;
  readonly #store: MappingStore;
  readonly #pollers = new Map<string, Poller>();
  /** Those that poll no more, and have batches that run. */
  readonly #ending = new Set<Poller>();
  /** What is being done for a mapping, one after the other. */
  readonly #doing = new Map<string, Promise<void>>();
  readonly #waiting = new Set<() => void>();
  readonly #results = new Map<string, string>();
  readonly #closing = new AbortController();

  constructor(context: MappingsDependencies, store: MappingStore) {
    this.#context = context;
    this.#store = store;
  }

  /** What was processed last, where that is newer than what is kept. */
  lastResult(uuid: string): string | undefined {
    return this.#results.get(uuid);
  }

  /** A mapping was created or changed: soon it will be as it should be. */
  settleLater(key: MappingKey, afterMs = this.#context.settleMs ?? SETTLE_MS): void {
    if (this.#closing.signal.aborted) return;
    const cancel = this.#context.clock.after(afterMs, () => {
      this.#waiting.delete(cancel);
      this.settle(key);
    });
    this.#waiting.add(cancel);
  }

  settle(key: MappingKey): void {
    const before = this.#doing.get(key.uuid) ?? Promise.resolve();
    const doing = before
      .then(async () => this.#settle(key))
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#context.onDefect(error, { during: "an event source mapping", uuid: key.uuid });
        this.settleLater(key, RETRY_MS);
      })
      .finally(() => {
        if (this.#doing.get(key.uuid) === doing) this.#doing.delete(key.uuid);
      });
    this.#doing.set(key.uuid, doing);
  }

  /** Polls no more; lets batches end for so long, and answers how many were left. */
  async close(graceMs: number): Promise<number> {
    this.#closing.abort();
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
    const pollers = [...this.#pollers.values(), ...this.#ending];
    const left = await Promise.all(pollers.map((poller) => poller.close(graceMs)));
    return left.reduce((sum, some) => sum + some, 0);
  }

  async #settle(key: MappingKey): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const mapping = await this.#store.find(key);
    if (mapping === undefined) return;
    const running = this.#pollers.get(key.uuid);
    if (mapping.state === "Deleting") {
      if (running !== undefined) await this.#end(running, false);
      if (this.#closing.signal.aborted) return;
      await this.#store.remove(key, mapping);
      this.#forget(key.uuid);
      return;
    }
    // Batches of before may end beside those that come: but not of a stream, whose order would be lost.
    if (running !== undefined) await this.#end(running, mapping.kind === "sqs");
    this.#pollers.delete(key.uuid);
    if (this.#closing.signal.aborted) return;
    if (mapping.enabled) await this.#start(key, mapping);
    const state = mapping.enabled ? "Enabled" : "Disabled";
    const settled = (now: Mapping): Mapping =>
      // Somebody may have changed it again meanwhile: then this is done once more.
      now.modifiedAt !== mapping.modifiedAt || now.state === "Deleting" ? now : { ...now, state };
    await this.#store.edit(key, settled);
  }

  async #end(poller: Poller, beside: boolean): Promise<void> {
    this.#ending.add(poller);
    const ended = poller.close(LONGEST_RUN_MS).finally(() => this.#ending.delete(poller));
    await (beside ? poller.stop() : ended);
  }

  async #start(key: MappingKey, mapping: Mapping): Promise<void> {
    const reports = this.#reports(key, mapping);
    const { pollers } = this.#context;
    if (mapping.kind === "sqs") {
      this.#pollers.set(key.uuid, pollers.queue(queueWork(this.#context, mapping, reports)));
      return;
    }
    const checkpoints = this.#store.checkpoints(key);
    const where = { streamArn: mapping.sourceArn, start: startOf(mapping.position) };
    await pollers.place(where, checkpoints).catch((error: unknown) => {
      if (!(error instanceof SourceGone)) throw error;
    });
    const work = await streamWork(this.#context, key.scope, mapping, reports);
    this.#pollers.set(key.uuid, pollers.stream(work, checkpoints));
  }

  #reports(key: MappingKey, { uuid, kind }: Mapping): Reports {
    const result = (text: string) => {
      if (kind === "sqs" || this.#results.get(uuid) === text) return;
      this.#results.set(uuid, text);
      this.#edit(key, (mapping) =>
        mapping.lastResult === text ? mapping : { ...mapping, lastResult: text },
      );
    };
    return {
      result,
      trouble: (error) => {
        if (error instanceof SourceGone) return result(SOURCE_GONE);
        if (isStorage(error) && this.#closing.signal.aborted) return;
        this.#context.onDefect(error, { during: "polling for a mapping", uuid });
      },
      gone: () => {
        this.#pollers.delete(uuid);
        this.#edit(key, (mapping) =>
          mapping.enabled
            ? {
                ...mapping,
                enabled: false,
                state: "Disabled",
                reason: "Function does not exist",
                modifiedAt: mapping.modifiedAt + 1,
              }
            : mapping,
        );
      },
    };
  }

  #edit(key: MappingKey, decide: (mapping: Mapping) => Mapping): void {
    this.#store.edit(key, decide).catch((error: unknown) => {
      if (isStorage(error) || (error instanceof YunqueError && error.code === "MappingNotFound"))
        return;
      this.#context.onDefect(error, { during: "an event source mapping", uuid: key.uuid });
    });
  }

  #forget(uuid: string): void {
    this.#pollers.delete(uuid);
    this.#results.delete(uuid);
  }
}

const isStorage = (error: unknown): boolean =>
  error instanceof YunqueError && error.code.startsWith("Storage");
