/** Messages go from a dead-letter queue back to where they came from, or elsewhere. SQS: StartMessageMoveTask. */
import { randomUUID } from "node:crypto";
import { parseQueueArn, type QueueRef } from "../../domain/queue-name.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { QueuesContext } from "./context.ts";
import { invalidParameter, invalidValue, queueError } from "./errors.ts";
import type { Queue } from "./model.ts";
import { type MoveTask, taskId, tasksSpace } from "./move-task.ts";
import { Mover } from "./mover.ts";

export interface NewMoveTask {
  readonly sourceArn: string;
  readonly destinationArn?: string | undefined;
  readonly perSecond?: number | undefined;
}

/** What is told of a task. */
export interface DescribedMoveTask extends MoveTask {
  /** Of a task that runs: it can be cancelled by it. */
  readonly handle?: string;
}

const MAX_PER_SECOND = 500;
/** So many are told at most, and kept of one queue. */
const MAX_TASKS = 10;

export class MoveTasks {
  readonly #context: QueuesContext;
  /** By the ARN of their sources. */
  readonly #movers = new Map<string, Mover>();
  #closed = false;

  constructor(context: QueuesContext) {
    this.#context = context;
  }

  /** Goes on with the tasks of an earlier life of the platform. */
  async start(): Promise<void> {
    const { records } = this.#context;
    for (const space of await records.spaces("")) {
      if (space.split("/")[2] !== "queue-move-tasks") continue;
      for (const { value } of await everyRecord<MoveTask>(records, space))
        if (isActive(value) && !this.#movers.has(value.sourceArn)) this.#run(value);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#movers.values()].map((mover) => mover.close()));
  }

  /** Answers the handle by which the task can be cancelled. */
  async begin(task: NewMoveTask): Promise<string> {
    const { sourceArn, destinationArn, perSecond } = task;
    const { book, queues, clock, records } = this.#context;
    if (perSecond !== undefined && (perSecond < 1 || perSecond > MAX_PER_SECOND))
      throw invalidValue(
        perSecond,
        "MaxNumberOfMessagesPerSecond",
        `Must be between 1 and ${MAX_PER_SECOND}, if provided.`,
      );
    const source = await this.#queueOf(sourceArn, "SourceArn");
    const all = await book.all(source);
    if (!all.some(({ settings }) => settings.redrive?.arn === source.arn))
      throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
    if (destinationArn !== undefined) {
      const destination = await this.#queueOf(destinationArn, "DestinationArn");
      if (destination.arn === source.arn)
        throw invalidParameter("Source queue arn and destination queue arn cannot be the same.");
      if (destination.settings.fifo !== source.settings.fifo)
        throw invalidParameter("Source and destination queues must be of the same type.");
    }
    if (this.#runs(source)) throw alreadyRuns();
    const { visible } = await queues.depth(source.messages, clock.now());
    const added: MoveTask = {
      id: randomUUID(),
      source: { account: source.account, region: source.region, name: source.name },
      sourceArn: source.arn,
      ...(destinationArn === undefined ? {} : { destinationArn }),
      ...(perSecond === undefined ? {} : { perSecond }),
      started: clock.now(),
      status: "RUNNING",
      moved: 0,
      toMove: visible,
    };
    if (this.#runs(source)) throw alreadyRuns();
    const mover = this.#mover(added);
    try {
      const old = (await this.#stored(source)).slice(MAX_TASKS - 1);
      await records.commit([
        { put: added, space: tasksSpace(source), id: taskId(added) },
        ...old.map((one) => ({
          delete: true as const,
          space: tasksSpace(source),
          id: taskId(one),
        })),
      ]);
    } catch (error) {
      this.#movers.delete(source.arn);
      throw error;
    }
    mover.start();
    return handleOf(added);
  }

  /** Answers how many messages it had moved. */
  async cancel(handle: string): Promise<number> {
    const { id, sourceArn } = readHandle(handle);
    await this.#queueOf(sourceArn, "SourceArn");
    const mover = this.#movers.get(sourceArn);
    if (mover?.task.id === id && mover.task.status === "RUNNING") {
      const { moved } = mover.task;
      await mover.cancel();
      return moved;
    }
    const known = await this.list(sourceArn, MAX_TASKS);
    if (known.some((task) => task.id === id))
      throw queueError("MoveTaskRefused", "Only active tasks can be cancelled.");
    throw queueError("MoveTaskMissing", "Task does not exist.");
  }

  /** Those of a dead-letter queue, the newest first. */
  async list(sourceArn: string, max = 1): Promise<DescribedMoveTask[]> {
    if (max < 1 || max > MAX_TASKS)
      throw invalidValue(max, "MaxResults", `Must be between 1 and ${MAX_TASKS}, if provided.`);
    const source = await this.#queueOf(sourceArn, "SourceArn");
    const running = this.#movers.get(source.arn)?.task;
    // An earlier queue of the name may have had others.
    const stored = (await this.#stored(source)).filter(
      ({ started }) => started >= source.record.created,
    );
    return stored.slice(0, max).map((task) => {
      const now = task.id === running?.id ? running : task;
      return isActive(now) ? { ...now, handle: handleOf(now) } : now;
    });
  }

  async #stored(source: QueueRef): Promise<MoveTask[]> {
    const prefix = `${source.name} `;
    const found = await everyRecord<MoveTask>(this.#context.records, tasksSpace(source), prefix);
    return found.map(({ value }) => value).reverse();
  }

  #run(task: MoveTask): void {
    if (!this.#closed) this.#mover(task).start();
  }

  #mover(task: MoveTask): Mover {
    const mover: Mover = new Mover(this.#context, task, () => {
      if (this.#movers.get(task.sourceArn) === mover) this.#movers.delete(task.sourceArn);
    });
    this.#movers.set(task.sourceArn, mover);
    return mover;
  }

  /** Whether a task of this queue moves messages; one that is over may still be written down. */
  #runs({ arn }: Queue): boolean {
    const mover = this.#movers.get(arn);
    return mover !== undefined && isActive(mover.task);
  }

  async #queueOf(arn: string, parameter: string): Promise<Queue> {
    const ref = parseQueueArn(arn);
    const queue = ref && (await this.#context.book.find(ref));
    if (queue !== undefined) return queue;
    throw queueError(
      "MoveTaskMissing",
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    );
  }
}

const isActive = ({ status }: MoveTask): boolean => status === "RUNNING" || status === "CANCELLING";

const alreadyRuns = () =>
  queueError(
    "MoveTaskRefused",
    "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
  );

const handleOf = ({ id, sourceArn }: MoveTask): string =>
  Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString("base64");

function readHandle(handle: string): { readonly id: string; readonly sourceArn: string } {
  try {
    const { taskId: id, sourceArn } = JSON.parse(
      Buffer.from(handle, "base64").toString("utf8"),
    ) as Readonly<Record<string, unknown>>;
    if (typeof id === "string" && typeof sourceArn === "string") return { id, sourceArn };
  } catch {
    // No handle of ours.
  }
  throw invalidParameter("Value for parameter TaskHandle is invalid.");
}
