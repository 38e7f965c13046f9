/**
 * Who may run: the limits of a function, of its provisioned concurrency and of its account, as Lambda documents them
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html and scaling-behavior.html). Decides only, and
 * makes no object for an invocation. Times are monotonic milliseconds.
 *
 * An invocation of a version or alias with provisioned concurrency runs in that, as long as it has an instance without
 * work and fewer than ten requests per second for each; what is more spills over. Everything else is on demand: within
 * the function's reservation where it has one, else within what the account shares.
 */
import type { ThrottleReason } from "../ports/executor.ts";
import type { Permits } from "./permits.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What an admitted invocation holds while it runs. Shared by many: it must be given back once for each admission. */
export interface Permit {
  give(): void;
}

/** Lambda: each instance serves up to ten synchronous requests per second. */
export const RATE_PER_CONCURRENCY = 10;
/** Lambda: 1,000 new instances every 10 seconds for each function, refilled continuously, never more at once. */
const SCALING_BURST = 1_000;
const SCALING_PER_MS = 1_000 / 10_000;
const SECOND = 1_000;

/** What all functions of an account in a region share. */
export class AccountAdmission {
  readonly permits: Permits;
  /** Synchronous requests per second for each concurrent one. */
  readonly perConcurrency: number;
  readonly #rate: RateLimit;

  /** `perConcurrency`: synchronous requests per second for each concurrent one; 0 for as many as come. */
  constructor(permits: Permits, concurrency: number, perConcurrency: number, now: number) {
    this.permits = permits;
    this.perConcurrency = perConcurrency;
    this.#rate = new RateLimit(concurrency, perConcurrency, now);
  }

  /** Counts a synchronous request of any function. */
  tryRequest(now: number): boolean {
    return this.#rate.tryTake(now);
  }
}

/** The provisioned concurrency of one version or alias. */
export class ProvisionedAdmission implements Permit {
  readonly #function: FunctionAdmission;
  readonly #rate: RateLimit;
  #available = 0;
  #inUse = 0;

  constructor(owner: FunctionAdmission, now: number) {
    this.#function = owner;
    this.#rate = new RateLimit(0, owner.perConcurrency, now);
  }

  /** Instances that are initialised, at work or not. */
  get available(): number {
    return this.#available;
  }

  get inUse(): number {
    return this.#inUse;
  }

  /** An instance was initialised, or is gone. */
  resize(available: number, now: number): void {
    this.#function.provisionedChanged(available - this.#available);
    this.#available = available;
    this.#rate.resize(available, now);
  }

  /** Whether one more runs in it; else it spills over. */
  tryTake(sync: boolean, now: number): boolean {
    if (this.#inUse >= this.#available || this.#function.isFull) return false;
    if (sync && !this.#rate.tryTake(now)) return false;
    this.#inUse++;
    return true;
  }

  give(): void {
    if (this.#inUse === 0) throw new Error("a permit was given back that nobody took");
    this.#inUse--;
    this.#function.left();
  }
}

/** One function, all of its versions together. */
export class FunctionAdmission {
  readonly #account: AccountAdmission;
  readonly #scaling: TokenBucket;
  readonly #rate: RateLimit;
  readonly #own: Permit;
  readonly #shared: Permit;
  #reserved: number | undefined;
  /** Instances of provisioned concurrency: a part of the reservation, where there is one. */
  #provisioned = 0;
  #running = 0;
  #onDemand = 0;

  constructor(account: AccountAdmission, now: number) {
    this.#account = account;
    this.#scaling = new TokenBucket(SCALING_BURST, SCALING_PER_MS, now);
    this.#rate = new RateLimit(account.permits.size, account.perConcurrency, now);
    const give = (): void => {
      if (this.#onDemand === 0) throw new Error("a permit was given back that nobody took");
      this.#onDemand--;
      this.left();
    };
    this.#own = { give };
    this.#shared = {
      give: () => {
        give();
        account.permits.give();
      },
    };
  }

  get perConcurrency(): number {
    return this.#account.perConcurrency;
  }

  /** Invocations that were admitted and are not over. */
  get running(): number {
    return this.#running;
  }

  get reserved(): number | undefined {
    return this.#reserved;
  }

  /** Its reservation is used up. */
  get isFull(): boolean {
    return this.#reserved !== undefined && this.#running >= this.#reserved;
  }

  /** It shares permits of which there are more than `places`, and no more than a tenth is left. */
  crowds(places: number): boolean {
    const { size, taken } = this.#account.permits;
    return this.#reserved === undefined && size > places && (size - taken) * 10 <= size;
  }

  /** From now on it has this reservation; undefined for none. What runs stays where it was counted. */
  reserve(reserved: number | undefined, now: number): void {
    this.#reserved = reserved;
    this.#rate.resize(reserved ?? this.#account.permits.size, now);
  }

  /** Admits an invocation, or says why not. `provisioned`: of the version or alias that was called, where it has any. */
  admit(
    provisioned: ProvisionedAdmission | undefined,
    sync: boolean,
    now: number,
  ): Permit | ThrottleReason {
    if (provisioned?.tryTake(sync, now)) {
      this.#running++;
      return provisioned;
    }
    const permit = this.#admitOnDemand(sync, now);
    if (typeof permit === "string") return permit;
    this.#running++;
    this.#onDemand++;
    return permit;
  }

  /** Whether one more instance may be started for it now. */
  tryScale(now: number): boolean {
    return this.#scaling.tryTake(now);
  }

  /** An invocation is over. */
  left(): void {
    this.#running--;
  }

  /** There are so many more instances of provisioned concurrency, or fewer. */
  provisionedChanged(more: number): void {
    this.#provisioned += more;
  }

  #admitOnDemand(sync: boolean, now: number): Permit | ThrottleReason {
    const reserved = this.#reserved;
    if (reserved !== undefined) {
      if (this.isFull || this.#onDemand >= reserved - this.#provisioned)
        return "ReservedFunctionConcurrentInvocationLimitExceeded";
      if (sync && !this.#rate.tryTake(now)) return "ReservedFunctionInvocationRateLimitExceeded";
      return this.#own;
    }
    const { permits } = this.#account;
    if (!permits.tryTake()) return "ConcurrentInvocationLimitExceeded";
    if (!sync) return this.#shared;
    if (!this.#rate.tryTake(now)) {
      permits.give();
      return "FunctionInvocationRateLimitExceeded";
    }
    if (!this.#account.tryRequest(now)) {
      permits.give();
      return "CallerRateLimitExceeded";
    }
    return this.#shared;
  }
}

/** Requests per second that follow a concurrency. */
class RateLimit {
  readonly #perConcurrency: number;
  readonly #bucket: TokenBucket;

  constructor(concurrency: number, perConcurrency: number, now: number) {
    this.#perConcurrency = perConcurrency;
    const perSecond = concurrency * perConcurrency;
    this.#bucket = new TokenBucket(perSecond, perSecond / SECOND, now);
  }

  tryTake(now: number): boolean {
    return this.#perConcurrency === 0 || this.#bucket.tryTake(now);
  }

  resize(concurrency: number, now: number): void {
    const perSecond = concurrency * this.#perConcurrency;
    this.#bucket.resize(perSecond, perSecond / SECOND, now);
  }
}
