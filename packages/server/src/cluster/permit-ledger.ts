/** Who holds how many of the account's permits: never more are lent than there are, and none is idle while one is wanted. */
import type { Clock } from "../ports/clock.ts";

/** A process that borrows. What it is told arrives in order. */
export interface Borrower {
  /** It has so many more; 0 where everybody else uses all that they have. */
  lend(permits: number): void;
  /** Gives back what it does not use, and says how many these are. */
  reclaim(): Promise<number>;
}

/** A process that does not answer within this keeps what it has. */
const RECLAIM_MS = 1_000;

/** The lender's side: one request at a time, so that what is given back goes to whom it was asked for. */
export class PermitLedger {
  #size: number;
  readonly #clock: Clock;
  readonly #lent = new Map<Borrower, number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(size: number, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
  }

  /** From now on there are so many. What is lent stays lent until it is not in use. */
  resize(size: number): void {
    this.#size = size;
  }

  join(borrower: Borrower): void {
    this.#lent.set(borrower, 0);
  }

  /** What it had is free: whatever it ran ended with it. */
  leave(borrower: Borrower): void {
    this.#lent.delete(borrower);
  }

  /** Lends so many, perhaps more; fewer where there are no more. Resolves once the borrower was told. */
  lend(borrower: Borrower, wanted: number): Promise<void> {
    const lent = this.#last.then(() => this.#lend(borrower, wanted));
    this.#last = lent;
    return lent;
  }

  async #lend(borrower: Borrower, wanted: number): Promise<void> {
    if (this.#free < wanted)
      await Promise.all(
        [...this.#lent.keys()].filter((other) => other !== borrower).map((one) => this.#take(one)),
      );
    const lent = this.#lent.get(borrower);
    if (lent === undefined) return;
    // Half of what nobody uses goes along: the next request is saved, and others find some, too.
    const share = Math.min(Math.max(0, this.#free), Math.max(wanted, Math.ceil(this.#free / 2)));
    this.#lent.set(borrower, lent + share);
    borrower.lend(share);
  }

  async #take(borrower: Borrower): Promise<void> {
    const waited = Promise.withResolvers<void>();
    const cancel = this.#clock.after(RECLAIM_MS, waited.resolve);
    const returned = (permits: number): void => {
      const lent = this.#lent.get(borrower);
      if (lent !== undefined) this.#lent.set(borrower, lent - permits);
    };
    // One that does not answer is about to leave.
    await Promise.race([borrower.reclaim().then(returned, () => {}), waited.promise]);
    cancel();
  }

  get #free(): number {
    let free = this.#size;
    for (const lent of this.#lent.values()) free -= lent;
    return free;
  }
}
