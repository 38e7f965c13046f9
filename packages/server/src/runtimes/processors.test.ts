import assert from "node:assert/strict";
import { it } from "node:test";
import type { Clock } from "../ports/clock.ts";
import { Processors, type ProcessorTimes } from "./processors.ts";

/** A clock that goes on by hand. */
function handClock(): { readonly clock: Clock; readonly due: (() => void)[] } {
  const due: (() => void)[] = [];
  const after = (_ms: number, callback: () => void): (() => void) => {
    due.push(callback);
    return () => {};
  };
  return { clock: { now: () => 0, monotonic: () => 0, after }, due };
}

/** A machine whose counters go on by hand, too. */
function machine() {
  let times: ProcessorTimes = { idle: 0, total: 0 };
  let busy = true;
  const { clock, due } = handClock();
  const processors = new Processors(
    clock,
    () => busy,
    () => times,
  );
  const go = (): void => {
    for (const callback of due.splice(0)) callback();
  };
  return {
    processors,
    go,
    /** Time passes, so much of it idle. */
    pass(idle: number, total: number): void {
      times = { idle: times.idle + idle, total: times.total + total };
      go();
    },
    rest: () => {
      busy = false;
    },
    get looks(): number {
      return due.length;
    },
  };
}

it("processors are used up once they are hardly ever idle, until they are for a third of the time", () => {
  const { processors, pass, go } = machine();
  processors.wake();
  go();
  pass(20, 100);
  assert.equal(processors.crowded, false);
  pass(10, 100);
  assert.equal(processors.crowded, true);
  pass(0, 0); // the kernel has not counted yet
  assert.equal(processors.crowded, true);
  pass(30, 100);
  assert.equal(processors.crowded, true);
  pass(50, 100);
  assert.equal(processors.crowded, false);
});

it("processors are looked at only while something runs", () => {
  const made = machine();
  assert.equal(made.looks, 0);
  made.processors.wake();
  made.processors.wake();
  assert.equal(made.looks, 1);
  made.go();
  assert.equal(made.looks, 1);
  made.rest();
  made.pass(0, 100);
  assert.equal(made.looks, 0);
  assert.equal(made.processors.crowded, false);
});

it("this machine's own can be counted", () => {
  const { clock, due } = handClock();
  const processors = new Processors(clock, () => false);
  processors.wake();
  due[0]?.();
  due[1]?.();
  assert.equal(due.length, 2);
});
