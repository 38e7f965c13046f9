import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Idleness } from "./idleness.ts";

test("compiled code that comes too late is taken, up to its bound, and not kept", async () => {
  const timers: { ms: number; ring: () => void }[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 1_000,
    after(ms: number, ring: () => void) {
      timers.push({ ms, ring });
      return () => {};
    },
  };
  let abandoned = 0;
  const codeSink = {
    begin: () => true,
    add: () => assert.fail("it was given up"),
    end: () => assert.fail("it was given up"),
    abandon: () => void abandoned++,
  };
  const process = { freeze() {}, thaw() {} } as never;
  const host = { idle: true, unsettled: false, experienced: true, giveCode() {}, expire() {} };
  const parts = { process, clock, idleMs: 60_000, freezeMs: 0, codeSink };
  const idleness = new Idleness(parts, host);
  idleness.begins();
  timers.find(({ ms }) => ms === 0)?.ring();
  for (let i = 0; i < 4; i++) await turn();
  timers.find(({ ms }) => ms === 2_000)?.ring();
  assert.equal(abandoned, 1);
  const piece = Buffer.alloc(2 ** 20);
  for (let i = 0; i < 16; i++) assert.equal(idleness.gaveCode(piece), true);
  assert.equal(idleness.gaveCode(piece), false);
  assert.equal(idleness.gaveCode(Buffer.alloc(0)), true);
  assert.equal(idleness.gaveCode(Buffer.alloc(0)), false);
});
