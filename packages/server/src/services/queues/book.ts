/** Which queues there are: read once, kept at hand, and written through. Nobody else writes their records. */
import { randomBytes } from "node:crypto";
import { isQueueName, type QueueRef, queueArn } from "../../domain/queue-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { RecordConflict, type Records, type Versioned } from "../../ports/records.ts";
import { settingsOf } from "./attributes.ts";
import { missingQueue, queueError } from "./errors.ts";
import { messagesName, type Queue, type QueueRecord, recordsSpace } from "./model.ts";

/** So many changes of one queue that collide in a row: the caller tries again later. */
const MAX_ATTEMPTS = 20;

export class QueueBook {
  readonly #records: Records;
  readonly #queues = new Map<string, Queue>();
  /** Grows with every change, so that what was read before one is not taken for what is there after it. */
  #changes = 0;

  constructor(records: Records) {
    this.#records = records;
  }

  async find(ref: QueueRef): Promise<Queue | undefined> {
    for (;;) {
      const known = this.#queues.get(keyOf(ref));
      if (known !== undefined || !isQueueName(ref.name)) return known;
      const changes = this.#changes;
      const found = await this.#records.get<QueueRecord>(recordsSpace(ref), ref.name);
      if (changes !== this.#changes) continue;
      return found && this.#keep(ref, found);
    }
  }

  /** @throws YunqueError QueueMissing */
  async get(ref: QueueRef): Promise<Queue> {
    const queue = await this.find(ref);
    if (queue === undefined) throw missingQueue();
    return queue;
  }

  /** Undefined: somebody else made it first. */
  async add(ref: QueueRef, record: Omit<QueueRecord, "generation">): Promise<Queue | undefined> {
    const generation = randomBytes(9).toString("base64url");
    const added = await this.#commit(ref, { ...record, generation }, 0);
    return added ? this.get(ref) : undefined;
  }

  /** Lets `decide` say what the queue becomes; it decides again where somebody else's change came first. */
  async edit(
    ref: QueueRef,
    decide: (queue: Queue) => QueueRecord | Promise<QueueRecord>,
  ): Promise<Queue> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const queue = await this.get(ref);
      if (await this.#commit(ref, await decide(queue), queue.revision)) return this.get(ref);
    }
    throw queueError("QueueContended", "Too many changes of the queue at once.");
  }

  /** Answers what it was. @throws YunqueError QueueMissing */
  async remove(ref: QueueRef): Promise<Queue> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const queue = await this.get(ref);
      if (await this.#commit(ref, undefined, queue.revision)) return queue;
    }
    throw queueError("QueueContended", "Too many changes of the queue at once.");
  }

  /** In the order of their names. */
  async all(scope: Scope, prefix = ""): Promise<Queue[]> {
    const listed = await everyRecord<QueueRecord>(this.#records, recordsSpace(scope), prefix);
    return listed.map((found) => read({ ...scope, name: found.id }, found));
  }

  /** Every queue of every account and region. */
  async everywhere(): Promise<Queue[]> {
    const found: Queue[] = [];
    for (const space of await this.#records.spaces("")) {
      const [account = "", region = "", kind, ...more] = space.split("/");
      if (kind === "queues" && more.length === 0)
        found.push(...(await this.all({ account, region })));
    }
    return found;
  }

  /** Whether it was kept: false where the record is not what was expected. */
  async #commit(ref: QueueRef, record: QueueRecord | undefined, expect: number): Promise<boolean> {
    const place = { space: recordsSpace(ref), id: ref.name, expect };
    try {
      await this.#records.commit([
        record === undefined ? { delete: true, ...place } : { put: record, ...place },
      ]);
      return true;
    } catch (error) {
      if (error instanceof RecordConflict) return false;
      throw error;
    } finally {
      this.#changes++;
      this.#queues.delete(keyOf(ref));
    }
  }

  #keep(ref: QueueRef, found: Versioned<QueueRecord>): Queue {
    const queue = read(ref, found);
    this.#queues.set(keyOf(ref), queue);
    return queue;
  }
}

const keyOf = ({ account, region, name }: QueueRef): string => `${account}/${region}/${name}`;

function read(
  { account, region, name }: QueueRef,
  { value, revision }: Versioned<QueueRecord>,
): Queue {
  const ref = { account, region, name };
  return {
    ...ref,
    arn: queueArn(ref),
    record: value,
    revision,
    settings: settingsOf(value.attributes),
    messages: messagesName(ref, value.generation),
  };
}
