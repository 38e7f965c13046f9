/**
 * FIFO topics: messages of a group one after the other, and none twice within five minutes.
 * https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-dedup.html
 */
import { createHash } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Records } from "../../ports/records.ts";
import { SEEN } from "./spaces.ts";

/** What a message was answered with. */
export interface Published {
  readonly messageId: string;
  readonly sequenceNumber?: string;
}

const WINDOW_MS = 5 * 60_000;
const MINUTE_MS = 60_000;
/** Deletions of one commit. */
const SWEPT_AT_ONCE = 5_000;

interface Seen extends Published {
  readonly time: number;
}

/** Puts publishes in a row, and remembers them by minute so that whole minutes can be forgotten. */
export class FifoOrder {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #rows = new Map<string, Promise<unknown>>();
  /** What is being remembered, and was delivered. */
  readonly #remembering = new Map<string, Published>();
  #sweeping: Promise<void> | undefined;
  #swept = 0;
  #last = 0n;

  constructor(records: Records, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** Twenty digits, growing. */
  nextSequence(): string {
    const now = 10_000_000_000_000_000_000n + BigInt(this.#clock.now()) * 100_000n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return String(this.#last);
  }

  /** Runs the work of one row after the other, in the order of the calls. */
  inRow<T>(row: string, work: () => Promise<T>): Promise<T> {
    const before = this.#rows.get(row) ?? Promise.resolve();
    const running = before.then(work, work);
    this.#rows.set(row, running);
    const forget = () => {
      if (this.#rows.get(row) === running) this.#rows.delete(row);
    };
    running.then(forget, forget);
    return running;
  }

  /** What was answered to a message with this id within the last five minutes. */
  async seen(
    scope: Scope,
    within: string,
    deduplicationId: string,
  ): Promise<Published | undefined> {
    const now = this.#clock.now();
    const id = idOf(within, deduplicationId);
    const known = this.#remembering.get(id);
    if (known !== undefined) return known;
    for (let minute = minuteOf(now); minute >= minuteOf(now - WINDOW_MS); minute -= 1) {
      const found = await this.#records.get<Seen>(spaceOf(scope, minute), id);
      if (found === undefined || now - found.value.time >= WINDOW_MS) continue;
      const { messageId, sequenceNumber } = found.value;
      return { messageId, ...(sequenceNumber === undefined ? {} : { sequenceNumber }) };
    }
    return undefined;
  }

  /** From now on it is seen; resolves once that is durable. */
  async remember(
    scope: Scope,
    within: string,
    deduplicationId: string,
    answer: Published,
  ): Promise<void> {
    const time = this.#clock.now();
    const minute = minuteOf(time);
    const id = idOf(within, deduplicationId);
    const seen: Seen = { ...answer, time };
    this.#remembering.set(id, answer);
    try {
      await this.#records.commit([{ put: seen, space: spaceOf(scope, minute), id }]);
    } finally {
      this.#remembering.delete(id);
    }
    if (minute <= this.#swept) return;
    this.#swept = minute;
    this.#sweeping ??= this.#sweep(minuteOf(time - WINDOW_MS)).finally(() => {
      this.#sweeping = undefined;
    });
  }

  async close(): Promise<void> {
    await this.#sweeping;
  }

  /** Forgets the minutes before this one. What fails is done a minute later. */
  async #sweep(first: number): Promise<void> {
    try {
      for (const space of await this.#records.spaces("")) {
        const [, , kind, minute] = space.split("/");
        if (kind !== SEEN || Number(minute) >= first) continue;
        const old = await everyRecord(this.#records, space);
        for (let at = 0; at < old.length; at += SWEPT_AT_ONCE)
          await this.#records.commit(
            old.slice(at, at + SWEPT_AT_ONCE).map(({ id }) => ({ delete: true, space, id })),
          );
      }
    } catch {
      this.#swept = 0;
    }
  }
}

const minuteOf = (time: number): number => Math.floor(time / MINUTE_MS);
const spaceOf = ({ account, region }: Scope, minute: number): string =>
  `${account}/${region}/${SEEN}/${minute}`;
const idOf = (within: string, deduplicationId: string): string =>
  createHash("sha256").update(`${within}\n${deduplicationId}`).digest("base64url");
