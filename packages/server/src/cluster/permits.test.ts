/** Lender and borrowers together, over connections that take their time. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { seeded } from "../../../../tests/random.ts";
import { systemClock } from "../ports/clock.ts";
import { LeasedPermits } from "./leased-permits.ts";
import { type Borrower, PermitLedger } from "./permit-ledger.ts";

/** Messages arrive later, in order. */
class Line {
  #last: Promise<unknown> = Promise.resolve();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  carry<T>(act: () => T): Promise<T> {
    const arrived = this.#last.then(async () => {
      for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) await turn();
      return act();
    });
    this.#last = arrived;
    return arrived;
  }
}

interface Process {
  readonly permits: LeasedPermits;
  readonly borrower: Borrower;
}

function join(ledger: PermitLedger, random = Math.random): Process {
  const [up, down] = [new Line(random), new Line(random)];
  const permits = new LeasedPermits(0, (wanted) => {
    void up.carry(() => void ledger.lend(borrower, wanted));
  });
  const borrower: Borrower = {
    lend: (count) => void down.carry(() => permits.lent(count)),
    reclaim: async () => {
      const returned = await down.carry(() => permits.returnUnused());
      return up.carry(() => returned);
    },
  };
  ledger.join(borrower);
  return { permits, borrower };
}

/** How many of so many attempts got one. */
const taken = async (permits: LeasedPermits, attempts: number): Promise<number> => {
  const results = await Promise.all(Array.from({ length: attempts }, () => permits.take()));
  return results.filter(Boolean).length;
};

describe("permits that processes share", () => {
  test("one alone may have all of them, and no more", async () => {
    const ledger = new PermitLedger(10, systemClock);
    const [first] = [join(ledger), join(ledger)];
    assert.equal(await taken(first.permits, 25), 10);
  });

  test("what one has given back is had by another", async () => {
    const ledger = new PermitLedger(10, systemClock);
    const [first, second] = [join(ledger), join(ledger)];
    assert.equal(await taken(first.permits, 10), 10);
    assert.equal(await taken(second.permits, 1), 0);
    for (let given = 0; given < 4; given++) first.permits.give();
    assert.equal(await taken(second.permits, 9), 4);
  });

  test("what one holds that is gone is free", async () => {
    const ledger = new PermitLedger(10, systemClock);
    const [first, second] = [join(ledger), join(ledger)];
    assert.equal(await taken(first.permits, 10), 10);
    ledger.leave(first.borrower);
    assert.equal(await taken(second.permits, 12), 10);
  });

  test("who is asked for them and does not answer holds up nobody for ever", async () => {
    let timeout: (() => void) | undefined;
    const clock = {
      ...systemClock,
      after: (_ms: number, callback: () => void) => {
        timeout = callback;
        return () => {};
      },
    };
    const ledger = new PermitLedger(10, clock);
    ledger.join({ lend() {}, reclaim: () => new Promise(() => {}) });
    const { permits } = join(ledger);
    assert.equal(await taken(permits, 3), 3);
    const more = taken(permits, 20);
    while (timeout === undefined) await turn();
    timeout();
    assert.equal(await more, 7);
  });

  for (let seed = 1; seed <= 40; seed++)
    test(`are never more than there are, never lost, never idle while wanted (seed ${seed})`, async () => {
      const random = seeded(seed);
      const size = 1 + Math.floor(random() * 12);
      const ledger = new PermitLedger(size, systemClock);
      const processes = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        join(ledger, random),
      );
      let held = 0;
      let refusals = 0;
      const work = async ({ permits }: Process): Promise<void> => {
        for (let round = 0; round < 30; round++) {
          if (!(permits.tryTake() || (await permits.take()))) {
            refusals++;
            continue;
          }
          held++;
          assert.ok(held <= size, `${held} of ${size}`);
          for (let turns = Math.floor(random() * 3); turns > 0; turns--) await turn();
          held--;
          permits.give();
        }
      };
      const crowd = 1 + Math.floor(random() * 6);
      await Promise.all(
        processes.flatMap((each) => Array.from({ length: crowd }, () => work(each))),
      );
      if (crowd * processes.length <= size) assert.equal(refusals, 0);
      // Afterwards any of them can have all.
      for (const { permits } of processes) {
        assert.equal(await taken(permits, size + 3), size);
        for (let given = 0; given < size; given++) permits.give();
      }
    });
});
