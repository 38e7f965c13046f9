/** Receivers are done with messages, or change how long they hide them. */
import { YunqueError } from "../../domain/errors.ts";
import type { QueueRef } from "../../domain/queue-name.ts";
import type { MessageId, Outcome } from "../../ports/queues.ts";
import { dimensionsOf, type QueuesContext } from "./context.ts";
import { invalidValue } from "./errors.ts";
import { type Handle, readHandle } from "./handles.ts";
import type { Queue } from "./model.ts";

/** SQS: since the message was received, all changes of its visibility together. */
const MAX_VISIBILITY_SECONDS = 43_200;

/** Deletes messages. Answers for each why it cannot be, or undefined. @throws YunqueError QueueMissing */
export async function deleteMessages(
  context: QueuesContext,
  ref: QueueRef,
  handles: readonly string[],
): Promise<(YunqueError | undefined)[]> {
  const queue = await context.book.get(ref);
  const { fifo } = queue.settings;
  const results = await settle(
    context,
    queue,
    handles.map((handle) => ({
      handle,
      outcome: () => ({ become: { kind: "done" }, ...(fifo ? { unlessEnded: true } : {}) }),
      // SQS: what is gone, or was received again, is deleted with success; a FIFO queue tells of the latter.
      otherwise: (there) => (fifo && there ? expired(handle) : undefined),
    })),
  );
  context.inFlight.add(queue, -handles.length);
  const deleted = results.filter((result) => result === undefined).length;
  context.metrics?.count("NumberOfMessagesDeleted", dimensionsOf(ref), deleted);
  if (fifo) context.waiting.wake(queue.messages);
  return results;
}

export interface VisibilityChange {
  readonly handle: string;
  /** From now on; 0: visible at once. */
  readonly visibilityMs: number;
}

/** Hides messages for so long. Answers as `deleteMessages`. */
export async function changeVisibility(
  context: QueuesContext,
  ref: QueueRef,
  changes: readonly VisibilityChange[],
): Promise<(YunqueError | undefined)[]> {
  const queue = await context.book.get(ref);
  const now = context.clock.now();
  const results = await settle(
    context,
    queue,
    changes.map(({ handle, visibilityMs }) => ({
      handle,
      outcome: ({ at }) => {
        checkTotal(now - at, visibilityMs);
        return { become: { kind: "extended", leaseMs: visibilityMs }, unlessEnded: true };
      },
      // SQS: a standard queue leaves a message alone that is visible again, and says nothing.
      otherwise: (there) => {
        if (!there)
          return invalidHandle(
            handle,
            "Message does not exist or is not available for visibility timeout change.",
          );
        return queue.settings.fifo ? expired(handle) : undefined;
      },
    })),
  );
  context.waiting.wake(queue.messages);
  return results;
}

function checkTotal(heldMs: number, visibilityMs: number): void {
  if (heldMs + visibilityMs > MAX_VISIBILITY_SECONDS * 1000 && heldMs > 0)
    throw invalidValue(
      visibilityMs / 1000,
      "VisibilityTimeout",
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
    );
}

const invalidHandle = (handle: string, reason: string) =>
  invalidValue(handle, "ReceiptHandle", reason);

const expired = (handle: string) => invalidHandle(handle, "The receipt handle has expired.");

interface Ending {
  readonly handle: string;
  /** What is to be done. @throws YunqueError where it may not be. */
  outcome(handle: Handle): Pick<Outcome, "become" | "unlessEnded">;
  /** What its holder is told where the handle holds the message no more. `there`: the queue still has it. */
  otherwise(there: boolean): YunqueError | undefined;
}

/** One call of the engine; messages are looked for only where a handle was too old. */
async function settle(
  { queues, clock, attempts }: QueuesContext,
  queue: Queue,
  endings: readonly Ending[],
): Promise<(YunqueError | undefined)[]> {
  const outcomes: Outcome[] = [];
  const results = endings.map(({ handle, outcome }) => {
    try {
      const read = readHandle(queue, handle);
      const { id, epoch } = read;
      outcomes.push({ queue: queue.messages, id, epoch, ...outcome(read) });
      return undefined;
    } catch (error) {
      if (error instanceof YunqueError) return error;
      throw error;
    }
  });
  if (outcomes.length === 0) return results;
  if (queue.settings.fifo)
    attempts.changed(
      queue.messages,
      outcomes.map(({ id }) => id),
    );
  const held = await queues.settle(outcomes, clock.now());
  if (!held.includes(false)) return results;
  const isThere = async (id: MessageId) => (await queues.find(queue.messages, id)) !== undefined;
  let next = 0;
  for (const [index, ending] of endings.entries()) {
    if (results[index] !== undefined) continue;
    const at = next++;
    if (held[at] === false) results[index] = ending.otherwise(await isThere(outcomes[at]?.id ?? 0));
  }
  return results;
}
