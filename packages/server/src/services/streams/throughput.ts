import type { Clock } from "../../ports/clock.ts";

/** What something may use in a second. */
export interface Rate {
  readonly calls: number;
  readonly bytes: number;
}

/** Kinesis: a shard takes 1,000 records and 1 MiB in a second ... */
export const WRITE_RATE: Rate = { calls: 1000, bytes: 1 << 20 };
/** ... and gives 2 MiB, to at most five calls. */
export const READ_RATE: Rate = { calls: 5, bytes: 2 << 20 };

interface Bucket {
  calls: number;
  bytes: number;
  filledAt: number;
}

/** So many buckets are kept; a full one need not be. */
const MAX_BUCKETS = 20_000;

/**
 * What is left of a second's allowance, for each shard. Who has any left may use more than that, and the next one waits
 * until it is made up for: so records and pages larger than a second's allowance have their turn.
 */
export class Throughput {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Whether it was allowed; then it is used. */
  take(shard: string, bytes: number): boolean {
    const bucket = this.#filled(shard);
    if (bucket.calls < 1 || bucket.bytes < Math.min(bytes, this.#rate.bytes)) return false;
    bucket.calls -= 1;
    bucket.bytes -= bytes;
    return true;
  }

  /** Uses more bytes of what was allowed. */
  use(shard: string, bytes: number): void {
    this.#filled(shard).bytes -= bytes;
  }

  /** Milliseconds until so many bytes would be allowed. */
  wait(shard: string): number {
    const { bytes } = this.#filled(shard);
    return bytes >= 0 ? 0 : Math.ceil((-bytes / this.#rate.bytes) * 1000);
  }

  #filled(shard: string): Bucket {
    const now = this.#clock.monotonic();
    const { calls, bytes } = this.#rate;
    const bucket = this.#buckets.get(shard);
    if (!bucket) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#dropFull(now);
      const fresh = { calls, bytes, filledAt: now };
      this.#buckets.set(shard, fresh);
      return fresh;
    }
    const seconds = Math.max(0, now - bucket.filledAt) / 1000;
    bucket.calls = Math.min(calls, bucket.calls + calls * seconds);
    bucket.bytes = Math.min(bytes, bucket.bytes + bytes * seconds);
    bucket.filledAt = now;
    return bucket;
  }

  #dropFull(now: number): void {
    for (const [shard, { bytes, filledAt }] of this.#buckets)
      if (now - filledAt > 1000 && bytes + this.#rate.bytes * ((now - filledAt) / 1000) > 0)
        this.#buckets.delete(shard);
  }
}
