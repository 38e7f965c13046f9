import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../ports/clock.ts";
import { Alarm } from "./alarm.ts";

/** A clock that is moved by hand; due timers call back at once. */
function handClock() {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  return {
    clock,
    timers,
    /** Moves the clock, and lets the event loop turn for what follows. */
    async advance(ms: number) {
      now += ms;
      for (const timer of [...timers])
        if (timer.at <= now && timers.delete(timer)) timer.callback();
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    },
  };
}

describe("an alarm", () => {
  const setUp = (since: { value: number | undefined }) => {
    const hand = handClock();
    let rung = 0;
    const left = () =>
      since.value === undefined ? undefined : since.value + 100 - hand.clock.monotonic();
    const alarm = new Alarm(hand.clock, left, () => rung++);
    return { ...hand, alarm, rung: () => rung };
  };

  it("rings when its time has come", async () => {
    const { alarm, advance, rung } = setUp({ value: 0 });
    alarm.set();
    await advance(99);
    assert.equal(rung(), 0);
    await advance(1);
    assert.equal(rung(), 1);
  });

  it("needs one timer for a moment that keeps moving away", async () => {
    const since = { value: 0 };
    const { alarm, advance, rung, timers } = setUp(since);
    for (let at = 0; at < 90; at += 10) {
      since.value = at;
      alarm.set();
      assert.equal(timers.size, 1);
      await advance(10);
    }
    await advance(10);
    assert.equal(rung(), 0, "at 100 it looks, and finds 80 left");
    await advance(80);
    assert.equal(rung(), 1);
  });

  it("does not ring where there is nothing to wait for any more", async () => {
    const since: { value: number | undefined } = { value: 0 };
    const { alarm, advance, rung } = setUp(since);
    alarm.set();
    since.value = undefined;
    await advance(200);
    assert.equal(rung(), 0);
    since.value = 200;
    alarm.set();
    await advance(100);
    assert.equal(rung(), 1);
  });

  it("looks at what arrived before it counts", async () => {
    const since: { value: number | undefined } = { value: 0 };
    const { alarm, advance, rung } = setUp(since);
    alarm.set();
    setImmediate(() => {
      since.value = undefined; // the answer is read in the same turn in which the timer is due
    });
    await advance(100);
    assert.equal(rung(), 0);
  });

  it("never rings once it is stopped", async () => {
    const { alarm, advance, rung, timers } = setUp({ value: 0 });
    alarm.set();
    alarm.stop();
    alarm.set();
    assert.equal(timers.size, 0);
    await advance(200);
    assert.equal(rung(), 0);
  });
});
