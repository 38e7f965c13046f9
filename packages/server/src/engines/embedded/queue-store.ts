import type { DatabaseSync } from "node:sqlite";
import type { Depth, Enqueued, Leased, LeaseOptions } from "../../ports/queues.ts";
import { EXPIRY_LIMIT } from "../queue-rules.ts";
import type { AddedMessage, Ending } from "./queue-calls.ts";
import { QueueCandidates } from "./queue-candidates.ts";
import { type CountedQueue, QueueCounts } from "./queue-counts.ts";
import { QueueDelays } from "./queue-delays.ts";
import { QueueOnce } from "./queue-once.ts";
import {
  type Candidate,
  type StoredLease,
  type StoredMessage,
  storedLease,
  storedMessage,
  textOrNull,
} from "./queue-rows.ts";
import { prepareQueueStatements, type QueueStatements } from "./queue-statements.ts";
import { Recent } from "./recent.ts";

/** About what a message takes besides its body and attributes, and a lease in all. */
const OVERHEAD = 200;
const RECENT_BYTES = 16 << 20;

/**
 * Queues as rows; every call is made inside of a transaction. A lease's epoch is the number of attempts with it: each
 * lease of a message has one more. Of a group the first is in `ready`, or its lease is not blocked; the others are
 * followers, or their leases are blocked.
 */
