import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Depth, Enqueued, Leased, LeaseOptions, MessageId } from "../../ports/queues.ts";
import type { AddedMessage, Ending } from "./queue-calls.ts";
import { type CountedQueue, QueueCounts } from "./queue-counts.ts";
import { QueueDelays } from "./queue-delays.ts";
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
  /** Of what is not leased. */
  readonly #delays: QueueDelays;
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
    const { countReady, countFollowers } = this.#sql;
    this.#delays = new QueueDelays((...range) =>
      [countReady, countFollowers].reduce(
        (sum, count) => sum + Number(count.get(...range)?.["n"]),
        0,
      ),
    );
    this.#writtenId = this.#readLastId();
    this.#lastId = this.#writtenId;
  }

  enqueue(name: string, messages: readonly AddedMessage[], now: number): Enqueued[] {
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

  settle(outcomes: readonly Ending[], now: number): boolean[] {
    return outcomes.map((outcome) => {
      if (!this.#end(outcome, now)) return false;
      for (const { queue, message } of outcome.added) this.#add(queue, message, now);
      return true;
    });
  }

  depth(name: string, now: number): Depth {
    const queue = this.#counts.find(name);
    if (!queue) return { visible: 0, delayed: 0, leased: 0, bytes: 0 };
    const { number, messages, bytes } = queue;
    const { countLeased, oldest } = this.#sql;
    const leased = Number(countLeased.get(number, now)?.["n"]);
    const delayed = this.#delays.count(number, now);
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
    this.#delays.forget();
    this.#messages.clear();
    this.#leases.clear();
    this.#writtenId = this.#readLastId();
    this.#lastId = this.#writtenId;
  }

  #add(name: string, message: AddedMessage, now: number): Enqueued {
    const { body, attributes, group, delayMs, leaseMs } = message;
    const queue = this.#counts.enter(name);
    const { number } = queue;
    const id = ++this.#lastId;
    this.#counts.add(queue, 1, body.length);
    this.#sql.addMessage.run(id, number, now, group, attributes, body);
    if (group !== null && this.#sql.enterGroup.run(number, group).changes === 0) {
      this.#sql.addFollower.run(number, group, id, now + delayMs);
      this.#delays.change(number, now + delayMs, 1);
      return { id, epoch: 0 };
    }
    if (leaseMs < 0) {
      this.#sql.addReady.run(number, now + delayMs, id, 0);
      this.#delays.change(number, now + delayMs, 1);
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
      this.#delays.change(number, visibleAt, -1);
      this.#sql.addLease.run(id, number, until, visibleAt, attempts, bytes, group);
    }
    this.#leases.keep(id, { queue: number, attempts, bytes, group });
  }

  /** Whether the lease was held; then it became what was asked for. */
  #end({ queue: name, id, epoch, kind, waitMs, attributes }: Ending, now: number): boolean {
    const queue = this.#counts.find(name);
    const lease = this.#leases.take(id) ?? storedLease(this.#sql.readLease.get(id));
    if (!lease) return false;
    const held = lease.queue === queue?.number && lease.attempts === epoch;
    if (!queue || !held || kind === "extended") this.#leases.keep(id, lease);
    if (!queue || !held) return false;
    if (kind === "extended") {
      this.#sql.extendLease.run(now + waitMs, id);
      return true;
    }
    this.#sql.removeLease.run(id);
    if (kind === "again") {
      this.#sql.addReady.run(queue.number, now + waitMs, id, epoch);
      this.#delays.change(queue.number, now + waitMs, 1);
      if (attributes !== null) this.#sql.changeAttributes.run(attributes, id);
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
