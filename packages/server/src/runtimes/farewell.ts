/** How the process of an instance comes to its end: asked to, killed, or by itself. */
import type { Exit } from "./failures.ts";
import type { InstanceParts } from "./instance-parts.ts";
import { afterPoll } from "./tick.ts";

/** The instance. */
export interface FarewellHost {
  /** Asks the process to say goodbye, for one of Lambda's reasons. */
  askToLeave(reason: "SPINDOWN" | "TIMEOUT"): void;
  /** The process is gone, and everything that it wrote is read. Called once. */
  isOver(exit: Exit): void;
}

/** How long the streams of a process that has ended, and a process that was killed, are waited for. */
const CLOSING_MS = 200;
const DYING_MS = 5_000;
/** How long a process that says that it ends, or says nothing any more, may take to do so. */
const LEAVING_MS = 1_000;
const KILLED: Exit = { code: null, signal: "SIGKILL" };

/** One for each instance. */
export class Farewell {
  readonly #parts: InstanceParts;
  readonly #host: FarewellHost;
  #cancel: (() => void) | undefined;
  #over = false;

  constructor(parts: InstanceParts, host: FarewellHost) {
    this.#parts = parts;
    this.#host = host;
    void parts.process.exited.then((exit) => this.#exited(exit));
  }

  /** It may take its time to say goodbye, where its runtime has any; then it is killed. */
  ask(reason: "SPINDOWN" | "TIMEOUT"): void {
    const { lingerMs } = this.#parts;
    if (lingerMs === 0) {
      this.kill();
      return;
    }
    this.#host.askToLeave(reason);
    this.#in(lingerMs, () => this.kill());
  }

  kill(): void {
    this.#parts.process.kill();
    this.#in(DYING_MS, () => this.#end(KILLED));
  }

  /** It ends by itself, as far as it says: it is not waited for without end. */
  expect(): void {
    if (this.#cancel) return;
    this.#in(LEAVING_MS + this.#parts.lingerMs, () => this.#parts.process.kill());
  }

  #in(ms: number, action: () => void): void {
    this.#cancel?.();
    this.#cancel = this.#parts.clock.after(ms, action);
  }

  /** What it wrote before it ended is read first. */
  #exited(exit: Exit): void {
    const { channel, stdout, stderr } = this.#parts.process;
    const closed = [channel, stdout, stderr].map(
      (stream) => stream.closed || new Promise((resolve) => stream.once("close", resolve)),
    );
    const enough = new Promise((resolve) =>
      this.#parts.clock.after(CLOSING_MS, () => resolve(true)),
    );
    void Promise.race([Promise.all(closed), enough]).then(() => afterPoll(() => this.#end(exit)));
  }

  #end(exit: Exit): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel?.();
    this.#host.isOver(exit);
  }
}
