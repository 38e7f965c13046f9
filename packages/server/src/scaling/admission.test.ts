import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AccountAdmission,
  FunctionAdmission,
  type Permit,
  ProvisionedAdmission,
} from "./admission.ts";
import { LocalPermits } from "./permits.ts";

const account = (concurrency: number, rate = 0) =>
  new AccountAdmission(new LocalPermits(concurrency), concurrency, rate, 0);
const admitted = (answer: Permit | string): Permit => {
  if (typeof answer === "string") assert.fail(`throttled: ${answer}`);
  return answer;
};
const times = <T>(n: number, run: () => T): T[] => Array.from({ length: n }, run);

describe("an invocation on demand", () => {
  it("takes of what the account shares, and gives it back", () => {
    const shared = account(2);
    const one = new FunctionAdmission(shared, 0);
    const other = new FunctionAdmission(shared, 0);
    const first = admitted(one.admit(undefined, true, 0));
    admitted(other.admit(undefined, true, 0));
    assert.equal(one.admit(undefined, true, 0), "ConcurrentInvocationLimitExceeded");
    first.give();
    admitted(one.admit(undefined, true, 0));
    assert.equal(shared.permits.taken, 2);
  });

  it("stays within the function's reservation, and needs nothing of the account's", () => {
    const shared = account(0);
    const one = new FunctionAdmission(shared, 0);
    one.reserve(2, 0);
    const [first] = times(2, () => admitted(one.admit(undefined, true, 0)));
    assert.equal(
      one.admit(undefined, true, 0),
      "ReservedFunctionConcurrentInvocationLimitExceeded",
    );
    first?.give();
    admitted(one.admit(undefined, true, 0));
  });

  it("never runs where the reservation is none", () => {
    const one = new FunctionAdmission(account(10), 0);
    one.reserve(0, 0);
    assert.equal(
      one.admit(undefined, false, 0),
      "ReservedFunctionConcurrentInvocationLimitExceeded",
    );
  });

  it("is given back to where it was taken from, whatever changed meanwhile", () => {
    const shared = account(3);
    const one = new FunctionAdmission(shared, 0);
    const before = admitted(one.admit(undefined, true, 0));
    one.reserve(2, 0);
    const within = admitted(one.admit(undefined, true, 0));
    assert.equal(
      one.admit(undefined, true, 0),
      "ReservedFunctionConcurrentInvocationLimitExceeded",
    );
    one.reserve(undefined, 0);
    before.give();
    within.give();
    assert.deepEqual([shared.permits.taken, one.running], [0, 0]);
    assert.throws(() => within.give(), /nobody took/);
  });
});

describe("provisioned concurrency", () => {
  it("is used first, and spills over to what is on demand", () => {
    const shared = account(1);
    const one = new FunctionAdmission(shared, 0);
    const live = new ProvisionedAdmission(one, 0);
    live.resize(2, 0);
    times(2, () => assert.equal(one.admit(live, true, 0), live));
    assert.notEqual(admitted(one.admit(live, true, 0)), live);
    assert.equal(one.admit(live, true, 0), "ConcurrentInvocationLimitExceeded");
    assert.deepEqual([live.inUse, shared.permits.taken], [2, 1]);
    live.give();
    assert.equal(one.admit(live, true, 0), live);
  });

  it("is a part of the reservation: where it is all of it, nothing else of the function runs", () => {
    const one = new FunctionAdmission(account(10), 0);
    one.reserve(2, 0);
    const live = new ProvisionedAdmission(one, 0);
    live.resize(2, 0);
    assert.equal(
      one.admit(undefined, true, 0),
      "ReservedFunctionConcurrentInvocationLimitExceeded",
    );
    assert.equal(one.admit(live, true, 0), live);
  });

  it("spills over after ten requests per second for each instance", () => {
    const one = new FunctionAdmission(account(100, 10), 0);
    const live = new ProvisionedAdmission(one, 0);
    live.resize(1, 0);
    const run = (now: number) => {
      const permit = admitted(one.admit(live, true, now));
      permit.give();
      return permit === live;
    };
    assert.deepEqual(times(12, () => run(0)).filter((in_) => in_).length, 10);
    assert.equal(run(100), true);
    assert.equal(run(100), false);
  });
});

