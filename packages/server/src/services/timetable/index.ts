/**
 * What is to be done at a time, durably: entries of one space of records, and one timer for all of them.
 *
 * An entry is a record, written in the same commit as whatever it belongs to (`putEntry`, `removeEntry`); the timetable hears of it
 * from the store. When its time comes it is run, and what runs it commits that it is gone, or moved to a later time. A crash
 * before that commit leaves it due: it runs again after the next start, under the same key. What was missed while
 * nobody was there is due as well, once, whatever its owner would have made of the times between.
 */
import type { Clock } from "../../ports/clock.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type Change, RecordConflict, type Records } from "../../ports/records.ts";
import { DueFirst } from "./due.ts";

export interface TimetableOptions<Item> {
  readonly records: Records;
  readonly clock: Clock;
  /** Where its entries lie; nothing else does. */
  readonly space: string;
  /** How many entries run at once. What is due longest comes first. */
  readonly concurrency: number;
  /**
   * Does what an entry asks for, and commits that it is gone or due later. Where it rejects, or leaves the entry as it was, it
   * is run again after 5 seconds; others go on.
   */
  run(entry: DueEntry<Item>): Promise<void>;
  /** Hears of errors of `run`, and of a store that fails. */
  onFailure(error: unknown, entry?: DueEntry<Item>): void;
}

export interface DueEntry<Item> {
  readonly id: string;
  /** When it was due, in milliseconds since the epoch. */
  readonly time: number;
  readonly item: Item;
  readonly revision: number;
  /** Names this run, for whoever must not do it twice: the same for the same entry and time, after a crash, too. */
  readonly key: string;
  /** Commits that it is due at another time, or over; nothing where somebody changed it meanwhile. */
  move(time: number | undefined): Promise<void>;
}

interface Stored<Item> {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly item: Item;
}

/** The change that writes an entry. `expect` as records have it. */
export function putEntry<Item>(
  space: string,
  id: string,
  time: number,
  item: Item,
  expect?: number,
): Change {
  const value: Stored<Item> = { time, item };
  return { put: value, space, id, ...(expect === undefined ? {} : { expect }) };
}

/** The change that takes an entry away, if it is there. */
export const removeEntry = (space: string, id: string): Change => ({ delete: true, space, id });

/** Where a run fails, or the store, it is tried again after this. */
const RETRY_MS = 5000;
/**
 * The longest wait in one go. Timers stand still while a machine sleeps and know nothing of a clock that is set: the clock
 * is looked at this often. Node's own timers end after 24.8 days.
 */
const LONGEST_MS = 1000;

export class Timetable<Item> {
  readonly #options: TimetableOptions<Item>;
  readonly #waiting = new DueFirst();
  readonly #running = new Map<string, Promise<void>>();
  /** Ids whose records changed since they were read. */
  #changed = new Set<string>();
  #pumping = false;
  #again = false;
  #closed = false;
  #cancel: () => void = () => {};
  #unwatch: () => void = () => {};
  #caughtUp: (() => void)[] = [];

  constructor(options: TimetableOptions<Item>) {
    this.#options = options;
  }

  /** Takes up what an earlier life of the platform left, and runs what is due from now on. */
  async start(): Promise<void> {
    const { records, space } = this.#options;
    this.#unwatch = records.watch(space, (ids) => {
      for (const id of ids) this.#changed.add(id);
      this.#pump();
    });
    for (const { id, value } of await everyRecord<Stored<Item>>(records, space))
      if (!this.#changed.has(id)) this.#waiting.set(id, value.time);
    this.#pump();
  }

  /** Resolves once nothing runs, and nothing is due that has not been tried. */
  caughtUp(): Promise<void> {
    return new Promise((resolve) => {
      this.#caughtUp.push(resolve);
      this.#pump();
    });
  }

  /** Starts nothing more, and waits for what runs. What is left stands in the store. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    this.#cancel();
    await Promise.all(this.#running.values());
    this.#tellCaughtUp();
  }

  /** Reads what changed, runs what is due, and waits for the rest. Never throws. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#turn();
  }

  async #turn(): Promise<void> {
    const { clock, concurrency, onFailure } = this.#options;
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#cancel();
      try {
        await this.#readChanged();
      } catch (error) {
        onFailure(error);
        this.#wake(RETRY_MS);
        continue;
      }
      let first = this.#waiting.first();
      while (first !== undefined && first.time <= clock.now()) {
        if (this.#closed || this.#running.size >= concurrency) break;
        this.#waiting.shift();
        this.#begin(first.id);
        first = this.#waiting.first();
      }
      if (this.#again) continue;
      const wait = first === undefined ? undefined : first.time - clock.now();
      if (wait !== undefined && wait > 0) this.#wake(wait);
      if (this.#running.size === 0 && (wait === undefined || wait > 0)) this.#tellCaughtUp();
      else if (this.#running.size < concurrency && wait !== undefined && wait <= 0)
        this.#again = true;
    }
    this.#pumping = false; // in the same step as the last look at what is new
    if (this.#closed) this.#tellCaughtUp();
  }

  #wake(ms: number): void {
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(Math.min(ms, LONGEST_MS), () => this.#pump());
  }

  #tellCaughtUp(): void {
    for (const tell of this.#caughtUp.splice(0)) tell();
  }

  /** What runs is read again when it has ended. */
  async #readChanged(): Promise<void> {
    const { records, space } = this.#options;
    for (const id of [...this.#changed]) {
      if (this.#running.has(id)) continue;
      this.#changed.delete(id);
      try {
        const time = (await records.get<Stored<Item>>(space, id))?.value.time;
        if (time === undefined) this.#waiting.delete(id);
        else this.#waiting.set(id, time);
      } catch (error) {
        this.#changed.add(id);
        throw error;
      }
    }
  }

  #begin(id: string): void {
    const running = this.#run(id).then((next) => {
      this.#running.delete(id);
      if (next !== undefined) this.#waiting.set(id, next);
      this.#pump();
    });
    this.#running.set(id, running);
  }

  /** Answers when to run it next; undefined where it is over. Never rejects. */
  async #run(id: string): Promise<number | undefined> {
    const { records, space, clock, run, onFailure } = this.#options;
    let entry: DueEntry<Item> | undefined;
    try {
      entry = await this.#read(id);
      const due = entry !== undefined && entry.time <= clock.now();
      if (entry !== undefined && due) await run(entry);
      this.#changed.delete(id); // what changes from here on is read again
      const after = await records.get<Stored<Item>>(space, id);
      const stuck = due && after?.revision === entry?.revision;
      return stuck ? clock.now() + RETRY_MS : after?.value.time;
    } catch (error) {
      onFailure(error, entry);
      return clock.now() + RETRY_MS;
    }
  }

  async #read(id: string): Promise<DueEntry<Item> | undefined> {
    const { records, space } = this.#options;
    const found = await records.get<Stored<Item>>(space, id);
    if (found === undefined) return undefined;
    const { revision, value } = found;
    const { time, item } = value;
    return {
      id,
      time,
      item,
      revision,
      key: `${space} ${id} ${time}`,
      move: async (next) => {
        const change: Change =
          next === undefined
            ? { delete: true, space, id, expect: revision }
            : putEntry(space, id, next, item, revision);
        await records.commit([change]).catch((error: unknown) => {
          if (!(error instanceof RecordConflict)) throw error;
        });
      },
    };
  }
}
