/**
 * What an instance writes that runs several invocations at once, and what it has answered: each caller is told once
 * everything that its invocation had written before is read, whatever the others do.
 */
import type { Call } from "./call.ts";
import type { Finished } from "./finishing.ts";
import { InstanceOutput } from "./instance-output.ts";
import type { InstanceParts } from "./instance-parts.ts";
import type { TellingHost } from "./telling.ts";
import { afterPoll } from "./tick.ts";

/** The instance. */
export interface SharedTellingHost extends TellingHost {
  /** How many invocations it has. */
  readonly load: number;
  /** The one that it has, where it has no other. */
  readonly only: Call | undefined;
  find(number: number): Call | undefined;
}

interface Waiting extends Finished {
  /** All of its output has been read. */
  complete: boolean;
}

/** An id as requests have them. */
const REQUEST_ID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
/** It is looked for at the beginning of a line, and so many ids are looked at: a line may be full of them. */
const LOOKED_AT = 2_048;
const MOST_IDS = 8;

/** One for each such instance. */
export class SharedTelling {
  readonly #parts: InstanceParts;
  readonly #host: SharedTellingHost;
  readonly #output: InstanceOutput;
  readonly #waiting = new Map<number, Waiting>();
  /** Those that it has, and those that wait, by the ids of their requests. */
  readonly #byRequest = new Map<string, Call>();
  #looking = false;

  constructor(parts: InstanceParts, host: SharedTellingHost) {
    const { process, clock } = parts;
    this.#parts = parts;
    this.#host = host;
    const listener = {
      plain: (text: string) => this.#wrote(text, this.#named(text)),
      entry: (text: string, number: number) => this.#wroteEntry(text, number),
    };
    this.#output = new InstanceOutput([process.stdout, process.stderr], listener, clock);
  }

  /** It has this one now. */
  begin(call: Call): void {
    this.#byRequest.set(call.invocation.requestId, call);
    this.#parts.log.start(call);
  }

  /** It has this one no more, and nothing of it is to be told. */
  forget({ number, invocation }: Call): void {
    if (!this.#waiting.has(number)) this.#byRequest.delete(invocation.requestId);
  }

  add(finished: Finished): void {
    this.#waiting.set(finished.call.number, { ...finished, complete: false });
  }

  /** Tells those of whose output everything is read. */
  tell(): void {
    for (const one of this.#waiting.values()) {
      const { call, entries } = one;
      if (!one.complete && (entries === undefined || call.entries < entries)) continue;
      this.#waiting.delete(call.number);
      this.#tell(one);
    }
    if (this.#waiting.size === 0 || this.#looking) return;
    this.#looking = true;
    const looked = [...this.#waiting.values()];
    afterPoll(() => {
      this.#looking = false;
      if (this.#host.load === 0) this.#output.flush();
      for (const one of looked) one.complete = true;
      this.#parts.tick.add(this.#host);
    });
  }

  /** Nothing more is written: lines that have not ended yet are lines, and whatever was added is complete. */
  close(): void {
    this.#output.flush();
  }

  /** Whatever was added until now is complete. */
  complete(): void {
    for (const one of this.#waiting.values()) one.complete = true;
  }

  #tell({ call, payload, failed, report, failure }: Finished): void {
    this.#parts.log.end(call, report, failure);
    if (!this.#host.find(call.number)) this.#byRequest.delete(call.invocation.requestId);
    call.finish({ payload, failed, report, tail: call.tail });
  }

  #wroteEntry(text: string, number: number): boolean {
    const call = this.#waiting.get(number)?.call ?? this.#host.find(number);
    if (call) call.entries++;
    return this.#wrote(text, call ?? this.#named(text));
  }

  #wrote(text: string, call: Call | undefined): boolean {
    this.#parts.tick.add(this.#host);
    return this.#parts.log.output(text, call, true);
  }

  /** Whose line it is that does not say so by its frame: that of the request which it names, or of the only one. */
  #named(text: string): Call | undefined {
    const { only } = this.#host;
    if (only && this.#waiting.size === 0) return only;
    let ids = 0;
    for (const [id] of text.slice(0, LOOKED_AT).matchAll(REQUEST_ID)) {
      const call = this.#byRequest.get(id);
      if (call || ++ids === MOST_IDS) return call;
    }
    return undefined;
  }
}
