/** What ports/queues.ts says of queues, messages, leases and times, checked once for every engine. */
import type { LeaseOptions, NewMessage, Outcome } from "../ports/queues.ts";
import { checkSpace, checkText } from "./space-rules.ts";

const MAX_MESSAGES = 1000;
const MAX_BODY_BYTES = 2 << 20;
const MAX_ATTRIBUTES_BYTES = 64 << 10;
const MAX_GROUP_BYTES = 256;
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

/** The bytes of bodies that the options mean. @throws RangeError */
export function checkLease(queue: string, options: LeaseOptions): number {
  const { now, leaseMs, limit, maxBytes = MAX_BATCH_BYTES } = options;
  checkQueue(queue);
  checkTime(now);
  checkWait(leaseMs, "leaseMs");
  checkNumber(limit, "limit", MAX_MESSAGES);
  checkNumber(maxBytes, "maxBytes", MAX_BATCH_BYTES);
  return maxBytes;
}

/** @throws RangeError */
export function checkOutcomes(outcomes: readonly Outcome[], now: number): void {
  checkTime(now);
  if (outcomes.length > MAX_MESSAGES)
    throw new RangeError(`${outcomes.length} outcomes at once, at most ${MAX_MESSAGES}`);
  for (const { queue, id, epoch, become } of outcomes) {
    checkQueue(queue);
    checkNumber(id, "id", Number.MAX_SAFE_INTEGER);
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

function checkMessage({ body, attributes, delayMs, leaseMs, group }: NewMessage): void {
  if (body.length > MAX_BODY_BYTES)
    throw new RangeError(`a body of ${body.length} bytes, at most ${MAX_BODY_BYTES}`);
  checkAttributes(attributes);
  if (group !== undefined) checkText(group, "group", MAX_GROUP_BYTES);
  if (delayMs !== undefined) checkWait(delayMs, "delayMs");
  if (leaseMs === undefined) return;
  checkWait(leaseMs, "leaseMs");
  if (delayMs) throw new RangeError("a message that is leased at once cannot be delayed");
}

const checkAttributes = (attributes: string): void =>
  checkText(attributes, "text of attributes", MAX_ATTRIBUTES_BYTES);

const checkWait = (ms: number, what: string): void => checkNumber(ms, what, MAX_WAIT_MS);

function checkNumber(value: number, what: string, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`${what} ${value} is no whole number from 0 to ${max}`);
}
