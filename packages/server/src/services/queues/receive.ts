/** Messages are handed out; what was received too often goes to the dead-letter queue instead. */
import { parseQueueArn, type QueueRef } from "../../domain/queue-name.ts";
import type { Leased, NewMessage, Outcome } from "../../ports/queues.ts";
import { dimensionsOf, type QueuesContext } from "./context.ts";
import { missingQueue, queueError } from "./errors.ts";
import type { Queue } from "./model.ts";
import { checkToken } from "./send.ts";
import {
  type ReceivedMessage,
  readAttributes,
  receivedMessage,
  receivesOf,
  type StoredAttributes,
} from "./stored-message.ts";

export interface Receiving {
  readonly queue: QueueRef;
  /** At most 1,000. */
  readonly max: number;
  /** Absent: the queue's own. */
  readonly waitMs?: number | undefined;
  /** Absent: the queue's own. */
  readonly visibilityMs?: number | undefined;
  /** Bodies of at most so many bytes together, but always one message. */
  readonly maxBytes?: number | undefined;
  /** Of FIFO queues: who asks again with it within five minutes gets the same messages. */
  readonly attempt?: string | undefined;
  /** Only looked at where it has to wait. Messages that were received nevertheless are visible again. */
  readonly signal: AbortSignal;
}

/** Receives messages, and waits for the first one. @throws YunqueError QueueMissing, QueueOverLimit */
export async function receive(
  context: QueuesContext,
  receiving: Receiving,
): Promise<readonly ReceivedMessage[]> {
  const first = await context.book.get(receiving.queue);
  const waitMs = receiving.waitMs ?? first.settings.waitMs;
  const attempt = first.settings.fifo ? receiving.attempt : undefined;
  if (attempt !== undefined) {
    checkToken(attempt, "ReceiveRequestAttemptId");
    const { visibilityMs = first.settings.visibilityMs } = receiving;
    const again = await context.attempts.again(first.messages, attempt, visibilityMs);
    if (again !== undefined) return again.map(messageOf);
  }
  let waited = false;
  const messages = await context.waiting.poll(first.messages, waitMs, receiving, async () => {
    // Attributes may change while it waits, and the queue may go.
    const queue = waited ? await context.book.find(receiving.queue) : first;
    waited = true;
    if (queue?.messages !== first.messages) throw missingQueue();
    return take(context, queue, receiving, waitMs === 0);
  });
  if (waitMs > 0 && messages.length > 0 && receiving.signal.aborted) {
    await giveBack(context, first, messages);
    return [];
  }
  const about = context.metrics && dimensionsOf(receiving.queue);
  if (about && messages.length > 0)
    context.metrics?.count("NumberOfMessagesReceived", about, messages.length);
  else if (about) context.metrics?.count("NumberOfEmptyReceives", about);
  if (attempt !== undefined && messages.length > 0)
    context.attempts.keep(first.messages, attempt, messages);
  return messages.map(messageOf);
}

const messageOf = ({ queue, leased, stored, at }: Taken): ReceivedMessage =>
  receivedMessage(queue, leased, stored, at);

export interface Taken {
  readonly queue: Queue;
  readonly leased: Leased;
  readonly stored: StoredAttributes;
  /** When. */
  readonly at: number;
}

async function take(
  context: QueuesContext,
  queue: Queue,
  { max, visibilityMs = queue.settings.visibilityMs, maxBytes }: Receiving,
  tellsOfLimit: boolean,
): Promise<readonly Taken[]> {
  const { queues, clock, inFlight } = context;
  if (await inFlight.isFull(queue)) {
    // SQS: long polls and FIFO queues answer nothing, and no error.
    if (!tellsOfLimit || queue.settings.fifo) return [];
    throw queueError("QueueOverLimit", "Too many messages in flight.");
  }
  for (;;) {
    const now = clock.now();
    const { fifo, retentionMs } = queue.settings;
    const leased = await queues.lease(queue.messages, {
      now,
      leaseMs: visibilityMs,
      limit: max,
      expireBefore: Math.max(0, now - retentionMs),
      ...(fifo ? { groupLimit: Math.max(1, max) } : {}),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    if (leased.length === 0) return [];
    const taken = leased.map((one) => ({
      queue,
      leased: one,
      stored: readAttributes(one),
      at: now,
    }));
    const sound = await withoutPoison(context, queue, taken);
    if (sound.length === 0) continue;
    inFlight.add(queue, sound.length);
    return sound;
  }
}

/** SQS: who was received maxReceiveCount times and is not deleted goes to the dead-letter queue. */
async function withoutPoison(
  context: QueuesContext,
  queue: Queue,
  taken: readonly Taken[],
): Promise<readonly Taken[]> {
  const { redrive } = queue.settings;
  if (redrive === undefined) return taken;
  const isPoison = ({ leased }: Taken) => leased.attempts > redrive.max;
  if (!taken.some(isPoison)) return taken;
  const ref = parseQueueArn(redrive.arn);
  const target = ref && (await context.book.find(ref));
  // Without its dead-letter queue a message stays where it is.
  if (target === undefined) return taken;
  const { queues, clock, waiting } = context;
  const outcomes = taken.filter(isPoison).map(({ leased, stored }): Outcome => {
    const { queue: from, id, epoch } = leased;
    const message = deadLetter(queue, target, leased, stored);
    const enqueue = [{ queue: target.messages, message }];
    return { queue: from, id, epoch, become: { kind: "done" }, enqueue };
  });
  await queues.settle(outcomes, clock.now());
  waiting.wake(target.messages);
  return taken.filter((one) => !isPoison(one));
}

/** The message as the dead-letter queue has it: what receivers see of it stays. */
function deadLetter(
  queue: Queue,
  target: Queue,
  leased: Leased,
  stored: StoredAttributes,
): NewMessage {
  const { body, enqueuedAt, firstLeasedAt } = leased;
  const attributes: StoredAttributes = {
    ...stored,
    r: receivesOf(leased, stored) - 1,
    f: stored.f ?? firstLeasedAt,
    q: queue.arn,
  };
  // SQS: its age goes on in a standard queue, and begins anew in a FIFO queue.
  return {
    body,
    attributes: JSON.stringify(attributes),
    ...(target.settings.fifo && stored.g !== undefined ? { group: stored.g } : { enqueuedAt }),
  };
}

async function giveBack(
  { queues, clock, waiting }: QueuesContext,
  queue: Queue,
  taken: readonly Taken[],
): Promise<void> {
  const outcomes = taken.map(
    ({ leased: { queue: name, id, epoch } }): Outcome => ({
      queue: name,
      id,
      epoch,
      become: { kind: "extended", leaseMs: 0 },
    }),
  );
  await queues.settle(outcomes, clock.now());
  waiting.wake(queue.messages);
}