export class QueueStore {
  readonly #sql: QueueStatements;
  readonly #counts: QueueCounts;
  /** Of what is not leased. */
  readonly #delays: QueueDelays;
  readonly #once: QueueOnce;
  readonly #candidates: QueueCandidates;
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
    this.#once = new QueueOnce(this.#sql);
    this.#candidates = new QueueCandidates(this.#sql);
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
    return messages.map((message) => {
      const { once } = message;
      if (once === null) return this.#add(name, message, now);
      const first = this.#once.first(name, once, now);
      if (first !== undefined) return first;
      const added = this.#add(name, message, now);
      this.#once.remember(name, once, added.id, now);
      return added;
    });
  }

  lease(name: string, options: Required<LeaseOptions>): Leased[] {
    const { now, limit, maxBytes, groupLimit, expireBefore } = options;
    if (expireBefore > 0) this.expire(name, expireBefore);
    const queue = this.#counts.find(name);
    const leased: Leased[] = [];
    if (!queue) return leased;
    let bytes = 0;
    /** Whether there is room for it, and then it is leased. */
    const take = (candidate: Candidate, blocked: boolean): Leased | undefined => {
      if (leased.length >= limit) return undefined;
      const message = this.#read(name, candidate, now);
      bytes += message.body.length;
      const fits = leased.length === 0 || bytes <= maxBytes;
      if (!fits || message.enqueuedAt < expireBefore) {
        bytes = Infinity; // nobody is passed over
        this.#putBack(candidate, message);
        return undefined;
      }
      this.#hold(queue, candidate, message, blocked, options);
      leased.push(message);
      return message;
    };
    for (const first of this.#candidates.inOrder(queue.number, now, limit)) {
      const message = take(first, false);
      if (message === undefined) break;
      const { group } = message;
      if (group === undefined) continue;
      let last = first.id;
      for (let taken = 1; taken < groupLimit; taken++) {
        const next = this.#candidates.after(queue.number, group, last);
        if (next === undefined || next.visibleAt > now || !take(next, true)) break;
        last = next.id;
      }
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

  expire(name: string, before: number): number {
    const queue = this.#counts.find(name);
    if (!queue) return 0;
    const { number } = queue;
    const old = this.#sql.listOld.all(number, before, EXPIRY_LIMIT);
    for (const row of old) {
      const id = Number(row["id"]);
      const group = textOrNull(row["member_of"]);
      const first = this.#takeAway(number, id, group, Number(row["visible_at"]));
      this.#messages.take(id);
      this.#sql.removeMessage.run(id);
      this.#counts.add(queue, -1, -Number(row["bytes"]));
      if (first && group !== null) this.#moveOn(number, group);
    }
    return old.length;
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
    const enqueuedAt = message.enqueuedAt < 0 ? now : message.enqueuedAt;
    const queue = this.#counts.enter(name);
    const { number } = queue;
    const id = ++this.#lastId;
    const visibleAt = now + delayMs;
    this.#counts.add(queue, 1, body.length);
    this.#sql.addMessage.run(id, number, enqueuedAt, group, attributes, body, visibleAt);
    const behind = group !== null && this.#sql.enterGroup.run(number, group).changes === 0;
    if (!behind && leaseMs >= 0) {
      const lease = { queue: number, attempts: 1, bytes: body.length, group, firstLeasedAt: now };
      this.#addLease(id, { ...lease, blocked: false, endsAt: now + leaseMs }, now);
      return { id, epoch: 1 };
    }
    if (behind) this.#sql.addFollower.run(number, group, id, visibleAt, 0, null);
    else this.#sql.addReady.run(number, visibleAt, id, 0, null);
    this.#delays.change(number, visibleAt, 1);
    this.#messages.keep(id, { enqueuedAt, group, attributes, body });
    return { id, epoch: 0 };
  }

  /** The message as it is once it is leased. */
  #read(queue: string, { id, attempts, firstLeasedAt }: Candidate, now: number): Leased {
    const { enqueuedAt, group, attributes, body } =
      this.#messages.take(id) ?? storedMessage(this.#sql.readMessage.get(id));
    const epoch = attempts + 1;
    const leased = {
      ...{ queue, id, epoch, body, attributes, attempts: epoch, enqueuedAt },
      firstLeasedAt: firstLeasedAt ?? now,
    };
    return group === null ? leased : { ...leased, group };
  }

  /** It was read, and is not leased after all. */
  #putBack({ id, attempts }: Candidate, message: Leased): void {
    const { enqueuedAt, group = null, attributes, body } = message;
    if (attempts === 0) this.#messages.keep(id, { enqueuedAt, group, attributes, body });
  }

  #hold(
    { number }: CountedQueue,
    { id, place, visibleAt }: Candidate,
    message: Leased,
    blocked: boolean,
    { now, leaseMs }: LeaseOptions,
  ): void {
    const { attempts, body, firstLeasedAt } = message;
    const group: string | null = message.group ?? null;
    const endsAt = now + leaseMs;
    const bytes = body.length;
    const lease = { queue: number, attempts, bytes, group, firstLeasedAt, blocked, endsAt };
    if (place === "lease") {
      this.#sql.renewLease.run(endsAt, attempts, id);
      this.#leases.take(id);
      this.#leases.keep(id, lease);
      return;
    }
    if (place === "ready" || group === null) this.#sql.removeReady.run(number, visibleAt, id);
    else this.#sql.removeFollower.run(number, group, id);
    this.#delays.change(number, visibleAt, -1);
    this.#addLease(id, lease, visibleAt);
  }

  #addLease(id: number, lease: StoredLease, visibleAt: number): void {
    const { queue, attempts, bytes, group, firstLeasedAt, blocked, endsAt } = lease;
    this.#sql.addLease.run(
      id,
      queue,
      endsAt,
      visibleAt,
      attempts,
      bytes,
      group,
      firstLeasedAt,
      Number(blocked),
    );
    this.#leases.keep(id, lease);
  }

  /** Whether the lease was held; then it became what was asked for. */
  #end(ending: Ending, now: number): boolean {
    const { queue: name, id, epoch, kind, waitMs, unlessEnded, attributes } = ending;
    const queue = this.#counts.find(name);
    const lease = this.#leases.take(id) ?? storedLease(this.#sql.readLease.get(id));
    if (!lease) return false;
    const held =
      lease.queue === queue?.number &&
      lease.attempts === epoch &&
      !(unlessEnded && lease.endsAt <= now);
    if (!queue || !held) {
      this.#leases.keep(id, lease);
      return false;
    }
    const until = now + waitMs;
    if (kind === "extended") {
      this.#leases.keep(id, { ...lease, endsAt: until });
      this.#sql.extendLease.run(until, id);
      return true;
    }
    const { group, blocked, firstLeasedAt } = lease;
    this.#sql.removeLease.run(id);
    if (kind === "again") {
      if (blocked && group !== null)
        this.#sql.addFollower.run(queue.number, group, id, until, epoch, firstLeasedAt);
      else this.#sql.addReady.run(queue.number, until, id, epoch, firstLeasedAt);
      this.#delays.change(queue.number, until, 1);
      this.#sql.moveMessage.run(until, id);
      if (attributes !== null) this.#sql.changeAttributes.run(attributes, id);
      return true;
    }
    this.#sql.removeMessage.run(id);
    this.#counts.add(queue, -1, -lease.bytes);
    if (group !== null && !blocked) this.#moveOn(queue.number, group);
    return true;
  }

  /** Removes a message from where it waits or is leased; answers whether it was the first of its group. */
  #takeAway(number: number, id: number, group: string | null, visibleAt: number): boolean {
    const lease = this.#leases.take(id) ?? storedLease(this.#sql.readLease.get(id));
    if (lease) {
      this.#sql.removeLease.run(id);
      return !lease.blocked;
    }
    this.#delays.change(number, visibleAt, -1);
    const { removeReady, removeFollower } = this.#sql;
    if (group !== null && removeFollower.run(number, group, id).changes > 0) return false;
    removeReady.run(number, visibleAt, id);
    return true;
  }

  /** The first of a group is gone: the next one takes its place. */
  #moveOn(number: number, group: string): void {
    const next = this.#candidates.after(number, group, 0);
    if (!next) {
      this.#sql.leaveGroup.run(number, group);
      return;
    }
    const { id, place, visibleAt, attempts, firstLeasedAt } = next;
    if (place === "lease") {
      this.#sql.unblockLease.run(id);
      const lease = this.#leases.take(id);
      if (lease) this.#leases.keep(id, { ...lease, blocked: false });
      return;
    }
    this.#sql.removeFollower.run(number, group, id);
    this.#sql.addReady.run(number, visibleAt, id, attempts, firstLeasedAt);
  }

  #readLastId(): number {
    return Number(this.#sql.readLastId.get()?.["value"]);
  }
}
