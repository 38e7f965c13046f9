import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkPolicy } from "./object-post-policy.ts";

const NOW = Date.UTC(2026, 10, 22);
const check = (
  conditions: unknown,
  fields: Record<string, string> = {},
  expiration = "2026-11-23T00:00:00Z",
) => checkPolicy(JSON.stringify({ expiration, conditions }), new Map(Object.entries(fields)), NOW);

describe("the policy of a form", () => {
  it("holds where each condition does, in all three forms", () => {
    const conditions = [
      { bucket: "b" },
      ["eq", "$Key", "k"],
      ["starts-with", "$x-amz-meta-a", "1"],
    ];
    assert.deepEqual(check(conditions, { bucket: "b", key: "k", "x-amz-meta-a": "12" }), {
      range: undefined,
    });
  });

  it("shows the condition that does not", () => {
    assert.deepEqual(check([{ bucket: "b" }], { bucket: "other" }), {
      fault: "condition",
      condition: ["eq", "$bucket", "b"],
    });
    assert.deepEqual(check([["starts-with", "$key", "a"]], { key: "b" }), {
      fault: "condition",
      condition: ["starts-with", "$key", "a"],
    });
    assert.deepEqual(check([["content-length-range", "test", 10]]), {
      fault: "condition",
      condition: ["content-length-range", "test", "10"],
    });
  });

  it("tells how large the file may be", () => {
    assert.deepEqual(check([["content-length-range", 5, "10"]]), { range: { min: 5, max: 10 } });
  });

  it("refuses fields that nothing speaks of, but for those of the signature", () => {
    const fields = { policy: "p", "x-amz-signature": "s", "x-ignore-a": "1", other: "2" };
    assert.deepEqual(check([], fields), { fault: "extra", fields: ["other"] });
  });

  it("ends", () => {
    assert.deepEqual(check([], {}, "2026-11-21T00:00:00Z"), { fault: "expired" });
  });

  it("is a document of a certain form", () => {
    for (const text of ["", "no json", "null", "[]", "{}", '{"expiration":"soon","conditions":[]}'])
      assert.deepEqual(checkPolicy(text, new Map(), NOW), { fault: "document" }, text);
    for (const condition of [1, null, ["eq", "$a"], ["like", "$a", "b"]])
      assert.deepEqual(check([condition]), { fault: "document" }, JSON.stringify(condition));
  });
});
