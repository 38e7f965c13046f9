import type { InvocationReport } from "../domain/invocation.ts";
import type { Call } from "./call.ts";
import type { Failure } from "./failures.ts";

/** An invocation that was answered, before its caller is told. */
export interface Finished {
  readonly call: Call;
  /** The response or the error object, as JSON; undefined where a stream ended well. */
  readonly payload: Uint8Array | undefined;
  readonly failed: boolean;
  readonly report: InvocationReport;
  readonly failure: Failure | undefined;
  /** How many entries of `console` it has written. Undefined where it may have written more than that. */
  readonly entries: number | undefined;
}

/**
 * Answered invocations in order, each until its whole output has been read. An answer may be read before what was
 * written before it, because the streams are read one after the other; but not before the next look at all of them.
 */
export class Finishing {
  #list: Finished[] = [];
  /** How many there have been, taken ones included; and how many of these were followed by a look at all streams. */
  #added = 0;
  #looked = 0;

  add(finished: Finished): void {
    this.#list.push(finished);
    this.#added++;
  }

  get length(): number {
    return this.#list.length;
  }

  /** Whose output comes now. */
  get first(): Call | undefined {
    return this.#list[0]?.call;
  }

  find(number: number): Call | undefined {
    return this.#list.find(({ call }) => call.number === number)?.call;
  }

  /**
   * What to call once all streams have been looked at again: the output of those that are here now is complete then,
   * but not that of those which come in the meantime.
   */
  look(): () => void {
    const until = this.#added;
    return () => {
      this.#looked = Math.max(this.#looked, until);
    };
  }

  /** Whether the output of the first one is all there. */
  get ready(): boolean {
    return this.#complete > 0;
  }

  /** Takes those at the front whose output is all there. */
  take(): Finished[] {
    return this.#list.splice(0, this.#complete);
  }

  get #complete(): number {
    const taken = this.#added - this.#list.length;
    let count = Math.max(0, this.#looked - taken);
    for (; count < this.#list.length; count++) {
      const { call, entries } = this.#list[count] as Finished;
      if (entries === undefined || call.entries < entries) break;
    }
    return count;
  }
}
