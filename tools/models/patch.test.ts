import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPatches } from "./patch.ts";

const model = () => ({
  shapes: { Name: { type: "string", enum: ["a"] } },
  operations: { "Get/It": { http: {} } },
});

test("sets and removes what its pointers lead to", () => {
  const patched = model();
  applyPatches(patched, [
    {
      reason: "because",
      set: { "/shapes/Name/max": 5, "/operations/Get~1It/http/responseCode": 204 },
      remove: ["/shapes/Name/enum"],
    },
  ]);
  assert.deepEqual(patched, {
    shapes: { Name: { type: "string", max: 5 } },
    operations: { "Get/It": { http: { responseCode: 204 } } },
  });
});

test("a patch that no longer fits the model is refused, so that it is looked at", () => {
  const refused = (patch: object) =>
    assert.throws(() => applyPatches(model(), [{ reason: "because", ...patch }]));
  refused({ set: { "/shapes/Gone/max": 5 } });
  refused({ remove: ["/shapes/Name/pattern"] });
  refused({ remove: ["/operations/Put"] });
  refused({ set: { "": 1 } });
  assert.throws(() => applyPatches(model(), [{ reason: "" }]), /needs a reason/);
});
