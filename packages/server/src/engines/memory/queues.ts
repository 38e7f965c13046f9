import type {
  Depth,
  Enqueued,
  Leased,
  LeaseOptions,
  MessageId,
  MessageState,
  NewMessage,
  Once,
  Outcome,
  Queues,
} from "../../ports/queues.ts";
import { storageError } from "../../ports/storage-errors.ts";
import {
  checkEnqueue,
  checkId,
  checkLease,
  checkOutcomes,
  checkQueue,
  checkTime,
  EXPIRY_LIMIT,
} from "../queue-rules.ts";
import { checkSpacePrefix } from "../space-rules.ts";

interface Message {
  readonly id: MessageId;
  readonly body: Uint8Array;
  readonly group: string | undefined;
  readonly enqueuedAt: number;
  attributes: string;
  /** How often it was leased: each lease's epoch. */
  attempts: number;
  firstLeasedAt: number | undefined;
  /** Somebody may settle its lease, also one that has run out. */
  held: boolean;
  /** When it is visible; of a leased one, when its lease runs out. */
  visibleAt: number;
}

/** What is remembered of a message that is added once. */
interface Added {
  readonly id: MessageId;
  readonly note: string;
  readonly until: number;
}

/** Queues as ports/queues.ts defines them, as plainly as they can be said. */
export class MemoryQueues implements Queues {
  /** Messages in the order in which they were added. Only queues that hold one are here. */
  readonly #queues = new Map<string, Map<MessageId, Message>>();
  /** By queue and key. */
  readonly #added = new Map<string, Map<string, Added>>();
  #lastId = 0;
  #closed = false;

  async enqueue(queue: string, messages: readonly NewMessage[], now: number): Promise<Enqueued[]> {
    this.#check();
    checkEnqueue(queue, messages, now);
    return messages.map((message) => this.#addOnce(queue, message, now));
  }

  async lease(queue: string, options: LeaseOptions): Promise<Leased[]> {
    this.#check();
    const { now, leaseMs, limit, maxBytes, groupLimit, expireBefore } = checkLease(queue, options);
    this.#expire(queue, expireBefore);
    const leased: Leased[] = [];
    let bytes = 0;
    for (const message of this.#next(queue, now, groupLimit).slice(0, limit)) {
      if (message.enqueuedAt < expireBefore) break;
      bytes += message.body.length;
      if (leased.length > 0 && bytes > maxBytes) break;
      hold(message, now, leaseMs);
      leased.push(leasedOf(queue, message));
    }
    return leased;
  }

  async settle(outcomes: readonly Outcome[], now: number): Promise<boolean[]> {
    this.#check();
    checkOutcomes(outcomes, now);
    return outcomes.map((outcome) => this.#settle(outcome, now));
  }

  async find(queue: string, id: MessageId): Promise<MessageState | undefined> {
    this.#check();
    checkQueue(queue);
    checkId(id);
    const message = this.#queues.get(queue)?.get(id);
    if (message === undefined) return undefined;
    const { attempts: epoch, held, visibleAt } = message;
    return held ? { epoch, leasedUntil: visibleAt } : { epoch };
  }

  async expire(queue: string, before: number): Promise<number> {
    this.#check();
    checkQueue(queue);
    checkTime(before);
    return this.#expire(queue, before);
  }

  async depth(queue: string, now: number): Promise<Depth> {
    this.#check();
    checkQueue(queue);
    checkTime(now);
    const messages = this.#messages(queue);
    const waiting = messages.filter(({ visibleAt }) => visibleAt > now);
    const leased = waiting.filter(({ held }) => held).length;
    const depth = {
      visible: messages.length - waiting.length,
      delayed: waiting.length - leased,
      leased,
      bytes: messages.reduce((sum, { body }) => sum + body.length, 0),
    };
    const [oldest] = byAge(messages);
    return oldest ? { ...depth, oldestEnqueuedAt: oldest.enqueuedAt } : depth;
  }

  async names(prefix: string): Promise<string[]> {
    this.#check();
    checkSpacePrefix(prefix, "queue");
    return [...this.#queues.keys()].filter((queue) => queue.startsWith(prefix)).sort();
  }

  async purge(queue: string): Promise<number> {
    this.#check();
    checkQueue(queue);
    const count = this.#messages(queue).length;
    this.#queues.delete(queue);
    return count;
  }

  async nextVisible(queue: string): Promise<number | undefined> {
    this.#check();
    checkQueue(queue);
    return this.#next(queue, Infinity, 1)[0]?.visibleAt;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #addOnce(queue: string, message: NewMessage, now: number): Enqueued {
    const { once } = message;
    const first = once && this.#wasAdded(queue, once, now);
    if (first !== undefined) return { id: first.id, epoch: 0, duplicate: first.note };
    const added = this.#add(queue, message, now);
    const [key] = once?.keys ?? [];
    if (once === undefined || key === undefined) return added;
    const keys = this.#added.get(queue) ?? new Map<string, Added>();
    keys.set(key, { id: added.id, note: once.note, until: now + once.forMs });
    this.#added.set(queue, keys);
    return added;
  }

  #wasAdded(queue: string, { keys }: Once, now: number): Added | undefined {
    const added = this.#added.get(queue);
    for (const [key, { until }] of added ?? []) if (until <= now) added?.delete(key);
    return keys.map((key) => added?.get(key)).find((one) => one !== undefined);
  }

  #add(queue: string, message: NewMessage, now: number): Enqueued {
    const { body, attributes, group, delayMs = 0, leaseMs, enqueuedAt = now } = message;
    const added: Message = {
      id: ++this.#lastId,
      body: new Uint8Array(body),
      group,
      enqueuedAt,
      attributes,
      attempts: 0,
      firstLeasedAt: undefined,
      held: false,
      visibleAt: now + delayMs,
    };
    const behind =
      group !== undefined && this.#messages(queue).some((other) => other.group === group);
    if (leaseMs !== undefined && !behind) hold(added, now, leaseMs);
    const messages = this.#queues.get(queue) ?? new Map<MessageId, Message>();
    this.#queues.set(queue, messages.set(added.id, added));
    return { id: added.id, epoch: added.attempts };
  }

  /** What may be leased until then, in order: of each group the first, and those behind it that are visible, too. */
  #next(queue: string, until: number, groupLimit: number): Message[] {
    const runs = new Map<string | MessageId, Message[]>();
    const closed = new Set<string | MessageId>();
    for (const message of this.#messages(queue)) {
      const key = message.group ?? message.id;
      const run = runs.get(key) ?? [];
      if (closed.has(key) || run.length === groupLimit) continue;
      if (message.visibleAt <= until) runs.set(key, [...run, message]);
      else closed.add(key);
    }
    return [...runs.values()].sort(([a], [b]) => (a && b ? byTime(a, b) : 0)).flat();
  }

