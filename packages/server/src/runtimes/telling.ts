/**
 * What an instance writes, and what it has answered: a caller is told once everything that was written before is read,
 * because the streams are read one after the other.
 */
import type { Call } from "./call.ts";
import { type Finished, Finishing } from "./finishing.ts";
import type { InstanceLog } from "./instance-log.ts";
import { InstanceOutput } from "./instance-output.ts";
import type { InstanceParts } from "./instance-parts.ts";
import type { Line } from "./line.ts";
import { afterPoll, type TickTask } from "./tick.ts";

/** The instance. */
export interface TellingHost extends TickTask {
  /** Nothing more will come from it. */
  readonly isGone: boolean;
}

/** One for each instance. */
export class Telling {
  readonly #parts: InstanceParts;
  readonly #log: InstanceLog;
  readonly #line: Line;
  readonly #host: TellingHost;
  readonly #output: InstanceOutput;
  readonly #finishing = new Finishing();
  #lookingAgain = false;
  #toldOne = false;

  constructor(parts: InstanceParts, line: Line, host: TellingHost) {
    const { process, clock, log } = parts;
    this.#parts = parts;
    this.#log = log;
    this.#line = line;
    this.#host = host;
    const listener = {
      plain: (text: string) => this.#wrotePlain(text),
      entry: (text: string, number: number) => this.#wroteEntry(text, number),
    };
    this.#output = new InstanceOutput([process.stdout, process.stderr], listener, clock);
  }

  /** Some callers are not told yet. */
  get waits(): boolean {
    return this.#finishing.length > 0;
  }

  /** It may write what does not say to which invocation it belongs: it has, or nobody knows it yet. */
  get unsure(): boolean {
    return !this.#host.isGone && (!this.#toldOne || this.#parts.owner.apart);
  }

  add(finished: Finished): void {
    this.#finishing.add(finished);
  }

  /** Tells those of whose output everything is read. */
  tell(): void {
    if (!this.waits) return;
    if (this.#finishing.ready) this.#output.flush();
    for (const { call, payload, failed, report, failure } of this.#finishing.take()) {
      this.#log.end(call, report, failure);
      call.finish({ payload, failed, report, tail: call.tail });
      this.#toldOne = true;
    }
    if (!this.waits || this.#lookingAgain) return;
    this.#lookingAgain = true;
    const looked = this.#finishing.look();
    afterPoll(() => {
      this.#lookingAgain = false;
      looked();
      this.#parts.tick.add(this.#host);
    });
  }

  /** Says that the running one has begun, where that is certain and nobody stands before it. */
  begin(): void {
    const { head } = this.#line;
    if (!head || this.#finishing.first) return;
    if (!head.inLine || head.proven || head.held) this.#log.start(head);
  }

  /** Nothing more is written: lines that have not ended yet are lines, and everything is read. */
  close(): void {
    this.#output.flush();
  }

  /** Whatever was added until now is complete. */
  complete(): void {
    this.#finishing.look()();
  }

  #wrotePlain(text: string): boolean {
    if (this.#line.length > 0) this.#parts.owner.wrotePlain();
    return this.#wrote(text, this.#first);
  }

  #wroteEntry(text: string, number: number): boolean {
    const call = this.#finishing.find(number) ?? this.#line.find(number);
    if (call) call.entries++;
    return this.#wrote(text, call);
  }

  #wrote(text: string, call: Call | undefined): boolean {
    this.#parts.tick.add(this.#host);
    return this.#log.output(text, call, call === this.#first);
  }

  /** Whose lines come now: those of the others wait until this one has had its END. */
  get #first(): Call | undefined {
    return this.#finishing.first ?? this.#line.head;
  }
}
