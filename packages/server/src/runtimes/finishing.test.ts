import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Call } from "./call.ts";
import { type Finished, Finishing } from "./finishing.ts";
import { invocation } from "./runtimes.fixture.ts";

const reply = { begin() {}, chunk() {}, finish() {}, refuse() {} };
const finished = (number: number, entries: number | undefined): Finished => ({
  call: new Call(number, invocation(), reply, 0, { give() {} }, () => {}),
  payload: undefined,
  failed: false,
  report: { durationMs: 1, billedMs: 1, maxMemoryMB: 1, queuedMs: 0 },
  failure: undefined,
  entries,
});
const numbers = (taken: Finished[]): number[] => taken.map(({ call }) => call.number);

describe("invocations that were answered", () => {
  it("are over at once where they wrote nothing, or where it all has been read", () => {
    const finishing = new Finishing();
    const wrote = finished(2, 3);
    wrote.call.entries = 3;
    finishing.add(finished(1, 0));
    finishing.add(wrote);
    assert.equal(finishing.ready, true);
    assert.deepEqual(numbers(finishing.take()), [1, 2]);
    assert.equal(finishing.length, 0);
  });

  it("keep their order: none is over before those that were answered first", () => {
    const finishing = new Finishing();
    const late = finished(1, 1);
    finishing.add(late);
    finishing.add(finished(2, 0));
    assert.deepEqual(numbers(finishing.take()), []);
    assert.equal(finishing.first, late.call);
    late.call.entries = 1;
    assert.deepEqual(numbers(finishing.take()), [1, 2]);
  });

  it("are over after a look at all streams, whatever is still missing then", () => {
    const finishing = new Finishing();
    finishing.add(finished(1, undefined));
    const looked = finishing.look();
    assert.deepEqual(numbers(finishing.take()), []);
    looked();
    assert.deepEqual(numbers(finishing.take()), [1]);
  });

  it("are not over by a look that began before they were answered", () => {
    const finishing = new Finishing();
    finishing.add(finished(1, 1));
    const looked = finishing.look();
    finishing.add(finished(2, 1));
    looked();
    assert.deepEqual(numbers(finishing.take()), [1]);
    assert.equal(finishing.ready, false);
    finishing.look()();
    assert.deepEqual(numbers(finishing.take()), [2]);
  });

  it("count from the first one that is left, however many were over before", () => {
    const finishing = new Finishing();
    finishing.add(finished(1, 0));
    finishing.add(finished(2, 1));
    const looked = finishing.look();
    assert.deepEqual(numbers(finishing.take()), [1]);
    finishing.add(finished(3, 1));
    looked();
    assert.deepEqual(numbers(finishing.take()), [2]);
    assert.equal(finishing.find(3)?.number, 3);
    assert.equal(finishing.find(2), undefined);
  });
});
