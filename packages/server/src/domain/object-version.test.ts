import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isVersionId, newestFirst, newVersionId, sequencerOf } from "./object-version.ts";

describe("ids of versions", () => {
  it("say where a version is among all changes, and are not to be guessed", () => {
    const sequencer = "01A2B3C4D5E6F70819";
    const [one, two] = [newVersionId(sequencer), newVersionId(sequencer)];
    assert.notEqual(one, two);
    assert.ok(isVersionId(one));
    assert.equal(sequencerOf(one), sequencer);
  });

  it("of strangers say nothing", () => {
    for (const text of ["", "null", "v1", "x".repeat(31), "x".repeat(33), `${"x".repeat(31)}/`])
      assert.equal(sequencerOf(text), undefined, text);
  });

  it("sort the newest first", () => {
    const order = ["00000000000000000A", "0000000000000000A0", "000000000000000F00"];
    assert.deepEqual(order.map(newestFirst).toSorted(), order.map(newestFirst).toReversed());
  });
});
