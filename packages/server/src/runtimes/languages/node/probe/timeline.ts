/** Whose time is running: each moment between two events is charged to exactly one module, so that all of them add up. */

/** What belongs to no module: Node.js linking and starting modules. */
export const NODE = "node:";

/** Milliseconds of each module's own, by its URL or the name of a part of Node.js. */
export type SelfTimes = ReadonlyMap<string, number>;

export class Timeline {
  readonly #selfMs = new Map<string, number>();
  /** Modules that are running, the innermost last. */
  readonly #running: string[] = [];
  /** A module that is being read and compiled, until the next event. */
  #read: string | undefined;
  #since = performance.now();

  /** Its code starts to run, inside of whatever runs now. */
  enter(module: string): void {
    // Between the last module that was read and the first that runs, Node.js links all of them.
    this.#charge(this.#read === undefined || this.#running.length > 0 ? this.#owner() : NODE);
    this.#read = undefined;
    this.#running.push(module);
  }

  /** Its code has run; whatever it started and did not finish has ended, too. */
  leave(module: string): void {
    this.#charge(this.#owner());
    this.#read = undefined;
    const at = this.#running.lastIndexOf(module);
    if (at >= 0) this.#running.length = at;
  }

  /** From here on time is spent on reading and compiling it. */
  read(module: string): void {
    this.#charge(this.#owner());
    this.#read = module;
  }

  /** From here on Node.js looks for what it imports; a module that runs is charged for that anyhow. */
  find(importer: string): void {
    if (this.#running.length === 0) this.read(importer);
  }

  /** What has been charged so far. */
  stop(): SelfTimes {
    this.#charge(this.#owner());
    return this.#selfMs;
  }

  #owner(): string {
    return this.#read ?? this.#running.at(-1) ?? NODE;
  }

  #charge(module: string): void {
    const now = performance.now();
    this.#selfMs.set(module, (this.#selfMs.get(module) ?? 0) + now - this.#since);
    this.#since = now;
  }
}
