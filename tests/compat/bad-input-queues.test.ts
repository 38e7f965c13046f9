/** What is asked of queues and cannot be: each operation with what it lacks, what is none of its values, and what is not there. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTarget, type Target } from "./bad-input.ts";
import {
  ACCOUNT,
  BATCHES,
  type Case,
  CREATING,
  long,
  OTHER_HANDLE,
  OTHERS,
  RECEIVING,
  REQUIRED,
  SENDING,
  text,
  there,
  whole,
} from "./bad-queues.ts";

describe("queues that are asked for what cannot be", () => {
  let target: Target;
  let state: string;

  before(async () => {
    target = await openTarget();
    for (const [QueueName, Attributes] of [
      ["there", {}],
      ["there.fifo", { FifoQueue: "true" }],
      ["closed", { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' }],
    ] as const)
      assert.equal((await post("CreateQueue", { QueueName, Attributes })).status, 200);
    state = await stateOf();
  });
  after(() => target[Symbol.asyncDispose]());

  async function post(operation: string, input: unknown) {
    const { status, headers, body } = await target.raw({
      method: "POST",
      target: "/",
      service: "sqs",
      headers: [`X-Amz-Target: AmazonSQS.${operation}`, "Content-Type: application/x-amz-json-1.0"],
      body: typeof input === "string" ? input : JSON.stringify(input),
    });
    const { __type = "", message = "" } = JSON.parse(body || "{}") as Record<string, string>;
    return { status, headers, body, code: __type.replace("com.amazonaws.sqs#", ""), message };
  }

  async function stateOf(): Promise<string> {
    const { body } = await post("ListQueues", {});
    const { QueueUrls } = JSON.parse(body) as { QueueUrls: string[] };
    const all = await Promise.all(
      QueueUrls.map(async (QueueUrl) => [
        (await post("GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] })).body,
        (await post("ListQueueTags", { QueueUrl })).body,
      ]),
    );
    return JSON.stringify([QueueUrls, all]);
  }

  async function refused([, operation, input, code, status, message]: Case): Promise<void> {
    const answer = await post(operation, input);
    assert.deepEqual([answer.code, answer.status], [code, status], answer.body.slice(0, 500));
    if (typeof message === "string") assert.equal(answer.message, message);
    else assert.match(answer.message, message);
    assert.equal(await stateOf(), state);
  }

  for (const [operation, members] of Object.entries(REQUIRED)) {
    test(`${operation} needs ${members.join(", ")}`, async () => {
      for (const name of members) {
        const { [name]: _, ...input } = whole(operation);
        await refused([
          "",
          operation,
          input,
          "MissingRequiredParameterException",
          400,
          `The request must contain the parameter ${name}.`,
        ]);
      }
    });

    test(`${operation} of what is no input`, async () => {
      for (const body of ["[]", "null", "1", "{", '"', "\xff"])
        assert.equal((await post(operation, body)).status, 400, body);
      for (const name of members) {
        const wrong = typeof whole(operation)[name] === "string" ? { a: 1 } : "text";
        const { status } = await post(operation, { ...whole(operation), [name]: wrong });
        assert.equal(status, 400, name);
      }
      assert.equal(await stateOf(), state);
    });

    if (members[0] === "QueueUrl")
      test(`${operation} of a queue that is not there`, async () => {
        for (const url of [
          `http://127.0.0.1/${ACCOUNT}/absent`,
          "absent",
          `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/there`,
          "http://127.0.0.1/111111111111/there",
        ])
          await refused([
            "",
            operation,
            { ...whole(operation), QueueUrl: url },
            "QueueDoesNotExist",
            400,
            "The specified queue does not exist.",
          ]);
        for (const url of [
          "",
          "http://127.0.0.1/",
          "http://127.0.0.1/x/there/more",
          "a b",
          "../there",
        ])
          await refused([
            "",
            operation,
            { ...whole(operation), QueueUrl: url },
            "InvalidAddress",
            404,
            `The address ${url} is not valid for this endpoint.`,
          ]);
      });
  }

  for (const [group, cases] of Object.entries({ CREATING, SENDING, RECEIVING, BATCHES, OTHERS }))
    describe(group.toLowerCase(), () => {
      for (const one of cases) test(`${one[1]}: ${one[0]}`, () => refused(one));
    });

  test("SetQueueAttributes takes what CreateQueue takes, and nothing else", async () => {
    for (const [, , { Attributes }, code, status, message] of CREATING.slice(8)) {
      const names = Object.keys(Attributes as object);
      if (names.length !== 1 || code === "QueueNameExists") continue;
      await refused(["", "SetQueueAttributes", { ...there, Attributes }, code, status, message]);
    }
  });

  test("GetQueueUrl of a queue that is not there", async () => {
    for (const QueueName of ["absent", "", "a b", long(81), "../there"])
      await refused([
        "",
        "GetQueueUrl",
        { QueueName },
        "QueueDoesNotExist",
        400,
        "The specified queue does not exist.",
      ]);
  });

  test("entries of a batch fail one by one, and the others do not", async () => {
    const Entries = [
      { Id: "sound", MessageBody: "a" },
      { Id: "empty", MessageBody: "" },
      { Id: "control", MessageBody: "\u0001" },
      { Id: "delayed", MessageBody: "a", DelaySeconds: 901 },
      { Id: "attribute", MessageBody: "a", MessageAttributes: { a: text("", "String") } },
    ];
    const sent = JSON.parse((await post("SendMessageBatch", { ...there, Entries })).body);
    assert.deepEqual(
      sent.Failed.map(({ Id, Code, SenderFault }: Record<string, unknown>) => [
        Id,
        Code,
        SenderFault,
      ]),
      [
        ["empty", "MissingParameter", true],
        ["control", "InvalidMessageContents", true],
        ["delayed", "InvalidParameterValue", true],
        ["attribute", "InvalidParameterValue", true],
      ],
    );
    assert.deepEqual(
      sent.Successful.map(({ Id }: { Id: string }) => Id),
      ["sound"],
    );
    const received = JSON.parse((await post("ReceiveMessage", there)).body);
    const { ReceiptHandle } = received.Messages[0];
    const handles = [ReceiptHandle, "handle", OTHER_HANDLE];
    const deleted = JSON.parse(
      (
        await post("DeleteMessageBatch", {
          ...there,
          Entries: handles.map((handle, n) => ({ Id: `${n}`, ReceiptHandle: handle })),
        })
      ).body,
    );
    assert.deepEqual(
      [
        deleted.Successful,
        deleted.Failed.map(({ Id, Code }: Record<string, string>) => [Id, Code]),
      ],
      [
        [{ Id: "0" }],
        [
          ["1", "ReceiptHandleIsInvalid"],
          ["2", "ReceiptHandleIsInvalid"],
        ],
      ],
    );
    assert.equal(await stateOf(), state);
  });

  test("attributes may be called as members of objects are", async () => {
    const MessageAttributes = JSON.parse('{"__proto__":{"DataType":"String","StringValue":"b"}}');
    const body = `{"QueueUrl":"${there.QueueUrl}","MessageBody":"a","MessageAttributes":${JSON.stringify(MessageAttributes)}}`;
    assert.equal((await post("SendMessage", body)).status, 200);
    const answer = await post("ReceiveMessage", { ...there, MessageAttributeNames: ["All"] });
    const [message] = JSON.parse(answer.body).Messages;
    assert.deepEqual(Object.keys(message.MessageAttributes), ["__proto__"]);
    const { ReceiptHandle } = message;
    assert.equal((await post("DeleteMessage", { ...there, ReceiptHandle })).status, 200);
  });
});
