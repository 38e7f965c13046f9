import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PoolPolicy } from "./pool-policy.ts";

const MINUTE = 60_000;
const plan = (policy: PoolPolicy, now: number) => Object.fromEntries(policy.plan(now));

describe("how many generic processes are kept ready", () => {
  it("none before anybody asked", () => {
    assert.deepEqual(plan(new PoolPolicy({ most: 16, least: 2 }), 0), {});
  });

  it("a few of the kind that was asked for last, one of the others", () => {
    const policy = new PoolPolicy({ most: 16, least: 2 });
    policy.expected("node", 0);
    policy.wanted("python", 1);
    assert.deepEqual(plan(policy, 2), { python: 2, node: 1 });
    policy.expected("node", 3);
    assert.deepEqual(plan(policy, 4), { node: 2, python: 1 });
  });

  it("as many as were wanted within a second, and fewer as time goes by", () => {
    const policy = new PoolPolicy({ most: 16, least: 2 });
    for (let i = 0; i < 8; i++) policy.wanted("node", i);
    assert.deepEqual(plan(policy, 10), { node: 8 });
    assert.deepEqual(plan(policy, MINUTE), { node: 4 });
    assert.deepEqual(plan(policy, 10 * MINUTE), { node: 2 });
  });

  it("what comes slowly is no burst", () => {
    const policy = new PoolPolicy({ most: 16, least: 2 });
    for (let second = 0; second < 20; second++) policy.wanted("node", second * 2_000);
    assert.deepEqual(plan(policy, 40_000), { node: 2 });
  });

  it("never more than there may be, the kinds that were asked for last first", () => {
    const policy = new PoolPolicy({ most: 5, least: 2 });
    for (let i = 0; i < 100; i++) policy.wanted("old", i);
    for (let i = 0; i < 4; i++) policy.wanted("new", 1_000 + i);
    assert.deepEqual(plan(policy, 1_010), { new: 4, old: 1 });
    assert.deepEqual(plan(new PoolPolicy({ most: 0, least: 2 }), 0), {});
  });

  it("a kind that nobody asks for any more is forgotten", () => {
    const policy = new PoolPolicy({ most: 16, least: 2 });
    policy.expected("node", 0);
    assert.deepEqual(plan(policy, 15 * MINUTE), { node: 2 });
    assert.deepEqual(plan(policy, 16 * MINUTE), {});
  });
});
