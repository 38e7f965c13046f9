import assert from "node:assert/strict";
import { test } from "node:test";
import { loadService } from "./model.ts";
import { validate, validationMessage } from "./validate.ts";

function messageOf(service: string, operation: string, input: Record<string, unknown>): string {
  const model = loadService(service);
  const shape = model.operations.get(operation)?.input;
  assert.ok(shape);
  const violations = validate(shape, input, model.requiredOnly);
  return violations.length === 0 ? "" : validationMessage(violations);
}

const CREATE = {
  FunctionName: "f",
  Role: "arn:aws:iam::000000000000:role/r",
  Code: {},
};

test("valid input breaks nothing", () => {
  assert.equal(messageOf("lambda", "CreateFunction", { ...CREATE, MemorySize: 128 }), "");
});

test("what is missing is said to be null, wherever it lies", () => {
  assert.equal(
    messageOf("lambda", "CreateFunction", { FunctionName: "f", Code: {} }),
    "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null",
  );
  assert.match(
    messageOf("events", "PutTargets", { Rule: "r", Targets: [{ Arn: "a" }] }),
    /Value null at 'targets\.1\.member\.id'/,
  );
});

test("numbers, lengths and patterns are told in AWS's order", () => {
  assert.equal(
    messageOf("lambda", "CreateFunction", { ...CREATE, Timeout: 0, MemorySize: 99999 }),
    "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
      "Value '99999' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 32768",
  );
  assert.match(
    messageOf("lambda", "GetFunction", { FunctionName: "" }),
    /regular expression pattern: .*; Value '' at 'functionName' .* length greater than or equal to 1$/,
  );
});

test("keys and values of maps are the map's own fault", () => {
  assert.match(
    messageOf("lambda", "CreateFunction", {
      ...CREATE,
      Environment: { Variables: { "1bad": "x" } },
    }),
    /at 'environment\.variables' failed to satisfy constraint: Map keys must satisfy constraint: \[Member must satisfy regular expression pattern: \[a-zA-Z\]\(\[a-zA-Z0-9_\]\)\+, Member must not be null\]$/,
  );
});

test("secrets do not appear in messages", () => {
  const message = messageOf("secretsmanager", "CreateSecret", {
    Name: "n",
    SecretString: "x".repeat(70_000),
  });
  assert.match(message, /Value at 'secretString' failed/);
  assert.doesNotMatch(message, /xxx/);
  assert.doesNotMatch(
    messageOf("lambda", "CreateFunction", {
      ...CREATE,
      Environment: { Variables: { "1": "hush" } },
    }),
    /hush/,
  );
});

test("services with words of their own are only told what is missing", () => {
  assert.equal(messageOf("s3", "PutBucketAcl", { Bucket: "b", ACL: "no such" }), "");
  assert.match(messageOf("sqs", "SendMessage", { QueueUrl: "u" }), /Value null at 'messageBody'/);
});
