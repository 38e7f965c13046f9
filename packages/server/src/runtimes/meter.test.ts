import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Call } from "./call.ts";
import { durationWithin, Meter } from "./meter.ts";
import { invocation } from "./runtimes.fixture.ts";

const reply = { begin() {}, chunk() {}, finish() {}, refuse() {} };
const callAt = (acceptedAt: number, sentAt: number): Call =>
  Object.assign(new Call(1, invocation(), reply, acceptedAt, { give() {} }, () => {}), { sentAt });

describe("what an invocation cost", () => {
  it("has the init in its bill once", () => {
    const meter = new Meter(128 * 2 ** 20);
    meter.initMs = 80.2;
    const first = meter.report(callAt(0, 90), 1.5);
    assert.deepEqual([first.billedMs, first.initMs, first.queuedMs], [82, 80.2, 90]);
    const second = meter.report(callAt(100, 100), 1.5);
    assert.deepEqual([second.billedMs, second.initMs, second.queuedMs], [2, undefined, 0]);
  });

  it("has the most memory that was seen, but never more than there is", () => {
    const meter = new Meter(128 * 2 ** 20);
    assert.equal(meter.sawMemory(60 * 2 ** 20 + 1), false);
    assert.equal(meter.sawMemory(10), false);
    assert.equal(meter.report(callAt(0, 0), 1).maxMemoryMB, 61);
    assert.equal(meter.sawMemory(128 * 2 ** 20 + 1), true);
    assert.equal(meter.report(callAt(0, 0), 1).maxMemoryMB, 128);
  });

  it("is the time of the init, where that failed", () => {
    const meter = new Meter(128 * 2 ** 20);
    meter.initMs = 12.3;
    const { durationMs, billedMs, initMs, queuedMs } = meter.initReport(callAt(100, 0), 90);
    assert.deepEqual([durationMs, billedMs, initMs, queuedMs], [12.3, 13, undefined, 0]);
  });

  it("is the handler's own word, within what was seen", () => {
    assert.equal(durationWithin(3, 4, true), 3);
    assert.equal(durationWithin(30, 4, true), 4, "not longer than it was here");
    assert.equal(durationWithin(0, 100, true), 95, "not much shorter where it stood alone");
    assert.equal(durationWithin(0.1, 100, false), 0.1, "others stood before it");
  });
});