describe("rates", () => {
  const rush = (one: FunctionAdmission, requests: number, now: number, sync = true) => {
    let last = "";
    const passed = times(requests, () => {
      const answer = one.admit(undefined, sync, now);
      if (typeof answer === "string") last = answer;
      else answer.give();
      return typeof answer !== "string";
    }).filter((ok) => ok).length;
    return [passed, last];
  };

  it("are ten requests per second for each reserved one", () => {
    const one = new FunctionAdmission(account(1_000, 10), 0);
    one.reserve(2, 0);
    assert.deepEqual(rush(one, 25, 0), [20, "ReservedFunctionInvocationRateLimitExceeded"]);
    assert.deepEqual(rush(one, 25, 500), [10, "ReservedFunctionInvocationRateLimitExceeded"]);
    assert.deepEqual(rush(one, 25, 60_000), [20, "ReservedFunctionInvocationRateLimitExceeded"]);
  });

  it("of a function without a reservation follow what the account shares", () => {
    const shared = account(10, 10);
    shared.permits.resize(5);
    const one = new FunctionAdmission(shared, 0);
    assert.deepEqual(rush(one, 60, 0), [50, "FunctionInvocationRateLimitExceeded"]);
    assert.equal(shared.permits.taken, 0);
    const other = new FunctionAdmission(shared, 0);
    const third = new FunctionAdmission(shared, 0);
    assert.deepEqual(rush(other, 60, 0), [50, "FunctionInvocationRateLimitExceeded"]);
    assert.deepEqual(rush(third, 1, 0), [0, "CallerRateLimitExceeded"]);
    assert.equal(shared.permits.taken, 0);
  });

  it("do not count what is asynchronous", () => {
    assert.deepEqual(rush(new FunctionAdmission(account(1, 10), 0), 500, 0, false), [500, ""]);
  });

  it("can be switched off", () => {
    assert.deepEqual(rush(new FunctionAdmission(account(1, 0), 0), 500, 0), [500, ""]);
  });

  it("of new instances are 1,000 at once and 100 per second, and do not add up", () => {
    const one = new FunctionAdmission(account(10_000), 0);
    const started = (now: number) =>
      times(2_000, () => one.tryScale(now)).filter((ok) => ok).length;
    assert.equal(started(0), 1_000);
    assert.equal(started(1_000), 100);
    assert.equal(started(3_600_000), 1_000);
  });
});

describe("under random load", () => {
  /** A generator of numbers in [0, 1) that says the same for the same seed. */
  const seeded = (seed: number) => () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return seed / 2 ** 32;
  };

  for (let seed = 1; seed <= 20; seed++)
    it(`no limit is exceeded and no permit is lost (${seed})`, () => {
      const random = seeded(seed);
      const below = (n: number) => Math.floor(random() * n);
      const shared = account(20);
      const functions = times(4, () => new FunctionAdmission(shared, 0));
      const provisioned = functions.map((one) => new ProvisionedAdmission(one, 0));
      const running: { readonly of: number; readonly permit: Permit }[] = [];
      for (let step = 0; step < 3_000; step++) {
        const of = below(functions.length);
        const one = functions[of];
        const live = provisioned[of];
        if (!one || !live) continue;
        const runs = () => running.filter((each) => each.of === of).length;
        switch (below(8)) {
          case 0:
            one.reserve(random() < 0.5 ? undefined : below(12), step);
            break;
          case 1:
            live.resize(below(6), step);
            break;
          case 2:
          case 3: {
            const [over] = running.splice(below(running.length), 1);
            over?.permit.give();
            break;
          }
          default: {
            const before = { taken: shared.permits.taken, inUse: live.inUse, runs: runs() };
            const answer = one.admit(random() < 0.5 ? live : undefined, true, step);
            if (typeof answer === "string") {
              assert.equal(shared.permits.taken, before.taken);
              break;
            }
            running.push({ of, permit: answer });
            // Whatever was lowered meanwhile: what is admitted is within it.
            if (answer === live) assert.ok(before.inUse < live.available);
            if (one.reserved !== undefined) assert.ok(before.runs < one.reserved);
            else if (answer !== live) assert.ok(before.taken < shared.permits.size);
          }
        }
        assert.equal(one.running, runs());
      }
      for (const { permit } of running) permit.give();
      assert.equal(shared.permits.taken, 0);
      assert.deepEqual(
        [...functions.map((one) => one.running), ...provisioned.map((live) => live.inUse)],
        Array(8).fill(0),
      );
    });
});
