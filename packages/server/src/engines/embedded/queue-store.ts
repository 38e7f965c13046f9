import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type {
  Depth,
  Enqueued,
  Leased,
  LeaseOptions,
  MessageId,
  NewMessage,
  Outcome,
} from "../../ports/queues.ts";
import { type CountedQueue, QueueCounts } from "./queue-counts.ts";
import { prepareQueueStatements } from "./queue-statements.ts";
import { Recent } from "./recent.ts";

/** What a message's place among those that may be leased says of it. */
interface Candidate {
  readonly id: MessageId;
  readonly visibleAt: number;
  readonly attempts: number;
  /** Its lease has run out, and is still there. */
  readonly ended: boolean;
}

interface StoredMessage {
  readonly enqueuedAt: number;
  readonly group: string | null;
  readonly attributes: string;
  readonly body: Uint8Array;
}

interface StoredLease {
  readonly queue: number;
  readonly attempts: number;
  readonly bytes: number;
  readonly group: string | null;
}

/** About what a message takes besides its body and attributes, and a lease in all. */
const OVERHEAD = 200;
const RECENT_BYTES = 16 << 20;

/**
 * Queues as rows; every call is made inside of a transaction. A lease's epoch is the number of attempts with it: each
 * lease of a message has one more.
 */
export class QueueStore {
  readonly #sql: ReturnType<typeof prepareQueueStatements>;
  readonly #counts: QueueCounts;
  /** Never leased yet. */
  readonly #messages = new Recent<StoredMessage>(
    RECENT_BYTES,
    ({ body, attributes }) => body.length + attributes.length + OVERHEAD,
  );
  readonly #leases = new Recent<StoredLease>(RECENT_BYTES, () => OVERHEAD);
  #writtenId: number;
  #lastId: number;

  constructor(database: DatabaseSync) {
    this.#sql = prepareQueueStatements(database);
    this.#counts = new QueueCounts(database);
    this.#writtenId = this.#readLastId();
    this.#lastId = this.#writtenId;
  }

  enqueue(name: string, messages: readonly NewMessage[], now: number): Enqueued[] {
    return messages.map((message) => this.#add(name, message, now));
  }

  lease(name: string, options: Required<LeaseOptions>): Leased[] {
    const queue = this.#counts.find(name);
    if (!queue) return [];
    const { now, leaseMs, limit, maxBytes } = options;
    const leased: Leased[] = [];
    let bytes = 0;
    for (const candidate of this.#candidates(queue, now, limit)) {
      const message = this.#read(name, candidate);
      bytes += message.body.length;
      if (leased.length > 0 && bytes > maxBytes) break;
      this.#hold(queue, candidate, message, now + leaseMs);
      leased.push(message);
    }
    return leased;
  }

  settle(outcomes: readonly Outcome[], now: number): boolean[] {
    return outcomes.map((outcome) => {
      if (!this.#end(outcome, now)) return false;
      for (const { queue, message } of outcome.enqueue ?? []) this.#add(queue, message, now);
      return true;
    });
  }

  depth(name: string, now: number): Depth {
    const queue = this.#counts.find(name);
    if (!queue) return { visible: 0, delayed: 0, leased: 0, bytes: 0 };
    const { number, messages, bytes } = queue;
    const { countDelayed, countDelayedFollowers, countLeased, oldest } = this.#sql;
    const leased = Number(countLeased.get(number, now)?.["n"]);
    const delayed =
      Number(countDelayed.get(number, now)?.["n"]) +
      Number(countDelayedFollowers.get(number, now)?.["n"]);
    const visible = messages - leased - delayed;
    const oldestEnqueuedAt = Number(oldest.get(number)?.["enqueued_at"]);
    return { visible, delayed, leased, bytes, oldestEnqueuedAt };
  }

  /** Its rows stay, and are nobody's: queue-sweep.ts removes them. */
  purge(name: string): number {
    const queue = this.#counts.find(name);
    if (!queue) return 0;
    this.#sql.addPurged.run(queue.number);
    this.#counts.drop(queue);
    return queue.messages;
  }

  /** Writes what was counted, before the transaction ends. */
  write(): void {
    this.#counts.write();
    if (this.#lastId === this.#writtenId) return;
    this.#sql.writeLastId.run(this.#lastId);
    this.#writtenId = this.#lastId;
  }

  /** The transaction failed: what was counted is no more. */
  forget(): void {
    this.#counts.forget();
    this.#messages.clear();
    this.#leases.clear();
    this.#writtenId = this.#readLastId();
    this.#lastId = this.#writtenId;
  }

  #add(name: string, message: NewMessage, now: number): Enqueued {
    const { body, attributes, group = null, delayMs = 0, leaseMs } = message;
    const queue = this.#counts.enter(name);
    const { number } = queue;
    const id = ++this.#lastId;
    this.#counts.add(queue, 1, body.length);
    this.#sql.addMessage.run(id, number, now, group, attributes, body);
    if (group !== null && this.#sql.enterGroup.run(number, group).changes === 0) {
      this.#sql.addFollower.run(number, group, id, now + delayMs);
      return { id, epoch: 0 };
    }
    if (leaseMs === undefined) {
      this.#sql.addReady.run(number, now + delayMs, id, 0);
      this.#messages.keep(id, { enqueuedAt: now, group, attributes, body });
      return { id, epoch: 0 };
    }
    this.#sql.addLease.run(id, number, now + leaseMs, now, 1, body.length, group);
    this.#leases.keep(id, { queue: number, attempts: 1, bytes: body.length, group });
    return { id, epoch: 1 };
  }

  /** What may be leased, in order. */
  #candidates({ number }: CountedQueue, now: number, limit: number): Candidate[] {
    const ready = this.#sql.listReady.all(number, now, limit).map((row) => ({
      id: Number(row["id"]),
      visibleAt: Number(row["visible_at"]),
      attempts: Number(row["attempts"]),
      ended: false,
    }));
    const ended = this.#sql.listEnded.all(number, now, limit).map((row) => ({
      id: Number(row["id"]),
      visibleAt: Number(row["ends_at"]),
      attempts: Number(row["attempts"]),
      ended: true,
    }));
    if (ended.length === 0) return ready;
    return [...ready, ...ended]
      .sort((a, b) => a.visibleAt - b.visibleAt || a.id - b.id)
      .slice(0, limit);
  }

  /** The message as it is once it is leased. */
  #read(queue: string, { id, attempts }: Candidate): Leased {
    const { enqueuedAt, group, attributes, body } =
      this.#messages.take(id) ?? storedMessage(this.#sql.readMessage.get(id));
    const epoch = attempts + 1;
    const leased = { queue, id, epoch, body, attributes, attempts: epoch, enqueuedAt };
    return group === null ? leased : { ...leased, group };
  }

  #hold({ number }: CountedQueue, candidate: Candidate, message: Leased, until: number): void {
    const { id, visibleAt, ended } = candidate;
    const { attempts, body, group = null } = message;
    const bytes = body.length;
    if (ended) {
      this.#sql.renewLease.run(until, attempts, id);
      this.#leases.take(id);
    } else {
      this.#sql.removeReady.run(number, visibleAt, id);
      this.#sql.addLease.run(id, number, until, visibleAt, attempts, bytes, group);
    }
    this.#leases.keep(id, { queue: number, attempts, bytes, group });
  }

  /** Whether the lease was held; then it became what was asked for. */
  #end({ queue: name, id, epoch, become }: Outcome, now: number): boolean {
    const queue = this.#counts.find(name);
    const lease = this.#leases.take(id) ?? storedLease(this.#sql.readLease.get(id));
    if (!lease) return false;
    const held = lease.queue === queue?.number && lease.attempts === epoch;
    if (!queue || !held || become.kind === "extended") this.#leases.keep(id, lease);
    if (!queue || !held) return false;
    if (become.kind === "extended") {
      this.#sql.extendLease.run(now + become.leaseMs, id);
      return true;
    }
    this.#sql.removeLease.run(id);
    if (become.kind === "again") {
      this.#sql.addReady.run(queue.number, now + become.delayMs, id, epoch);
      if (become.attributes !== undefined) this.#sql.changeAttributes.run(become.attributes, id);
      return true;
    }
    this.#sql.removeMessage.run(id);
    this.#counts.add(queue, -1, -lease.bytes);
    if (lease.group !== null) this.#moveOn(queue.number, lease.group);
    return true;
  }

  /** The first of a group is gone: the next one takes its place. */
  #moveOn(number: number, group: string): void {
    const next = this.#sql.firstFollower.get(number, group);
    if (!next) {
      this.#sql.leaveGroup.run(number, group);
      return;
    }
    const id = Number(next["id"]);
    this.#sql.removeFollower.run(number, group, id);
    this.#sql.addReady.run(number, Number(next["visible_at"]), id, 0);
  }

  #readLastId(): number {
    return Number(this.#sql.readLastId.get()?.["value"]);
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function storedMessage(row: Row = {}): StoredMessage {
  return {
    enqueuedAt: Number(row["enqueued_at"]),
    group: textOrNull(row["member_of"]),
    attributes: String(row["attributes"]),
    body: row["body"] as Uint8Array,
  };
}

function storedLease(row: Row | undefined): StoredLease | undefined {
  return (
    row && {
      queue: Number(row["queue"]),
      attempts: Number(row["attempts"]),
      bytes: Number(row["bytes"]),
      group: textOrNull(row["member_of"]),
    }
  );
}

const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  typeof value === "string" ? value : null;
