/** Asynchronous invocations: a bounded queue in memory with Lambda's retries. What waits here does not survive a stop. */

import { YunqueError } from "../../domain/errors.ts";
import type { EventInvokeSettings } from "../../domain/function.ts";
import type { Invocation } from "../../domain/invocation.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FunctionsLimits } from "./context.ts";
import { functionError } from "./errors.ts";
import type { InvokeOperations } from "./invoke.ts";

/** An event that was accepted. */
export interface QueuedEvent {
  readonly scope: Scope;
  readonly functionName: string;
  readonly qualifier: string | undefined;
  readonly invocation: Pick<
    Invocation,
    "requestId" | "payload" | "invokedFunctionArn" | "traceId" | "clientContext"
  >;
}

/** Lambda: "Error handling for asynchronous invocation". Milliseconds. */
const RETRY_WAITS = [60_000, 120_000];
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 300_000;
const DEFAULT_RETRIES = 2;
const DEFAULT_AGE_SECONDS = 21_600;

/** The events of one function: so many run, the others wait their turn. */
interface Lane {
  running: number;
  readonly waiting: Entry[];
}

interface Entry {
  readonly event: QueuedEvent;
  readonly lane: string;
  readonly acceptedAt: number;
  /** Attempts that reached the function and failed. */
  failures: number;
  /** Attempts in a row that were refused before they reached it. */
  refusals: number;
}

export class EventQueue {
  readonly #invoke: InvokeOperations;
  readonly #clock: Clock;
  readonly #limits: FunctionsLimits;
  readonly #lanes = new Map<string, Lane>();
  /** Waits between attempts, cancelled on close. */
  readonly #waits = new Set<() => void>();
  #events = 0;
  #bytes = 0;
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(invoke: InvokeOperations, clock: Clock, limits: FunctionsLimits) {
    this.#invoke = invoke;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Events that wait or run. */
  get size(): number {
    return this.#events;
  }

  /** Takes an event over. @throws YunqueError where the queue is full or the platform stops. */
  accept(event: QueuedEvent): void {
    const size = event.invocation.payload.length;
    if (this.#closing) throw functionError("FunctionsClosing", "The platform is stopping.");
    if (this.#events >= this.#limits.queuedEvents || this.#bytes + size > this.#limits.queuedBytes)
      throw functionError("FunctionThrottled", "Rate Exceeded.", {
        reason: "FunctionInvocationRateLimitExceeded",
      });
    this.#events += 1;
    this.#bytes += size;
    const { scope, functionName } = event;
    const lane = `${scope.account}/${scope.region}/${functionName}`;
    this.#enqueue({ event, lane, acceptedAt: this.#clock.now(), failures: 0, refusals: 0 });
  }

  /**
   * Takes no more, and lets what runs or waits for its turn finish for at most `graceMs`. Retries are not waited for.
   * Answers how many events were given up.
   */
  async close(graceMs: number): Promise<number> {
    this.#closing = true;
    for (const giveUp of this.#waits) giveUp();
    if (this.#events > 0)
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(graceMs, resolve);
        this.#idle = () => {
          cancel();
          resolve();
        };
      });
    return this.#events;
  }

  #enqueue(entry: Entry): void {
    let lane = this.#lanes.get(entry.lane);
    if (lane === undefined) {
      lane = { running: 0, waiting: [] };
      this.#lanes.set(entry.lane, lane);
    }
    lane.waiting.push(entry);
    this.#pump(entry.lane, lane);
  }

  #pump(key: string, lane: Lane): void {
    while (lane.running < this.#limits.eventConcurrency) {
      const entry = lane.waiting.shift();
      if (entry === undefined) break;
      lane.running += 1;
      void this.#run(entry).finally(() => {
        lane.running -= 1;
        this.#pump(key, lane);
      });
    }
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(key);
  }

  /** One attempt, and what follows from it; never rejects. */
  async #run(entry: Entry): Promise<void> {
    const { retries, ageSeconds } = await this.#attempt(entry);
    if (entry.failures > retries) return this.#done(entry);
    const wait = waitOf(entry);
    const late = this.#clock.now() + wait > entry.acceptedAt + ageSeconds * 1000;
    if (late || this.#closing) this.#done(entry);
    else this.#retryAfter(wait, entry);
  }

  /** How often an event may fail from now on, and how old it may be; nothing more where it is done. */
  async #attempt(entry: Entry): Promise<{ retries: number; ageSeconds: number }> {
    const { scope, functionName, qualifier, invocation } = entry.event;
    let patience = { retries: DEFAULT_RETRIES, ageSeconds: DEFAULT_AGE_SECONDS };
    try {
      const runnable = await this.#invoke.resolve(scope, functionName, qualifier);
      patience = patienceOf(runnable.eventSettings);
      // Lambda: a function whose reserved concurrency is 0 gets no events, and they are not kept for it.
      if (runnable.reservedConcurrency === 0) return DONE;
      const result = await this.#invoke.invoke(runnable, { ...invocation, kind: "async" });
      if (result.functionError === undefined) return DONE;
      entry.refusals = 0;
      entry.failures += 1;
    } catch (error) {
      if (error instanceof YunqueError && HOPELESS.has(error.code)) return DONE;
      entry.refusals += 1;
    }
    return patience;
  }

  #retryAfter(ms: number, entry: Entry): void {
    const giveUp = () => {
      cancel();
      this.#waits.delete(giveUp);
      this.#done(entry);
    };
    const cancel = this.#clock.after(ms, () => {
      this.#waits.delete(giveUp);
      this.#enqueue(entry);
    });
    this.#waits.add(giveUp);
  }

  #done(entry: Entry): void {
    this.#events -= 1;
    this.#bytes -= entry.event.invocation.payload.length;
    if (this.#events === 0) this.#idle?.();
  }
}

/** An event that needs no further attempt. */
const DONE = { retries: -1, ageSeconds: 0 };

/** What no later attempt changes: the function is gone, or will never run on this machine. */
const HOPELESS: ReadonlySet<string> = new Set(["FunctionNotFound", "RuntimeUnavailable"]);

const patienceOf = (settings: EventInvokeSettings | undefined) => ({
  retries: settings?.maximumRetryAttempts ?? DEFAULT_RETRIES,
  ageSeconds: settings?.maximumEventAgeSeconds ?? DEFAULT_AGE_SECONDS,
});

/** Function errors wait one minute, then two; refusals back off from a second to five minutes. */
function waitOf({ failures, refusals }: Entry): number {
  if (refusals > 0) return Math.min(FIRST_BACKOFF * 2 ** (refusals - 1), LONGEST_BACKOFF);
  return RETRY_WAITS[failures - 1] ?? LONGEST_BACKOFF;
}
