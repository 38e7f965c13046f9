import { existsSync } from "node:fs";
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
  readonly #writer: Writer<QueueCall, QueueResult>;
  #opened: { readonly database: DatabaseSync; readonly reader: QueueReader } | undefined;
  #closing: Promise<void> | undefined;

  /** Opens the database at this path; where it is missing the first write makes it. @throws YunqueError as openDatabase */
  constructor(path: string) {
    this.#path = path;
    this.#writer = new Writer("queues", THREAD, path);
    if (existsSync(path)) this.#open();
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
    return this.#read((reader) => reader.find(queue, id), undefined);
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
    return this.#read((reader) => reader.names(prefix), []);
  }

  async purge(queue: string): Promise<number> {
    this.#check();
    checkQueue(queue);
    return this.#call({ kind: "purge", queue });
  }

  async nextVisible(queue: string): Promise<number | undefined> {
    this.#check();
    checkQueue(queue);
    return this.#read((reader) => reader.nextVisible(queue), undefined);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    this.#opened?.database.close();
  }

  /** Reads from the database; `otherwise` is the answer where nothing was ever written. */
  #read<T>(look: (reader: QueueReader) => T, otherwise: T): T {
    const opened = this.#opened;
    return opened ? translating(this.#path, () => look(opened.reader)) : otherwise;
  }

  #open(): void {
    if (this.#opened) return;
    const database = openQueueDatabase(this.#path);
    translating(this.#path, () => endLeases(database));
    this.#opened = { database, reader: new QueueReader(database) };
  }

  async #call<Kind extends QueueCall["kind"]>(
    call: Extract<QueueCall, { kind: Kind }>,
  ): Promise<QueueResults[Kind]> {
    this.#open();
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
