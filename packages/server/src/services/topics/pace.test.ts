import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, ManualClock } from "../functions/fixture.ts";
import { Pace } from "./pace.ts";

test("turns come one after the other, of each subscription for itself", async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  const went: string[] = [];
  for (const name of ["a1", "a2", "a3", "b1"])
    void pace.turn(name[0] ?? "", 4).then((turn) => went.push(`${name} ${turn}`));
  await idle();
  assert.deepEqual(went, ["a1 go", "b1 go"]);
  assert.ok(pace.isSlow("a"));
  clock.advance(250);
  await idle();
  assert.equal(went.at(-1), "a2 go");
  pace.close();
  await idle();
  assert.equal(went.at(-1), "a3 stop");
});

test("who comes when very many wait is sent away, and takes nobody's turn", async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock);
  const turns: string[] = [];
  for (let n = 0; n < 300; n += 1) void pace.turn("a", 1).then((turn) => turns.push(turn));
  assert.equal(await pace.turn("b", 1), "go"); // nobody before it
  await idle();
  assert.deepEqual(turns.toSorted(), ["go", ...Array<string>(43).fill("later")].toSorted());
  clock.advance(1_000);
  await idle();
  assert.equal(turns.filter((turn) => turn === "go").length, 2);
});
