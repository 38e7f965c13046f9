/** Receivers are done with messages, or change how long they hide them. */
import { YunqueError } from "../../domain/errors.ts";
import type { QueueRef } from "../../domain/queue-name.ts";
import type { Outcome } from "../../ports/queues.ts";
import type { QueuesContext } from "./context.ts";
import { readHandle } from "./handles.ts";
import type { Queue } from "./model.ts";

/** Deletes messages. Answers for each why it cannot be, or undefined. @throws YunqueError QueueMissing */
export async function deleteMessages(
  context: QueuesContext,
  ref: QueueRef,
  handles: readonly string[],
): Promise<(YunqueError | undefined)[]> {
  const queue = await context.book.get(ref);
  const results = await settle(
    context,
    queue,
    handles.map((handle) => ({ handle, become: { kind: "done" } })),
  );
  context.inFlight.add(queue, -handles.length);
  if (queue.settings.fifo) context.waiting.wake(queue.messages);
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
  const results = await settle(
    context,
    queue,
    changes.map(({ handle, visibilityMs }) => ({
      handle,
      become: { kind: "extended", leaseMs: visibilityMs },
    })),
  );
  context.waiting.wake(queue.messages);
  return results;
}

async function settle(
  { queues, clock }: QueuesContext,
  queue: Queue,
  endings: readonly { readonly handle: string; readonly become: Outcome["become"] }[],
): Promise<(YunqueError | undefined)[]> {
  const outcomes: Outcome[] = [];
  const results = endings.map(({ handle, become }) => {
    try {
      const { id, epoch } = readHandle(queue, handle);
      outcomes.push({ queue: queue.messages, id, epoch, become });
      return undefined;
    } catch (error) {
      if (error instanceof YunqueError) return error;
      throw error;
    }
  });
  if (outcomes.length > 0) await queues.settle(outcomes, clock.now());
  return results;
}
