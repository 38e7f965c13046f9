import assert from "node:assert/strict";
import { test } from "node:test";
import {
  functionArn,
  isAliasName,
  isVersionNumber,
  parseFunctionReference,
} from "./function-name.ts";

const scope = { account: "123456789012", region: "us-east-1" };

for (const [text, expected] of [
  ["f", ["f", undefined, undefined, undefined]],
  ["f:$LATEST", ["f", undefined, undefined, "$LATEST"]],
  ["f:live", ["f", undefined, undefined, "live"]],
  ["function:f:1", ["f", undefined, undefined, "1"]],
  ["123456789012:function:f", ["f", "123456789012", undefined, undefined]],
  ["arn:aws:lambda:us-east-1:123456789012:function:f:1", ["f", "123456789012", "us-east-1", "1"]],
  [
    "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f",
    ["f", "123456789012", "us-gov-west-1", undefined],
  ],
  // Lambda takes an ARN that stops too early for a function of this name.
  [
    "arn:aws:lambda:us-east-1:123456789012:function",
    ["function", "123456789012", "us-east-1", undefined],
  ],
] as const)
  test(`${text} names a function`, () => {
    const reference = parseFunctionReference(text);
    assert.deepEqual(
      [reference?.name, reference?.account, reference?.region, reference?.qualifier],
      expected,
    );
  });

for (const text of [
  "",
  "f!",
  "f".repeat(171),
  "f:a:b",
  "arn:aws:ec2:us-east-1:123456789012:instance:i",
  "arn:aws:lambda::123456789012:function:f",
  "f\n",
])
  test(`${JSON.stringify(text)} names no function`, () =>
    assert.equal(parseFunctionReference(text), undefined));

test("what is written is read again", () => {
  const arn = functionArn(scope, "f", "live");
  assert.deepEqual(parseFunctionReference(arn), { ...scope, name: "f", qualifier: "live" });
});

test("a qualifier is a version or an alias, never both", () => {
  assert.deepEqual(["1", "v1", "$LATEST"].map(isVersionNumber), [true, false, false]);
  assert.deepEqual(["1", "v1", "$LATEST", "a b"].map(isAliasName), [false, true, false, false]);
});
