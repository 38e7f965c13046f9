import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FleetPolicy, type Load } from "./fleet-policy.ts";
import { HandlerTimes } from "./handler-times.ts";

const QUIET = { crowded: false, processors: 4 };
const policyOf = (handlerMs: number, times = 100, machine = QUIET): FleetPolicy => {
  const policy = new FleetPolicy(machine);
  for (let i = 0; i < times; i++) policy.observe(handlerMs);
  return policy;
};
const load = (changes: Partial<Load>): Load => ({
  waiting: 0,
  inInstances: 0,
  instances: 1,
  loading: 0,
  occupied: 0,
  now: 0,
  ...changes,
});
/** The most that a policy wants while the same load lasts for so many milliseconds. */
const wantedWithin = (policy: FleetPolicy, ms: number, changes: Partial<Load>): number => {
  let wanted = 0;
  for (let now = 1_000; now <= 1_000 + ms; now += 2)
    wanted = Math.max(wanted, policy.wanted(load({ ...changes, now })));
  return wanted;
};

describe("how many invocations may stand in line", () => {
  it("is one while the handler is not known", () => {
    assert.equal(new FleetPolicy(QUIET).depth, 1);
    assert.equal(policyOf(0.05, 7).depth, 1);
  });

  it("is as many as run within two milliseconds", () => {
    assert.equal(policyOf(50).depth, 1);
    assert.equal(policyOf(2.1).depth, 1);
    assert.equal(policyOf(1).depth, 3);
    assert.equal(policyOf(0.2).depth, 11);
    assert.equal(policyOf(0.001).depth, 64);
    assert.equal(policyOf(0).depth, 64);
  });

  it("is one for ever, where they must be kept apart", () => {
    const policy = policyOf(0.05);
    policy.keepApart();
    assert.equal(policy.depth, 1);
  });
});

describe("how many instances a load wants", () => {
  it("is one per invocation while the handler is not known, as in Lambda", () => {
    assert.equal(new FleetPolicy(QUIET).wanted(load({ waiting: 50, instances: 0 })), 50);
  });

  it("is one per invocation for handlers that take their time, as in Lambda", () => {
    assert.equal(policyOf(50).wanted(load({ waiting: 3, inInstances: 7, instances: 7 })), 10);
  });

  it("is the first one at once, however short the handler is", () => {
    assert.equal(policyOf(0.05).wanted(load({ waiting: 1, instances: 0 })), 1);
  });

  it("is few for short handlers, and one more per processor at a time", () => {
    assert.equal(wantedWithin(policyOf(0.05), 500, { waiting: 32, inInstances: 32 }), 1);
    assert.equal(wantedWithin(policyOf(0.5), 60, { waiting: 32, inInstances: 32 }), 5);
    assert.equal(policyOf(0.5).enough(load({ waiting: 32, inInstances: 32 })), 7);
    assert.equal(wantedWithin(policyOf(4), 60, { waiting: 32, inInstances: 32 }), 5);
  });

  it("is not more for what only lasts a moment", () => {
    assert.equal(wantedWithin(policyOf(0.5), 40, { waiting: 32, inInstances: 32 }), 1);
  });

  it("is not more where such moments are rare, however many there are", () => {
    const policy = policyOf(0.5);
    for (let moment = 0; moment < 200; moment++)
      for (let ms = 0; ms < 6; ms += 2)
        assert.equal(policy.wanted(load({ waiting: 64, now: moment * 100 + ms })), 1);
  });

  it("is more where such moments come again and again", () => {
    const policy = policyOf(0.5);
    let most = 0;
    for (let moment = 0; moment < 50; moment++)
      for (let ms = 0; ms < 10; ms += 2)
        most = Math.max(most, policy.wanted(load({ waiting: 64, now: moment * 20 + ms })));
    assert.equal(most, 5);
  });

  it("counts an instance that is occupied for good as one that is not there", () => {
    const policy = policyOf(0.05);
    assert.equal(
      wantedWithin(policy, 60, { waiting: 5, inInstances: 2, instances: 2, occupied: 2 }),
      3,
    );
  });

  it("is never more than there are invocations", () => {
    for (const ms of [0.01, 0.5, 4.9, 5, 500])
      for (let invocations = 1; invocations < 200; invocations += 13) {
        const policy = policyOf(ms);
        const wanted = wantedWithin(policy, 200, { waiting: invocations, instances: 0 });
        assert.ok(wanted >= 1 && wanted <= invocations);
      }
  });
});

