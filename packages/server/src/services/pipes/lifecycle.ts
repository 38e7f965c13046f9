/** Brings pipes to what their users want: running or stopped, or gone. */
import { YunqueError } from "../../domain/errors.ts";
import { SourceGone } from "../../ports/event-sources.ts";
import type { Poller } from "../pollers/index.ts";
import type { PipesDependencies } from "./context.ts";
import { LASTING, type Pipe, type PipeState } from "./model.ts";
import type { PipeKey, PipeStore } from "./store.ts";
import { queueWork, startOf, streamWork } from "./work.ts";

/** Batches of a pipe that stops may end: no function runs longer. */
const LONGEST_RUN_MS = 900_000;
const RETRY_MS = 5000;
const SETTLE_MS = 100;

const FAILED: Readonly<Partial<Record<PipeState, PipeState>>> = {
  CREATING: "CREATE_FAILED",
  UPDATING: "UPDATE_FAILED",
  STARTING: "START_FAILED",
};

export class Lifecycle {
  readonly #context: PipesDependencies;
  readonly #store: PipeStore;
  readonly #arnOf: (key: PipeKey) => string;
  readonly #pollers = new Map<string, Poller>();
  readonly #ending = new Set<Poller>();
  readonly #doing = new Map<string, Promise<void>>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(context: PipesDependencies, store: PipeStore, arnOf: (key: PipeKey) => string) {
    this.#context = context;
    this.#store = store;
    this.#arnOf = arnOf;
  }

  /** A pipe was created or changed: soon it will be as it should be. */
  settleLater(key: PipeKey, afterMs = this.#context.settleMs ?? SETTLE_MS): void {
    if (this.#closed) return;
    const cancel = this.#context.clock.after(afterMs, () => {
      this.#waiting.delete(cancel);
      this.settle(key);
    });
    this.#waiting.add(cancel);
  }

  settle(key: PipeKey): void {
    const arn = this.#arnOf(key);
    const doing = (this.#doing.get(arn) ?? Promise.resolve())
      .then(async () => this.#settle(key, arn))
      .catch((error: unknown) => {
        if (this.#closed) return;
        this.#context.onDefect(error, { during: "a pipe's change", pipe: arn });
        this.settleLater(key, RETRY_MS);
      })
      .finally(() => {
        if (this.#doing.get(arn) === doing) this.#doing.delete(arn);
      });
    this.#doing.set(arn, doing);
  }

  /** Polls no more; lets batches end for so long, and answers how many were left. */
  async close(graceMs: number): Promise<number> {
    this.#closed = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
    const pollers = [...this.#pollers.values(), ...this.#ending];
    const left = await Promise.all(pollers.map((poller) => poller.close(graceMs)));
    return left.reduce((sum, some) => sum + some, 0);
  }

  async #settle(key: PipeKey, arn: string): Promise<void> {
    if (this.#closed) return;
    const pipe = await this.#store.find(key);
    if (pipe === undefined) return;
    await this.#end(arn);
    if (this.#closed) return;
    if (pipe.desired === "DELETED") {
      await this.#store.remove(key, pipe);
      return;
    }
    const reason = pipe.desired === "RUNNING" ? await this.#start(key, pipe, arn) : undefined;
    const state = reason === undefined ? pipe.desired : (FAILED[pipe.state] ?? "START_FAILED");
    await this.#store.edit(key, (now) => {
      // Somebody may have changed it again meanwhile: then this is done once more.
      if (now.modifiedAt !== pipe.modifiedAt) return now;
      const { reason: _, ...rest } = now;
      return { ...rest, state, ...(reason === undefined ? {} : { reason }) };
    });
  }

  async #end(arn: string): Promise<void> {
    const running = this.#pollers.get(arn);
    if (running === undefined) return;
    this.#pollers.delete(arn);
    this.#ending.add(running);
    await running.close(LONGEST_RUN_MS).finally(() => this.#ending.delete(running));
  }

  /** Answers why it cannot run; undefined where it runs. */
  async #start(key: PipeKey, pipe: Pipe, arn: string): Promise<string | undefined> {
    const { pollers, queues, streams, functions, targets } = this.#context;
    const { source, enrichment, target } = pipe;
    const queue = source.kind === "sqs";
    const there = queue ? await queues.describe(source.arn) : await streams.describe(source.arn);
    if (there === undefined) return `The source ${source.arn} does not exist.`;
    if (enrichment && (await functions.find(key.scope, enrichment.arn)) === undefined)
      return `The enrichment ${enrichment.arn} does not exist.`;
    if (!(await targets.exists(target.arn))) return `The target ${target.arn} does not exist.`;
    const reports = { trouble: (error: unknown) => this.#trouble(error, arn) };
    if (queue) {
      this.#pollers.set(arn, pollers.queue(queueWork(this.#context, pipe, arn, reports)));
      return undefined;
    }
    const checkpoints = this.#store.checkpoints(key, pipe);
    const start = startOf(source.stream ?? { position: "TRIM_HORIZON" });
    await pollers.place({ streamArn: source.arn, start }, checkpoints);
    const work = streamWork(this.#context, pipe, arn, reports);
    this.#pollers.set(arn, pollers.stream(work, checkpoints));
    return undefined;
  }

  #trouble(error: unknown, pipe: string): void {
    if (error instanceof SourceGone) return;
    if (this.#closed && error instanceof YunqueError && error.code.startsWith("Storage")) return;
    this.#context.onDefect(error, { during: "a pipe", pipe });
  }
}

export const isLasting = ({ state }: Pipe): boolean => LASTING.has(state);
