import type { Call } from "./call.ts";

/** The invocations that an instance has, in order. The first one runs, or is about to. */
export class Line {
  #calls: Call[] = [];
  #bytes = 0;
  /** Since when the first one is the first, monotonic milliseconds. */
  headSince = 0;

  get head(): Call | undefined {
    return this.#calls[0];
  }

  get length(): number {
    return this.#calls.length;
  }

  /** Bytes of all payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  find(number: number): Call | undefined {
    return this.#calls.find((call) => call.number === number);
  }

  /** `now`: when the call's time begins, should it be the first. */
  push(call: Call, now: number): void {
    if (this.#calls.length === 0) this.headSince = now;
    this.#calls.push(call);
    this.#bytes += call.invocation.payload.length;
  }

  /** The first one leaves; the next one's time begins. */
  shift(now: number): void {
    const head = this.#calls.shift();
    this.#bytes -= head?.invocation.payload.length ?? 0;
    this.headSince = now;
  }

  /** These leave, wherever they stand. `now`: when the time of a new first one begins. */
  take(numbers: ReadonlySet<number>, now: number): Call[] {
    const taken = this.#calls.filter((call) => numbers.has(call.number));
    const { head } = this;
    this.#calls = this.#calls.filter((call) => !numbers.has(call.number));
    this.#bytes = this.#calls.reduce((sum, call) => sum + call.invocation.payload.length, 0);
    if (this.head !== head) this.headSince = now;
    return taken;
  }

  /** Whatever stands behind the first one leaves. */
  cut(): Call[] {
    const behind = this.#calls.splice(1);
    this.#bytes = this.head?.invocation.payload.length ?? 0;
    return behind;
  }
}
