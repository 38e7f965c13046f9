/** Queues are made, described, changed and removed. */
import {
  FIFO_SUFFIX,
  isQueueName,
  parseQueueArn,
  type QueueRef,
  queueArn,
} from "../../domain/queue-name.ts";
import {
  allowsSource,
  attributesAfter,
  checkDeadLetterQueue,
  effectiveAttributes,
  unknownAttribute,
} from "./attributes.ts";
import type { QueuesContext } from "./context.ts";
import { invalidParameter, queueError } from "./errors.ts";
import type { Queue, QueueAttributes, QueueSettings, Tags } from "./model.ts";
import { expire } from "./sweep.ts";
import { checkTags } from "./tags.ts";

export interface NewQueue {
  readonly attributes: QueueAttributes;
  readonly tags: Tags;
}

export interface DescribedQueue {
  readonly arn: string;
  readonly settings: QueueSettings;
  /** In AWS's words, with the defaults of what was not set, and the counts. */
  readonly attributes: QueueAttributes;
}

/** Makes a queue, or finds the one that is there with the same attributes. */
export async function createQueue(
  context: QueuesContext,
  ref: QueueRef,
  { attributes, tags }: NewQueue,
): Promise<void> {
  const { book, clock } = context;
  const fifo = checkName(ref.name, attributes);
  checkTags(tags);
  const wanted = attributesAfter({}, attributes, fifo);
  await checkRedrive(context, ref, wanted, attributes);
  for (;;) {
    const there = await book.find(ref);
    if (there !== undefined) return checkSame(there, attributes, wanted);
    const created = clock.now();
    if (await book.add(ref, { created, modified: created, attributes: wanted, tags })) return;
  }
}

export async function setAttributes(
  context: QueuesContext,
  ref: QueueRef,
  attributes: QueueAttributes,
): Promise<void> {
  const { book, clock, waiting } = context;
  const queue = await book.edit(ref, async ({ record, settings: { fifo } }) => {
    if (!fifo && attributes["FifoQueue"] !== undefined) throw unknownAttribute("FifoQueue");
    const after = attributesAfter(record.attributes, attributes, fifo);
    await checkRedrive(context, ref, after, attributes);
    return { ...record, attributes: after, modified: clock.now() };
  });
  waiting.wake(queue.messages);
}

export async function describeQueue(
  context: QueuesContext,
  ref: QueueRef,
): Promise<DescribedQueue> {
  const { book, queues, clock } = context;
  const queue = await book.get(ref);
  const { arn, record, settings } = queue;
  await expire(context, queue);
  const { visible, delayed, leased } = await queues.depth(queue.messages, clock.now());
  return {
    arn,
    settings,
    attributes: {
      ...effectiveAttributes(record.attributes),
      QueueArn: arn,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(leased),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      CreatedTimestamp: seconds(record.created),
      LastModifiedTimestamp: seconds(record.modified),
    },
  };
}

export async function deleteQueue(
  { book, queues, waiting, inFlight }: QueuesContext,
  ref: QueueRef,
): Promise<void> {
  const queue = await book.remove(ref);
  inFlight.forget(queue);
  waiting.wake(queue.messages);
  await queues.purge(queue.messages);
}

/** Removes every message. SQS: once every 60 seconds. */
export async function purgeQueue(
  { book, clock, queues, inFlight }: QueuesContext,
  ref: QueueRef,
): Promise<void> {
  const queue = await book.edit(ref, ({ record }) => {
    const now = clock.now();
    if (record.purged !== undefined && now - record.purged < PURGE_MS)
      throw queueError(
        "QueuePurgedRecently",
        `Only one PurgeQueue operation on ${ref.name} is allowed every 60 seconds.`,
      );
    return { ...record, purged: now };
  });
  inFlight.forget(queue);
  await queues.purge(queue.messages);
}

const PURGE_MS = 60_000;

const seconds = (ms: number): string => String(Math.floor(ms / 1000));

/** Whether the queue is to be FIFO. @throws YunqueError where the name is none for that. */
function checkName(name: string, attributes: QueueAttributes): boolean {
  const fifo = attributes["FifoQueue"] === "true";
  if (!fifo && attributes["FifoQueue"] !== undefined) throw unknownAttribute("FifoQueue");
  if (fifo && !(isQueueName(name) && name.endsWith(FIFO_SUFFIX)))
    throw invalidParameter(
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
    );
  if (!fifo && (!isQueueName(name) || name.endsWith(FIFO_SUFFIX)))
    throw invalidParameter(
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    );
  return fifo;
}

/** SQS: CreateQueue finds a queue whose attributes are those that it names. */
function checkSame({ record }: Queue, named: QueueAttributes, wanted: QueueAttributes): void {
  const there = effectiveAttributes(record.attributes);
  const asked = effectiveAttributes(wanted);
  for (const name of Object.keys(named))
    if (there[name] !== asked[name])
      throw queueError(
        "QueueNameTaken",
        `A queue already exists with the same name and a different value for attribute ${name}`,
      );
}

async function checkRedrive(
  { book }: QueuesContext,
  source: QueueRef,
  attributes: QueueAttributes,
  changes: QueueAttributes,
): Promise<void> {
  const text = attributes["RedrivePolicy"];
  if (text === undefined || !changes["RedrivePolicy"]) return;
  const { deadLetterTargetArn = "" } = JSON.parse(text) as { deadLetterTargetArn?: string };
  const ref = parseQueueArn(deadLetterTargetArn);
  const sameScope = ref?.account === source.account && ref.region === source.region;
  const target = ref !== undefined && sameScope ? await book.find(ref) : undefined;
  const fifo = attributes["FifoQueue"] === "true";
  checkDeadLetterQueue(
    changes["RedrivePolicy"],
    fifo,
    target && {
      fifo: target.settings.fifo,
      allows: allowsSource(target.record.attributes, queueArn(source)),
    },
  );
}