describe("where the processors are used up", () => {
  /** It took so long while there was room, and then so long in the crowd. */
  const crowded = (before: number, then: number): FleetPolicy => {
    const machine = { crowded: false, processors: 4 };
    const policy = policyOf(before, 100, machine);
    machine.crowded = true;
    for (let i = 0; i < 1_000; i++) policy.observe(then);
    return policy;
  };

  it("a short handler stays a short one, however long it waits for a processor", () => {
    const policy = crowded(0.05, 80);
    assert.equal(policy.depth, 64);
    assert.equal(wantedWithin(policy, 500, { waiting: 32, inInstances: 32 }), 1);
  });

  it("a long one gets no more instances where it only waits for a processor", () => {
    const policy = crowded(100, 400);
    assert.equal(policy.wanted(load({ waiting: 60, inInstances: 4, instances: 4 })), 4);
    assert.equal(policy.wanted(load({ waiting: 60, instances: 0 })), 1);
  });

  it("a short one has work in no more instances than there are processors", () => {
    assert.equal(crowded(4, 6).mostAtWork, 4);
    assert.equal(crowded(100, 150).mostAtWork, Number.POSITIVE_INFINITY);
    assert.equal(policyOf(4).mostAtWork, Number.POSITIVE_INFINITY);
    const wanted = crowded(4, 6).enough(load({ waiting: 60, inInstances: 4, occupied: 1 }));
    assert.equal(wanted, 5, "and what occupies an instance for good beside them");
  });

  it("one that waits for something else gets what it wants, two per processor at a time", () => {
    const policy = crowded(50, 60);
    const now = { waiting: 60, inInstances: 4, instances: 4 };
    assert.equal(policy.wanted(load(now)), 12);
    assert.equal(policy.wanted(load({ ...now, loading: 4 })), 8);
    assert.equal(policy.wanted(load({ ...now, loading: 9 })), 4);
  });

  it("one of some milliseconds runs eight times per processor at most", () => {
    assert.equal(crowded(20, 30).mostAtWork, 32);
    assert.equal(crowded(20, 30).wanted(load({ waiting: 60, instances: 30 })), 32);
    assert.equal(policyOf(20).mostAtWork, Number.POSITIVE_INFINITY);
  });

  it("what takes a while may only have waited: it is replaced later", () => {
    assert.equal(policyOf(50).occupiedMs, 50);
    assert.equal(crowded(50, 60).occupiedMs, 500);
  });

  it("what was learned of a crowd is forgotten once there is room", () => {
    const machine = { crowded: true, processors: 4 };
    const policy = policyOf(50, 100, machine);
    machine.crowded = false;
    assert.equal(policy.wanted(load({ waiting: 3, inInstances: 7, instances: 7 })), 10);
  });
});

describe("handler times", () => {
  const times = (...all: number[]): HandlerTimes => {
    const seen = new HandlerTimes();
    for (const ms of all) seen.observe(ms);
    return seen;
  };

  it("follow what is usual", () => {
    assert.equal(times().meanMs, undefined);
    assert.equal(times(2, 4).meanMs, 3);
    const changed = times(...Array(50).fill(1), ...Array(100).fill(50)).meanMs ?? 0;
    assert.ok(changed > 45 && changed <= 50);
  });

  it("are little moved by one that was interrupted", () => {
    const mean = times(...Array(50).fill(0.05), 80).meanMs ?? 0;
    assert.ok(mean < 0.2, `${mean}`);
  });

  it("find the middle of what is sometimes slow", () => {
    const mixed = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 0.05 : 50));
    const mean = times(...mixed).meanMs ?? 0;
    assert.ok(mean > 10 && mean < 40, `${mean}`);
  });
});
