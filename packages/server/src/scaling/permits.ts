/**
 * The concurrency that functions share: of an account in a region, what no function has for itself. An invocation takes
 * one permit when it is admitted and gives it back when it is over, however it ended.
 */
export interface Permits {
  /** How many there are, taken or not. */
  readonly size: number;
  /** How many are taken; more than `size` for a while after it was made smaller. */
  readonly taken: number;
  /** Takes one; false where none is left. Never waits: whoever is refused is throttled. */
  tryTake(): boolean;
  /** Gives one back that was taken. */
  give(): void;
  /** From now on there are so many. What is taken stays taken. */
  resize(size: number): void;
}

/** Permits of one process that has them all to itself. */
export class LocalPermits implements Permits {
  #size: number;
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  get taken(): number {
    return this.#taken;
  }

  tryTake(): boolean {
    if (this.#taken >= this.#size) return false;
    this.#taken++;
    return true;
  }

  give(): void {
    if (this.#taken === 0) throw new Error("a permit was given back that nobody took");
    this.#taken--;
  }

  resize(size: number): void {
    this.#size = size;
  }
}
