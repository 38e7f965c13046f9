import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A queue that holds messages, or is about to. */
export interface CountedQueue {
  readonly name: string;
  /** Stands for the queue in the other tables. Never given to another one. */
  readonly number: number;
  messages: number;
  bytes: number;
}

/** So many queues are kept at hand. */
const REMEMBERED = 10_000;

/**
 * Which queues there are and how much they hold. Counts change in memory, and are written once for each transaction:
 * `write` before it ends, `forget` where it failed.
 */
export class QueueCounts {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #queues = new Map<string, CountedQueue>();
  readonly #changed = new Set<CountedQueue>();
  #lastNumber: number;

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database);
    this.#lastNumber = this.#readLast();
  }

  /** The queue of this name, if it holds a message. */
  find(name: string): CountedQueue | undefined {
    const known = this.#queues.get(name) ?? this.#read(name);
    return known && known.messages > 0 ? known : undefined;
  }

  /** The queue of this name, made where it is missing. */
  enter(name: string): CountedQueue {
    const known = this.#queues.get(name) ?? this.#read(name);
    if (known) return known;
    const queue = { name, number: ++this.#lastNumber, messages: 0, bytes: 0 };
    this.#statements.last.run(queue.number);
    this.#queues.set(name, queue);
    return queue;
  }

  add(queue: CountedQueue, messages: number, bytes: number): void {
    queue.messages += messages;
    queue.bytes += bytes;
    this.#changed.add(queue);
  }

  /** The queue is no more; another of its name has another number. */
  drop(queue: CountedQueue): void {
    this.#statements.remove.run(queue.number);
    this.#changed.delete(queue);
    this.#queues.delete(queue.name);
  }

  write(): void {
    for (const { number, name, messages, bytes } of this.#changed)
      if (messages > 0) this.#statements.put.run(number, name, messages, bytes);
      else this.#statements.remove.run(number);
    this.#changed.clear();
    if (this.#queues.size > REMEMBERED) this.#queues.clear();
  }

  forget(): void {
    this.#queues.clear();
    this.#changed.clear();
    this.#lastNumber = this.#readLast();
  }

  #read(name: string): CountedQueue | undefined {
    const row = this.#statements.find.get(name);
    if (!row) return undefined;
    const queue = {
      name,
      number: Number(row["number"]),
      messages: Number(row["messages"]),
      bytes: Number(row["bytes"]),
    };
    this.#queues.set(name, queue);
    return queue;
  }

  #readLast(): number {
    return Number(this.#statements.readLast.get()?.["value"]);
  }
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    find: statement("SELECT number, messages, bytes FROM queue WHERE name = ?"),
    put: statement(
      `INSERT INTO queue (number, name, messages, bytes) VALUES (?, ?, ?, ?)
       ON CONFLICT (number) DO UPDATE SET messages = excluded.messages, bytes = excluded.bytes`,
    ),
    remove: statement("DELETE FROM queue WHERE number = ?"),
    readLast: statement("SELECT value FROM counter WHERE name = 'queue'"),
    last: statement("UPDATE counter SET value = ? WHERE name = 'queue'"),
  };
}