  #settle(outcome: Outcome, now: number): boolean {
    const { queue, id, epoch, become, unlessEnded, enqueue = [] } = outcome;
    const message = this.#queues.get(queue)?.get(id);
    if (!message?.held || message.attempts !== epoch) return false;
    if (unlessEnded && message.visibleAt <= now) return false;
    if (become.kind === "done") this.#remove(queue, id);
    else if (become.kind === "extended") message.visibleAt = now + become.leaseMs;
    else {
      message.held = false;
      message.visibleAt = now + become.delayMs;
      message.attributes = become.attributes ?? message.attributes;
    }
    for (const added of enqueue) this.#add(added.queue, added.message, now);
    return true;
  }

  #expire(queue: string, before: number): number {
    const old = byAge(this.#messages(queue))
      .filter(({ enqueuedAt }) => enqueuedAt < before)
      .slice(0, EXPIRY_LIMIT);
    for (const { id } of old) this.#remove(queue, id);
    return old.length;
  }

  #remove(queue: string, id: MessageId): void {
    const messages = this.#queues.get(queue);
    messages?.delete(id);
    if (messages?.size === 0) this.#queues.delete(queue);
  }

  #messages(queue: string): Message[] {
    return [...(this.#queues.get(queue)?.values() ?? [])];
  }

  #check(): void {
    if (this.#closed) throw storageError("StorageClosed", "the queues are closed");
  }
}

const byTime = (a: Message, b: Message): number => a.visibleAt - b.visibleAt || a.id - b.id;

const byAge = (messages: readonly Message[]): Message[] =>
  messages.toSorted((a, b) => a.enqueuedAt - b.enqueuedAt || a.id - b.id);

function hold(message: Message, now: number, leaseMs: number): void {
  message.attempts++;
  message.firstLeasedAt ??= now;
  message.held = true;
  message.visibleAt = now + leaseMs;
}

function leasedOf(queue: string, message: Message): Leased {
  const { id, attempts, body, attributes, enqueuedAt, group, firstLeasedAt = 0 } = message;
  const leased = {
    queue,
    id,
    epoch: attempts,
    body: new Uint8Array(body),
    attributes,
    attempts,
    enqueuedAt,
    firstLeasedAt,
  };
  return group === undefined ? leased : { ...leased, group };
}
