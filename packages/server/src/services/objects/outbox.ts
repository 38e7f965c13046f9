/**
 * Messages on their way. A message is committed together with what it tells of, delivered afterwards, and forgotten
 * once its destination accepted it: at least once, whatever happens in between.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Records } from "../../ports/records.ts";
import { type BusEvent, type Targets, Undeliverable } from "../../ports/targets.ts";

/** As it lies in the records. */
export interface OutboxEntry {
  /** ARN of the bucket. */
  readonly source: string;
  readonly destination: string;
  readonly message: object;
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number;
  readonly traceId?: string;
  /** Of what goes to a bus: the envelope around the message. */
  readonly event?: BusEvent;
}
/** Where it lies. */
export interface OutboxReference {
  readonly space: string;
  readonly id: string;
}

interface Job extends OutboxReference {
  readonly retryMs: number;
  /** Its destination has it: only its record is left. */
  readonly accepted?: boolean;
}

/** What topics call each notification of S3. */
export const SUBJECT = "Amazon S3 Notification";
/** Deliveries under way at once. */
const CONCURRENCY = 32;
/** Messages in memory that wait for their first delivery, and for another one; the rest waits in the records. */
const BACKLOG = 1000;
const RETRYING = 10_000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** A message that finds nobody for so long is dropped, as S3 does. */
const LIFETIME_MS = 24 * 3600 * 1000;
const PAGE = 1000;

export class Outbox {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #targets: Targets;
  readonly #waiting: Job[] = [];
  /** Names of what waits, is under way, or will be tried again. */
  readonly #known = new Set<string>();
  readonly #timers = new Set<() => void>();
  readonly #running = new Set<Promise<void>>();
  /** There is more in the records than here. */
  #more = false;
  #closed = false;

  constructor(ports: { records: Records; clock: Clock; targets: Targets }) {
    this.#records = ports.records;
    this.#clock = ports.clock;
    this.#targets = ports.targets;
  }

  /** Sends what is durable by now. Returns at once. */
  send(references: readonly OutboxReference[]): void {
    for (const reference of references) this.#admit(reference);
    this.#fill();
  }

  /** Takes up what an earlier life of the platform left behind. */
  async recover(): Promise<void> {
    for (const space of await this.#records.spaces(""))
      if (space.split("/")[2] === "object-events") await this.#collect(space);
    this.#fill();
  }

  /** Starts nothing new, and waits for the deliveries under way. What waits is sent by the next life. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    await Promise.all(this.#running);
  }

  async #collect(space: string): Promise<void> {
    let after = "";
    while (this.#waiting.length < BACKLOG) {
      const page = await this.#records.list(space, { after, limit: PAGE });
      for (const { id } of page) this.#admit({ space, id });
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
    this.#more = true;
  }

  #admit({ space, id }: OutboxReference): void {
    const name = nameOf({ space, id });
    if (this.#known.has(name)) return;
    if (this.#waiting.length >= BACKLOG) {
      this.#more = true;
      return;
    }
    this.#known.add(name);
    this.#waiting.push({ space, id, retryMs: FIRST_RETRY_MS });
  }

  #fill(): void {
    if (this.#closed) return;
    while (this.#running.size < CONCURRENCY) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      this.#run(this.#attempt(job));
    }
    if (this.#more && this.#running.size === 0) {
      this.#more = false;
      this.#run(this.recover().catch(() => this.#lookAgain()));
    }
  }

  #run(work: Promise<void>): void {
    const running: Promise<void> = work.finally(() => {
      this.#running.delete(running);
      this.#fill();
    });
    this.#running.add(running);
  }

  /** Where the records fail, the message stays there, and it is tried again like any other. */
  async #attempt(job: Job): Promise<void> {
    const { space, id } = job;
    let { accepted = false } = job;
    try {
      const entry = await this.#records.get<OutboxEntry>(space, id);
      if (entry !== undefined) {
        accepted ||= await this.#handOver(entry.value);
        if (!accepted) return this.#tryLater(job);
        await this.#records.commit([{ delete: true, space, id }]);
      }
      this.#known.delete(nameOf(job));
    } catch {
      this.#tryLater({ ...job, accepted });
    }
  }

  /** Whether nothing is left to do for the message. */
  async #handOver(entry: OutboxEntry): Promise<boolean> {
    const { source, destination, message, time, traceId, event } = entry;
    if (this.#clock.now() - time > LIFETIME_MS) return true;
    try {
      const body = Buffer.from(JSON.stringify(message));
      const sender = { service: "s3.amazonaws.com", arn: source };
      const subject = SUBJECT; // topics alone know one
      await this.#targets.deliver({ target: destination, body, sender, traceId, subject, event });
      return true;
    } catch (error) {
      return error instanceof Undeliverable;
    }
  }

  #tryLater(job: Job): void {
    if (this.#timers.size < RETRYING) {
      const retryMs = Math.min(job.retryMs * 2, LAST_RETRY_MS);
      this.#after(job.retryMs, () => this.#waiting.push({ ...job, retryMs }));
      return;
    }
    // Too many to remember: the records remember it, and are looked through again when things have calmed down.
    this.#known.delete(nameOf(job));
    if (this.#timers.size === RETRYING) this.#lookAgain();
  }

  /** Looks through the records after a while. */
  #lookAgain(): void {
    this.#after(LAST_RETRY_MS, () => {
      this.#more = true;
    });
  }

  #after(ms: number, act: () => void): void {
    if (this.#closed) return;
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      act();
      this.#fill();
    });
    this.#timers.add(cancel);
  }
}

const nameOf = ({ space, id }: OutboxReference): string => `${space} ${id}`;
