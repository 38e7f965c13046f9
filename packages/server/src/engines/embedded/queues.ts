import type { DatabaseSync } from "node:sqlite";
import type {
  Depth,
  Enqueued,
  Leased,
  LeaseOptions,
  MessageId,
  MessageState,
  NewMessage,
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
} from "../queue-rules.ts";
import { checkSpacePrefix } from "../space-rules.ts";
import {
  addedMessage,
  endingOf,
  type QueueCall,
  type QueueResult,
  type QueueResults,
  sizeOfCall,
} from "./queue-calls.ts";
import { QueueReader } from "./queue-reader.ts";
import { openQueueDatabase } from "./queue-schema.ts";
import { translating } from "./storage-faults.ts";
import { Writer } from "./writer.ts";

const THREAD = new URL("./queue-writer-thread.ts", import.meta.url);

/** Queues in SQLite: written, and counted, by a thread of their own. */
export class EmbeddedQueues implements Queues {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #reader: QueueReader;
  readonly #writer: Writer<QueueCall, QueueResult>;
  #closing: Promise<void> | undefined;

  /** Opens the database at this path, made where it is missing. @throws YunqueError as openDatabase */
  constructor(path: string) {
    this.#path = path;
    this.#database = openQueueDatabase(path);
    translating(path, () => endLeases(this.#database));
    this.#reader = new QueueReader(this.#database);
    this.#writer = new Writer("queues", THREAD, path);
  }

  async enqueue(queue: string, messages: readonly NewMessage[], now: number): Promise<Enqueued[]> {
    this.#check();
    checkEnqueue(queue, messages, now);
    if (messages.length === 0) return [];
    return this.#call({ kind: "enqueue", queue, messages: messages.map(addedMessage), now });
  }

  async lease(queue: string, options: LeaseOptions): Promise<Leased[]> {
    this.#check();
    return this.#call({ kind: "lease", queue, options: checkLease(queue, options) });
  }

  async settle(outcomes: readonly Outcome[], now: number): Promise<boolean[]> {
    this.#check();
    checkOutcomes(outcomes, now);
    if (outcomes.length === 0) return [];
    return this.#call({ kind: "settle", outcomes: outcomes.map(endingOf), now });
  }

  async find(queue: string, id: MessageId): Promise<MessageState | undefined> {
    this.#check();
    checkQueue(queue);
    checkId(id);
    return translating(this.#path, () => this.#reader.find(queue, id));
  }

  async expire(queue: string, before: number): Promise<number> {
    this.#check();
    checkQueue(queue);
    checkTime(before);
    return this.#call({ kind: "expire", queue, before });
  }

  async depth(queue: string, now: number): Promise<Depth> {
    this.#check();
    checkQueue(queue);
    checkTime(now);
    return this.#call({ kind: "depth", queue, now });
  }

  async names(prefix: string): Promise<string[]> {
    this.#check();
    checkSpacePrefix(prefix, "queue");
    return translating(this.#path, () => this.#reader.names(prefix));
  }

  async purge(queue: string): Promise<number> {
    this.#check();
    checkQueue(queue);
    return this.#call({ kind: "purge", queue });
  }

  async nextVisible(queue: string): Promise<number | undefined> {
    this.#check();
    checkQueue(queue);
    return translating(this.#path, () => this.#reader.nextVisible(queue));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    this.#database.close();
  }

  #call<Kind extends QueueCall["kind"]>(
    call: Extract<QueueCall, { kind: Kind }>,
  ): Promise<QueueResults[Kind]> {
    // The thread answers each kind of call with its own kind of result.
    return this.#writer.call(call, sizeOfCall(call)) as Promise<QueueResults[Kind]>;
  }

  #check(): void {
    if (this.#closing) throw storageError("StorageClosed", "the queues are closed");
  }
}

/** Leases of an earlier process have run out: their messages are visible since they were before. */
function endLeases(database: DatabaseSync): void {
  database.exec("UPDATE lease SET ends_at = visible_at WHERE ends_at > visible_at");
  database.exec("PRAGMA query_only = ON");
}
