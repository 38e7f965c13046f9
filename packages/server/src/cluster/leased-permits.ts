import type { Permits } from "../scaling/index.ts";

/** The borrower's side: permits that are here are taken without a word, others are asked for. */
export class LeasedPermits implements Permits {
  #size: number;
  #taken = 0;
  readonly #ask: (wanted: number) => void;
  /** Borrowed, and not taken. */
  #unused = 0;
  #waiting: ((taken: boolean) => void)[] = [];
  /** An answer is on its way; it is for so many of those who wait, the first ones. */
  #asking = false;
  #asked = 0;

  /** `size`: of all processes together. `ask` wants so many lent; lent() says how many were. */
  constructor(size: number, ask: (wanted: number) => void) {
    this.#size = size;
    this.#ask = ask;
  }

  /** Of all processes together. */
  get size(): number {
    return this.#size;
  }

  /** In this process. */
  get taken(): number {
    return this.#taken;
  }

  /** None is here. */
  get exhausted(): boolean {
    return this.#unused === 0;
  }

  resize(size: number): void {
    this.#size = size;
  }

  /** Takes one that is here; false where there is none. */
  tryTake(): boolean {
    if (this.#unused === 0) return false;
    this.#unused--;
    this.#taken++;
    return true;
  }

  /** Takes one, from others where it must; false where all of them were in use at some moment of the wait. */
  take(): Promise<boolean> {
    if (this.tryTake()) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#asking) this.#askForAll();
    });
  }

  /**
   * Calls `act` at once when one is here for it to take, or when none is to be had. What it leaves is for whoever waits.
   */
  async withOne<Result>(act: () => Promise<Result>): Promise<Result> {
    if (await this.take()) {
      this.#taken--;
      this.#unused++;
    }
    const result = act();
    this.#serve();
    return result;
  }

  /** Gives one back that was taken. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#unused++;
      this.#taken--;
    } else {
      if (this.#asked > 0) this.#asked--;
      next(true);
    }
  }

  /** What was asked for has come: so many. Who gets none is refused. */
  lent(permits: number): void {
    this.#unused += permits;
    const refused = this.#waiting.splice(0, this.#asked);
    this.#asking = false;
    this.#asked = 0;
    for (const one of refused) one(this.tryTake());
    this.#serve();
    if (this.#waiting.length > 0) this.#askForAll();
  }

  /** Gives away all that are not in use; answers how many. */
  returnUnused(): number {
    const returned = this.#unused;
    this.#unused = 0;
    return returned;
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next && this.tryTake(); next = this.#waiting[0]) {
      this.#waiting.shift();
      if (this.#asked > 0) this.#asked--;
      next(true);
    }
  }

  #askForAll(): void {
    this.#asking = true;
    this.#asked = this.#waiting.length;
    this.#ask(this.#asked);
  }
}
