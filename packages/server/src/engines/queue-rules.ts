/** What ports/queues.ts says of queues, messages, leases and times, checked once for every engine. */
import type { LeaseOptions, NewMessage, Once, Outcome } from "../ports/queues.ts";
import { checkSpace, checkText } from "./space-rules.ts";

const MAX_MESSAGES = 1000;
const MAX_BODY_BYTES = 2 << 20;
const MAX_ATTRIBUTES_BYTES = 64 << 10;
const MAX_GROUP_BYTES = 256;
const MAX_KEYS = 4;
const MAX_KEY_BYTES = 512;
const MAX_NOTE_BYTES = 256;
const MAX_BATCH_BYTES = 32 << 20;
/** 366 days. */
const MAX_WAIT_MS = 31_622_400_000;

/** @throws RangeError */
export function checkQueue(queue: string): void {
  checkSpace(queue, "queue");
}

/** @throws RangeError */
export function checkEnqueue(queue: string, messages: readonly NewMessage[], now: number): void {
  checkQueue(queue);
  checkTime(now);
  checkMessages(messages);
}

/** At most so many messages are removed at a time. */
export const EXPIRY_LIMIT = MAX_MESSAGES;

/** The options with what they do not say. @throws RangeError */
export function checkLease(queue: string, options: LeaseOptions): Required<LeaseOptions> {
  const { now, leaseMs, limit } = options;
  const { maxBytes = MAX_BATCH_BYTES, groupLimit = 1, expireBefore = 0 } = options;
  checkQueue(queue);
  checkTime(now);
  checkWait(leaseMs, "leaseMs");
  checkNumber(limit, "limit", MAX_MESSAGES);
  checkNumber(maxBytes, "maxBytes", MAX_BATCH_BYTES);
  checkNumber(groupLimit, "groupLimit", MAX_MESSAGES);
  if (groupLimit === 0) throw new RangeError("a groupLimit of 0 hands nothing out");
  checkTime(expireBefore);
  return { now, leaseMs, limit, maxBytes, groupLimit, expireBefore };
}

/** @throws RangeError */
export function checkId(id: number): void {
  checkNumber(id, "id", Number.MAX_SAFE_INTEGER);
}

/** @throws RangeError */
export function checkOutcomes(outcomes: readonly Outcome[], now: number): void {
  checkTime(now);
  if (outcomes.length > MAX_MESSAGES)
    throw new RangeError(`${outcomes.length} outcomes at once, at most ${MAX_MESSAGES}`);
  for (const { queue, id, epoch, become } of outcomes) {
    checkQueue(queue);
    checkId(id);
    checkNumber(epoch, "epoch", Number.MAX_SAFE_INTEGER);
    if (become.kind === "extended") checkWait(become.leaseMs, "leaseMs");
    if (become.kind !== "again") continue;
    checkWait(become.delayMs, "delayMs");
    if (become.attributes !== undefined) checkAttributes(become.attributes);
  }
  const added = outcomes.flatMap(({ enqueue = [] }) => enqueue);
  for (const { queue, message } of added) {
    checkQueue(queue);
    if (message.leaseMs !== undefined)
      throw new RangeError("nobody would hold the lease of a message that is added by settle");
    if (message.once !== undefined)
      throw new RangeError("settle adds a message whether it was added before or not");
  }
  checkMessages(added.map(({ message }) => message));
}

/** @throws RangeError unless it is a time in whole milliseconds. */
export function checkTime(now: number): void {
  checkNumber(now, "time", Number.MAX_SAFE_INTEGER - MAX_WAIT_MS);
}

function checkMessages(messages: readonly NewMessage[]): void {
  if (messages.length > MAX_MESSAGES)
    throw new RangeError(`${messages.length} messages at once, at most ${MAX_MESSAGES}`);
  let bytes = 0;
  for (const message of messages) {
    checkMessage(message);
    bytes += message.body.length;
  }
  if (bytes > MAX_BATCH_BYTES)
    throw new RangeError(`more than ${MAX_BATCH_BYTES} bytes of bodies at once`);
}

function checkMessage(message: NewMessage): void {
  const { body, attributes, delayMs, leaseMs, group, enqueuedAt, once } = message;
  if (body.length > MAX_BODY_BYTES)
    throw new RangeError(`a body of ${body.length} bytes, at most ${MAX_BODY_BYTES}`);
  checkAttributes(attributes);
  if (group !== undefined) checkText(group, "group", MAX_GROUP_BYTES);
  if (delayMs !== undefined) checkWait(delayMs, "delayMs");
  if (enqueuedAt !== undefined) checkTime(enqueuedAt);
  if (once !== undefined) checkOnce(once);
  if (leaseMs === undefined) return;
  checkWait(leaseMs, "leaseMs");
  if (delayMs) throw new RangeError("a message that is leased at once cannot be delayed");
}

function checkOnce({ keys, forMs, note }: Once): void {
  if (keys.length < 1 || keys.length > MAX_KEYS)
    throw new RangeError(`${keys.length} keys of a message, 1 to ${MAX_KEYS}`);
  for (const key of keys) checkText(key, "key", MAX_KEY_BYTES);
  checkWait(forMs, "forMs");
  checkText(note, "note", MAX_NOTE_BYTES);
}

const checkAttributes = (attributes: string): void =>
  checkText(attributes, "text of attributes", MAX_ATTRIBUTES_BYTES);

const checkWait = (ms: number, what: string): void => checkNumber(ms, what, MAX_WAIT_MS);

function checkNumber(value: number, what: string, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`${what} ${value} is no whole number from 0 to ${max}`);
}
