/**
 * Sends traces on to an OpenTelemetry collector: in batches, again where that may help, never in anybody's way. What there is no
 * room for, or what nobody takes in five attempts, is dropped and counted. https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import { type ResourceSpans, spansOf } from "../../domain/otlp.ts";
import type { Segment } from "../../domain/segment.ts";
import type { Clock } from "../../ports/clock.ts";

export interface OtlpExporterOptions {
  /** `http://collector:4318`, with or without /v1/traces. */
  readonly endpoint: string;
  readonly clock: Clock;
  /** Segments that were dropped, and why. */
  onDropped(segments: number, why: string): void;
}

const MOST_WAITING = 10_000;
const BATCH = 500;
const EVERY_MS = 500;
const TIMEOUT_MS = 10_000;
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
/** OTLP: answers that a later attempt may change. */
const AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class OtlpExporter {
  readonly #options: OtlpExporterOptions;
  readonly #url: string;
  #waiting: Segment[] = [];
  #timer: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #closing = false;
  readonly #gone = new AbortController();

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
    const endpoint = options.endpoint.replace(/\/+$/, "");
    this.#url = endpoint.endsWith("/v1/traces") ? endpoint : `${endpoint}/v1/traces`;
  }

  add(segment: Segment): void {
    if (this.#closing || this.#waiting.length >= MOST_WAITING) {
      this.#options.onDropped(1, "too many wait");
      return;
    }
    this.#waiting.push(segment);
    if (this.#sending === undefined)
      this.#timer ??= this.#options.clock.after(EVERY_MS, () => this.#start());
  }

  /** Sends what waits for at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#start();
    const cancel = this.#options.clock.after(Math.max(1, graceMs), () => this.#gone.abort());
    await this.#sending;
    cancel();
  }

  #start(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      const why = await this.#send(batch);
      if (why !== undefined) this.#options.onDropped(batch.length, why);
    }
  }

  /** Why it was not taken. */
  async #send(batch: readonly Segment[]): Promise<string | undefined> {
    const resourceSpans = batch
      .map(spansOf)
      .filter((each): each is ResourceSpans => each !== undefined);
    if (resourceSpans.length === 0) return undefined;
    const body = JSON.stringify({ resourceSpans });
    let why = "stopped";
    for (let attempt = 1; attempt <= ATTEMPTS && !this.#gone.signal.aborted; attempt++) {
      try {
        const answer = await fetch(this.#url, {
          method: "POST",
          headers: { "content-type": "application/json", "yunque-exported": "1" },
          body,
          redirect: "error",
          signal: AbortSignal.any([this.#gone.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        });
        await answer.body?.cancel();
        if (answer.ok) return undefined;
        why = `the collector answered ${answer.status}`;
        if (!AGAIN.has(answer.status)) return why;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
      if (attempt < ATTEMPTS) await this.#pause(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
    return why;
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#gone;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, done);
      signal.addEventListener("abort", done);
    });
  }
}
