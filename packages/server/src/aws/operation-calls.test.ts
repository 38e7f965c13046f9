import assert from "node:assert/strict";
import { test } from "node:test";
import { universalTargets } from "../links/universal.ts";
import { Undeliverable } from "../ports/targets.ts";
import type { Doors } from "./api/index.ts";
import { AwsError } from "./error.ts";
import { createOperationCalls, OperationFailed } from "./operation-calls.ts";

type Input = Readonly<Record<string, unknown>>;

function calling(answer: (input: Input) => unknown = () => ({})) {
  const inputs: Input[] = [];
  const defects: unknown[] = [];
  const method = async (input: Input) => {
    inputs.push(input);
    return answer(input);
  };
  const doors = {
    sqs: { SendMessage: method },
    s3: { PutObject: method },
    lambda: { Invoke: method },
    kinesis: { PutRecords: method },
    "application-autoscaling": { TagResource: method },
  } as unknown as Doors;
  const calls = createOperationCalls(doors, (error) => defects.push(error));
  const call = (service: string, action: string, input: unknown) =>
    calls.call({
      service,
      action,
      input: typeof input === "string" ? input : JSON.stringify(input),
      scope: { account: "000000000000", region: "us-east-1" },
      origin: "http://127.0.0.1:1",
      signal: new AbortController().signal,
    });
  const fails = async (work: Promise<void>, code: string, message: RegExp, status: number) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof OperationFailed);
      assert.deepEqual([error.code, error.status], [code, status]);
      assert.match(error.message, message);
      return true;
    });
  return { calls, call, inputs, defects, fails };
}

test("services and operations are found by the names that SDKs give them", () => {
  const { calls } = calling();
  assert.equal(calls.state("sqs", "sendMessage"), "served");
  assert.equal(calls.state("applicationautoscaling", "TagResource"), "served");
  assert.equal(calls.state("cloudwatchlogs", "createLogGroup"), "unserved");
  assert.equal(calls.state("sqs", "fly"), "no-action");
  assert.equal(calls.state("sqs", "constructor"), "no-action");
  assert.equal(calls.state("ec2", "stopInstances"), "no-service");
  assert.equal(calls.state("__proto__", "toString"), "no-service");
});

test("members are read by name, in either case of their first letter, wherever they would stand in a request", async () => {
  const { call, inputs } = calling();
  await call("lambda", "invoke", { functionName: "f", InvocationType: "Event", Payload: { a: 1 } });
  await call("s3", "putObject", { Bucket: "b", Key: "k", Body: "é", Metadata: { x: "y" } });
  await call("kinesis", "putRecords", {
    streamName: "s",
    records: [{ data: "text", PartitionKey: "p", unknown: 1 }],
  });
  const [invoke, put, records] = inputs;
  assert.deepEqual(invoke, {
    FunctionName: "f",
    InvocationType: "Event",
    Payload: Buffer.from('{"a":1}'),
  });
  const { Body, ...head } = put ?? {};
  assert.deepEqual(head, { Bucket: "b", Key: "k", ContentLength: 2, Metadata: { x: "y" } });
  const chunks = [];
  for await (const chunk of Body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), "é");
  assert.deepEqual(records, {
    StreamName: "s",
    Records: [{ Data: Buffer.from("text"), PartitionKey: "p" }],
  });
});

test("input that is none, and errors of doors, are worded as a client would get them", async () => {
  const { call, fails, inputs } = calling(() => {
    throw new AwsError("QueueDoesNotExist", "no such queue");
  });
  const queue = { QueueUrl: "q", MessageBody: "b" };
  await fails(call("sqs", "sendMessage", "["), "SerializationException", /JSON/, 400);
  await fails(call("sqs", "sendMessage", "[]"), "SerializationException", /no JSON object/, 400);
  await fails(call("sqs", "sendMessage", { QueueUrl: 1 }), "SerializationException", /String/, 400);
  await fails(
    call("kinesis", "putRecords", {}),
    "ValidationException",
    /Value null at 'records'/,
    400,
  );
  await fails(call("sqs", "fly", {}), "NotImplemented", /does not serve sqs:fly/, 501);
  assert.equal(inputs.length, 0);
  await fails(
    call("sqs", "sendMessage", queue),
    "AWS.SimpleQueueService.NonExistentQueue",
    /no such/,
    400,
  );
});

test("a defect of a door is told, and says nothing of itself", async () => {
  const { call, fails, defects } = calling(() => {
    throw new TypeError("secret");
  });
  const queue = { QueueUrl: "q", MessageBody: "b" };
  await fails(call("sqs", "sendMessage", queue), "InternalFailure", /^An internal error/, 500);
  assert.equal(defects.length, 1);
});

test("a streamed answer is read to its end", async () => {
  let ended = false;
  const { call } = calling(() => ({
    EventStream: (async function* () {
      yield { PayloadChunk: {} };
      ended = true;
    })(),
  }));
  await call("lambda", "invoke", { FunctionName: "f" });
  assert.equal(ended, true);
});

test("as a target, an operation is tried again unless its caller was wrong", async () => {
  const outcomes: [code: string, status: number, final: boolean][] = [
    ["ThrottlingException", 400, false],
    ["TooManyRequestsException", 429, false],
    ["ServiceException", 500, false],
    ["ValidationException", 400, true],
    ["NotImplemented", 501, true],
  ];
  for (const [code, status, final] of outcomes) {
    const targets = universalTargets(
      {
        state: () => "served",
        call: async () => {
          throw new OperationFailed(code, "no", status);
        },
      },
      () => "",
    );
    const message = {
      target: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
      body: Buffer.from("{}"),
      sender: { service: "s", arn: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s" },
    };
    await assert.rejects(targets.deliver(message), (error) => {
      assert.equal(error instanceof Undeliverable, final, code);
      assert.equal((error as { code?: string }).code, code);
      return true;
    });
    assert.equal(await targets.exists(message.target), true);
    assert.equal(await targets.exists("arn:aws:scheduler:::aws-sdk:sqs"), false);
  }
});
