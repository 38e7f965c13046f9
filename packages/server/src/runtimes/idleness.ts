/** What becomes of an instance that has no work: it gives its compiled code once, it is frozen, and in the end it ends. */
import type { Clock } from "../ports/clock.ts";
import type { SandboxedProcess } from "../ports/sandbox.ts";
import { Alarm } from "./alarm.ts";
import type { CodeSink } from "./code-caches.ts";
import { CODE_BYTES } from "./wire/frames.ts";

/** Times in milliseconds. */
export interface IdlenessParts {
  readonly process: SandboxedProcess;
  readonly clock: Clock;
  /** After so long without work it ends itself. */
  readonly idleMs: number;
  /** After so long without work it is frozen, where this machine can. */
  readonly freezeMs: number;
  /** Takes its compiled code once it has run; absent where nobody needs it. */
  readonly codeSink: CodeSink | undefined;
}

/** What the instance says of itself, and what it does when asked. */
export interface IdleHost {
  /** It is ready, and has nothing to do. */
  readonly idle: boolean;
  /** Somebody is told what ran here, but it still works on it. */
  readonly unsettled: boolean;
  /** It has run an invocation. */
  readonly experienced: boolean;
  giveCode(): void;
  /** It has had no work for its idle time. */
  expire(): void;
}

/** How long an instance may take to give its compiled code. */
const GIVING_MS = 2_000;

/** One for each instance. */
export class Idleness {
  /** When its line became empty: since then it is of no use. */
  since: number;
  readonly #parts: IdlenessParts;
  readonly #host: IdleHost;
  readonly #rest: Alarm;
  readonly #chill: Alarm;
  #frozen = false;
  /** Who wants its compiled code; and who is being given it. */
  #code: CodeSink | undefined;
  #giving: CodeSink | undefined;

  constructor(parts: IdlenessParts, host: IdleHost) {
    const { clock, idleMs, freezeMs, codeSink } = parts;
    this.#parts = parts;
    this.#host = host;
    this.#code = codeSink;
    this.since = clock.monotonic();
    const left = (ms: number) => this.since + ms - clock.monotonic();
    this.#rest = new Alarm(
      clock,
      () => (host.idle ? left(idleMs) : undefined),
      () => host.expire(),
    );
    this.#chill = new Alarm(
      clock,
      () => (host.idle && !host.unsettled && !this.#frozen ? left(freezeMs) : undefined),
      () => this.#chills(),
    );
  }

  /** It has no work from now on. */
  begins(): void {
    this.since = this.#parts.clock.monotonic();
    this.#rest.set();
    if (this.#parts.process.freeze) this.#chill.set();
  }

  /** Lambda: between invocations nothing runs, whatever the handler left behind. */
  freeze(): void {
    this.#frozen = true;
    this.#parts.process.freeze?.();
  }

  /** What it shall do is on its way: it finds it there when it wakes up. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#parts.process.thaw?.();
  }

  /** A piece of its compiled code; an empty one is the last. False where nobody asked for it, or it is too much. */
  gaveCode(bytes: Uint8Array): boolean {
    const sink = this.#giving;
    if (bytes.length > 0) return sink?.add(bytes) ?? false;
    if (sink) this.#given(sink).end();
    return sink !== undefined;
  }

  stop(): void {
    this.#rest.stop();
    this.#chill.stop();
    (this.#giving ?? this.#code)?.abandon();
    this.#giving = this.#code = undefined;
  }

  #chills(): void {
    const sink = this.#code;
    if (!sink || !this.#host.experienced || !sink.begin()) {
      this.freeze();
      return;
    }
    // Before it is frozen for the first time.
    this.#code = undefined;
    this.#giving = sink;
    this.#host.giveCode();
    this.#parts.clock.after(GIVING_MS, () => {
      if (this.#giving !== sink) return;
      this.#given(sink).abandon();
      this.#giving = tooLate(); // what is on its way comes all the same
    });
  }

  #given(sink: CodeSink): CodeSink {
    this.#giving = undefined;
    if (this.#host.idle) this.begins();
    return sink;
  }
}

/** Takes as much as one may give, and keeps none of it. */
function tooLate(): CodeSink {
  let size = 0;
  return {
    begin: () => true,
    add(bytes) {
      size += bytes.length;
      return size <= CODE_BYTES;
    },
    end() {},
    abandon() {},
  };
}
