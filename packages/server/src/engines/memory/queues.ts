import type {
  Depth,
  Enqueued,
  Leased,
  LeaseOptions,
  MessageId,
  NewMessage,
  Outcome,
  Queues,
} from "../../ports/queues.ts";
import { storageError } from "../../ports/storage-errors.ts";
import { checkEnqueue, checkLease, checkOutcomes, checkQueue, checkTime } from "../queue-rules.ts";
import { checkSpacePrefix } from "../space-rules.ts";

interface Message {
  readonly id: MessageId;
  readonly body: Uint8Array;
  readonly group: string | undefined;
  readonly enqueuedAt: number;
  attributes: string;
  /** How often it was leased: each lease's epoch. */
  attempts: number;
  /** Somebody may settle its lease, also one that has run out. */
  held: boolean;
  /** When it is visible; of a leased one, when its lease runs out. */
  visibleAt: number;
}

/** Queues as ports/queues.ts defines them, as plainly as they can be said. */
export class MemoryQueues implements Queues {
  /** Messages in the order in which they were added. Only queues that hold one are here. */
  readonly #queues = new Map<string, Map<MessageId, Message>>();
  #lastId = 0;
  #closed = false;

  async enqueue(queue: string, messages: readonly NewMessage[], now: number): Promise<Enqueued[]> {
    this.#check();
    checkEnqueue(queue, messages, now);
    return messages.map((message) => this.#add(queue, message, now));
  }

  async lease(queue: string, options: LeaseOptions): Promise<Leased[]> {
    this.#check();
    const maxBytes = checkLease(queue, options);
    const { now, leaseMs, limit } = options;
    const leased: Leased[] = [];
    let bytes = 0;
    for (const message of this.#next(queue, now).slice(0, limit)) {
      bytes += message.body.length;
      if (leased.length > 0 && bytes > maxBytes) break;
      hold(message, now + leaseMs);
      leased.push(leasedOf(queue, message));
    }
    return leased;
  }

  async settle(outcomes: readonly Outcome[], now: number): Promise<boolean[]> {
    this.#check();
    checkOutcomes(outcomes, now);
    return outcomes.map((outcome) => this.#settle(outcome, now));
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
    const [oldest] = messages;
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
    return this.#next(queue, Infinity)[0]?.visibleAt;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #add(queue: string, message: NewMessage, now: number): Enqueued {
    const { body, attributes, group, delayMs = 0, leaseMs } = message;
    const added: Message = {
      id: ++this.#lastId,
      body: new Uint8Array(body),
      group,
      enqueuedAt: now,
      attributes,
      attempts: 0,
      held: false,
      visibleAt: now + delayMs,
    };
    const behind =
      group !== undefined && this.#messages(queue).some((other) => other.group === group);
    if (leaseMs !== undefined && !behind) hold(added, now + leaseMs);
    const messages = this.#queues.get(queue) ?? new Map<MessageId, Message>();
    this.#queues.set(queue, messages.set(added.id, added));
    return { id: added.id, epoch: added.attempts };
  }

  /** What may be leased until then, in order: of each group the first alone. */
  #next(queue: string, until: number): Message[] {
    const groups = new Set<string>();
    const first = ({ group }: Message) =>
      group === undefined || groups.size < groups.add(group).size;
    return this.#messages(queue)
      .filter(first)
      .filter(({ visibleAt }) => visibleAt <= until)
      .sort((a, b) => a.visibleAt - b.visibleAt || a.id - b.id);
  }

  #settle({ queue, id, epoch, become, enqueue = [] }: Outcome, now: number): boolean {
    const message = this.#queues.get(queue)?.get(id);
    if (!message?.held || message.attempts !== epoch) return false;
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

function hold(message: Message, until: number): void {
  message.attempts++;
  message.held = true;
  message.visibleAt = until;
}

function leasedOf(queue: string, message: Message): Leased {
  const { id, attempts, body, attributes, enqueuedAt, group } = message;
  const leased = {
    queue,
    id,
    epoch: attempts,
    body: new Uint8Array(body),
    attributes,
    attempts,
    enqueuedAt,
  };
  return group === undefined ? leased : { ...leased, group };
}
