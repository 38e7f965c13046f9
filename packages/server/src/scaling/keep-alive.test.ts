import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeepAlive } from "./keep-alive.ts";

const idle = (idleSince: number, initMs = 100) => ({ idleSince, initMs });

describe("what an idle instance is worth", () => {
  const keep = new KeepAlive();
  const worth = (uses: number, memoryMB: number, initMs: number) =>
    keep.worth({ uses, memoryMB }, idle(0, initMs));

  it("grows with its use and its init, and shrinks with its memory", () => {
    assert.ok(worth(10, 128, 100) > worth(9, 128, 100));
    assert.ok(worth(10, 128, 100) > worth(10, 128, 90));
    assert.ok(worth(10, 128, 100) > worth(10, 256, 100));
  });
});

describe("the clock", () => {
  it("lets what was of much use long ago end before what is of little use now", () => {
    const keep = new KeepAlive();
    const old = { uses: 100, memoryMB: 128 };
    const young = { uses: 1, memoryMB: 128 };
    assert.ok(keep.worth(old, idle(0)) > keep.worth(young, idle(1_000)));
    for (let now = 10; now < 1_000; now += 10)
      keep.evicted(keep.worth({ uses: 2, memoryMB: 128 }, idle(now - 1)), now);
    assert.ok(keep.worth(old, idle(0)) < keep.worth(young, idle(1_000)));
  });

  it("never goes back, and remembers no more than it needs", () => {
    const keep = new KeepAlive();
    keep.evicted(50, 10);
    keep.evicted(20, 20);
    assert.equal(keep.worth({ uses: 0, memoryMB: 128 }, idle(30)), 50);
    for (let now = 100; now < 5_000; now++) keep.evicted(now, now);
    assert.equal(keep.worth({ uses: 0, memoryMB: 128 }, idle(4_999)), 4_999);
    assert.equal(keep.worth({ uses: 0, memoryMB: 128 }, idle(4_500)), 4_500);
    assert.equal(keep.worth({ uses: 0, memoryMB: 128 }, idle(50)), 0);
  });
});
