/** One message move task at work: some messages at a time, each of them in one commit out of one queue and into another. */
import { randomUUID } from "node:crypto";
import { parseQueueArn } from "../../domain/queue-name.ts";
import type { Leased, Outcome } from "../../ports/queues.ts";
import type { QueuesContext } from "./context.ts";
import type { Queue } from "./model.ts";
import { type MoveTask, taskId, tasksSpace } from "./move-task.ts";
import { readAttributes, type StoredAttributes } from "./stored-message.ts";

const BATCH = 100;
/** Messages are hidden so long from receivers while they are moved. */
const LEASE_MS = 30_000;
const SECOND_MS = 1_000;

export class Mover {
  readonly #context: QueuesContext;
  readonly #ended: () => void;
  #task: MoveTask;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #closed = false;

  /** @param ended called once it does nothing more */
  constructor(context: QueuesContext, task: MoveTask, ended: () => void) {
    this.#context = context;
    this.#task = task;
    this.#ended = ended;
  }

  get task(): MoveTask {
    return this.#task;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves once it moves nothing more. */
  async cancel(): Promise<void> {
    this.#change({ status: "CANCELLING" });
    this.#wake?.();
    await this.#running;
  }

  /** The next life of the platform goes on with it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { clock, onDefect } = this.#context;
    let saved = clock.now();
    while (!this.#closed) {
      try {
        if (this.#task.status === "CANCELLING") this.#change({ status: "CANCELLED" });
        else await this.#step();
        const over = this.#task.status !== "RUNNING" && this.#task.status !== "CANCELLING";
        if (over || clock.now() - saved >= SECOND_MS) {
          await this.#save();
          saved = clock.now();
        }
        if (over) break;
        if (this.#task.perSecond !== undefined) await this.#pause();
      } catch (error) {
        if (this.#closed) break;
        onDefect(error, { during: "moving messages", queue: this.#task.sourceArn });
        await this.#pause();
      }
    }
    this.#ended();
  }

  /** Moves some messages, or finds that there are none left. */
  async #step(): Promise<void> {
    const { book, queues, clock, waiting } = this.#context;
    const source = await book.find(this.#task.source);
    if (source === undefined) return this.#fail("AWS.SimpleQueueService.NonExistentQueue");
    const { fifo, retentionMs } = source.settings;
    const now = clock.now();
    const leased = await queues.lease(source.messages, {
      now,
      leaseMs: LEASE_MS,
      limit: this.#task.perSecond ?? BATCH,
      expireBefore: Math.max(0, now - retentionMs),
      ...(fifo ? { groupLimit: this.#task.perSecond ?? BATCH } : {}),
    });
    if (leased.length === 0) return this.#change({ status: "COMPLETED" });
    const targets = new Set<string>();
    const outcomes: Outcome[] = [];
    const left: Outcome[] = [];
    let failure: string | undefined;
    for (const one of leased) {
      const { queue, id, epoch } = one;
      const stored = readAttributes(one);
      const arn = this.#task.destinationArn ?? stored.q;
      const ref = arn === undefined ? undefined : parseQueueArn(arn);
      const target = ref && (await book.find(ref));
      if (target === undefined || failure !== undefined) {
        failure ??=
          arn === undefined
            ? "CouldNotDetermineMessageSource"
            : "AWS.SimpleQueueService.NonExistentQueue";
        left.push({ queue, id, epoch, become: { kind: "extended", leaseMs: 0 } });
        continue;
      }
      targets.add(target.messages);
      const enqueue = [{ queue: target.messages, message: redriven(target, one, stored) }];
      outcomes.push({ queue, id, epoch, become: { kind: "done" }, enqueue });
    }
    const moved = await queues.settle([...outcomes, ...left], clock.now());
    for (const target of targets) waiting.wake(target);
    if (left.length > 0) waiting.wake(source.messages);
    const count = moved.slice(0, outcomes.length).filter((held) => held).length;
    this.#change({ moved: this.#task.moved + count });
    if (failure !== undefined) this.#fail(failure);
  }

  #fail(failure: string): void {
    this.#change({ status: "FAILED", failure });
  }

  #change(change: Partial<MoveTask>): void {
    this.#task = { ...this.#task, ...change };
  }

  async #save(): Promise<void> {
    const put = this.#task;
    await this.#context.records.commit([{ put, space: tasksSpace(put.source), id: taskId(put) }]);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.clock.after(SECOND_MS, () => this.#wake?.());
      this.#wake = () => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
      if (this.#closed || this.#task.status === "CANCELLING") this.#wake();
    });
  }
}

/** SQS: what is moved back is a new message, with a new id and a new age. */
function redriven({ settings }: Queue, { body }: Leased, stored: StoredAttributes) {
  const { r: _, f: __, q: ___, ...kept } = stored;
  return {
    body,
    attributes: JSON.stringify({ ...kept, i: randomUUID() }),
    ...(settings.fifo && stored.g !== undefined ? { group: stored.g } : {}),
  };
}
