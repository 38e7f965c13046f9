import assert from "node:assert/strict";
import { test } from "node:test";
import { layerArn, parseLayerReference } from "./layer.ts";

const scope = { account: "123456789012", region: "us-east-1" };

test("layers are named by name, by ARN and by the ARN of a version", () => {
  const unknown = { account: undefined, region: undefined, version: undefined };
  assert.deepEqual(parseLayerReference("l"), { name: "l", ...unknown });
  assert.deepEqual(parseLayerReference(layerArn(scope, "l")), {
    name: "l",
    ...scope,
    version: undefined,
  });
  assert.deepEqual(parseLayerReference(layerArn(scope, "l", 7)), {
    name: "l",
    ...scope,
    version: 7,
  });
  for (const text of [
    "",
    "l!",
    "l".repeat(141),
    layerArn(scope, "l".repeat(141)),
    "arn:aws:lambda:us-east-1:1:layer:l",
    `${layerArn(scope, "l")}:x`,
  ])
    assert.equal(parseLayerReference(text), undefined);
});
