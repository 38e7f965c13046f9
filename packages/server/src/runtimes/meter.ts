import type { InvocationReport } from "../domain/invocation.ts";
import type { Call } from "./call.ts";

/** What the platform's clock says may differ from the instance's by this much: being woken up, being read. */
const SLACK_MS = 5;

/** What an instance costs: its time, and the most memory that it has held. */
export class Meter {
  readonly #memoryLimit: number;
  #maxMemory = 0;
  #served = false;
  /** How long it took until the handler was loaded, or failed to; 0 before. */
  initMs = 0;
  /** How long it took to restore it; undefined where it was not initialised ahead of time. */
  restoreMs: number | undefined;
  /** What the first part of the init was; see InvocationReport. */
  startMs: InvocationReport["startMs"];

  /** `memoryLimit`: bytes that the function may have. */
  constructor(memoryLimit: number) {
    this.#memoryLimit = memoryLimit;
  }

  /** It was seen to hold so many bytes. Answers whether that is too much. */
  sawMemory(bytes: number): boolean {
    this.#maxMemory = Math.max(this.#maxMemory, bytes);
    return bytes > this.#memoryLimit;
  }

  /** An invocation is over. The first one pays for the init. */
  report(call: Call, durationMs: number): InvocationReport {
    const { restoreMs } = this;
    const first = !this.#served;
    this.#served = true;
    // Lambda: since August 2025 the init counts; where it was over before, what it took to restore it.
    const before = first ? (restoreMs ?? this.initMs) : 0;
    return {
      durationMs,
      billedMs: Math.ceil(durationMs + before),
      ...(!first ? {} : restoreMs === undefined ? { initMs: this.initMs } : { restoreMs }),
      ...(first && this.startMs ? { startMs: this.startMs } : {}),
      maxMemoryMB: this.#maxMemoryMB,
      queuedMs: call.sentAt - call.acceptedAt,
    };
  }

  /** What an invocation cost that only waited for this instance, asked for at `askedAt`, to fail in its init. */
  initReport(call: Call, askedAt: number): InvocationReport {
    return {
      durationMs: this.initMs,
      billedMs: Math.ceil(this.initMs),
      maxMemoryMB: this.#maxMemoryMB,
      queuedMs: Math.max(0, askedAt - call.acceptedAt),
    };
  }

  get #maxMemoryMB(): number {
    return Math.ceil(Math.min(this.#maxMemory, this.#memoryLimit) / 2 ** 20);
  }
}

/**
 * How long a handler ran: its own word, within what was seen. It cannot have run longer than `seenMs`, for which it was
 * here; and where it stood alone, not much shorter either.
 */
export function durationWithin(toldMs: number, seenMs: number, alone: boolean): number {
  return Math.max(alone ? seenMs - SLACK_MS : 0, Math.min(toldMs, seenMs));
}
