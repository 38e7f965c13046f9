import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SqsApi } from "../api/sqs.ts";
import type { AwsContext, Door } from "../context.ts";
import { AwsError } from "../error.ts";
import type { DirectCaller, DirectHead } from "./direct.ts";
import { createJsonRoute } from "./json.ts";

const SIGNED =
  "AWS4-HMAC-SHA256 Credential=me/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=0";
const PLAIN: Readonly<Record<string, string>> = {
  host: "Localhost:4566",
  "content-type": "application/x-amz-json-1.0",
  "x-amz-target": "AmazonSQS.GetQueueUrl",
  authorization: SIGNED,
};

type Told = [status: number, headers: Readonly<Record<string, string>>, body: unknown];

function routeOf(door: Door<SqsApi>) {
  const defects: unknown[] = [];
  const route = createJsonRoute({
    doors: { sqs: door },
    service: "sqs",
    account: "000000000000",
    onDefect: (error, { operation }) => defects.push([error, operation]),
  });
  const claim = (headers: Readonly<Record<string, string | undefined>> = {}, head = {}) => {
    const all: Readonly<Record<string, string | undefined>> = { ...PLAIN, ...headers };
    const sent = Object.entries(all).filter(([, value]) => value !== undefined);
    const whole: DirectHead = {
      method: "POST",
      target: "/",
      httpVersion: "1.1",
      sourceIp: "1.2.3.4",
      secure: false,
      rawHeaders: sent.flatMap(([name, value = ""]) => [name.toUpperCase(), value]),
      header: (name) => all[name],
      ...head,
    };
    return route(whole);
  };
  const call = (
    body: string,
    {
      gone = () => false,
      onGone = () => {},
    }: { gone?: () => boolean } & Partial<Pick<DirectCaller, "onGone">> = {},
  ): Promise<Told> =>
    new Promise((resolve) => {
      const claimed = claim() ?? assert.fail("not claimed");
      claimed.serve(Buffer.from(body), {
        get gone() {
          return gone();
        },
        onGone,
        answer(status, flat, bytes) {
          const names = flat.filter((_, at) => at % 2 === 0);
          const pairs = names.map((name, at) => [name, flat[2 * at + 1] ?? ""] as const);
          const text = Buffer.from(bytes).toString();
          resolve([status, Object.fromEntries(pairs), text === "" ? "" : JSON.parse(text)]);
        },
      });
    });
  return { claim, call, defects };
}

const door = (GetQueueUrl: NonNullable<Door<SqsApi>["GetQueueUrl"]>) => routeOf({ GetQueueUrl });

describe("the short way of a JSON request", () => {
  test("hands the door the input and all that is known of the request", async () => {
    let seen: AwsContext | undefined;
    const { call, defects } = door(async ({ QueueName }, context) => {
      seen = context;
      return { QueueUrl: QueueName };
    });
    const [status, headers, body] = await call('{"QueueName":"é"}');
    assert.deepEqual([status, body], [200, { QueueUrl: "é" }]);
    assert.deepEqual(headers, {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-requestid": seen?.requestId,
    });
    const { account, region, accessKeyId, service, operation, origin, sourceIp } = seen ?? {};
    assert.deepEqual([account, region, accessKeyId], ["000000000000", "eu-west-1", "me"]);
    assert.deepEqual([service, operation], ["sqs", "GetQueueUrl"]);
    assert.deepEqual([origin, sourceIp], ["http://localhost:4566", "1.2.3.4"]);
    assert.equal(seen?.headers["x-amz-target"], "AmazonSQS.GetQueueUrl");
    assert.deepEqual(defects, []);
  });

  test("leaves to the wire what is not plain", () => {
    const { claim } = door(async () => ({}));
    assert.ok(claim());
    for (const headers of [
      { "content-type": "application/x-amz-json-1.1" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "x-amz-target": undefined },
      { "x-amz-target": "AmazonSNS.GetQueueUrl" },
      { "x-amz-target": "AmazonSQS.Nothing" },
      { "x-amz-target": "AmazonSQS.SendMessage" },
      { authorization: undefined },
      { authorization: SIGNED.replace("/sqs/", "/sns/") },
      { authorization: SIGNED.replace("eu-west-1", "aws-global") },
      { authorization: SIGNED.replace("eu-west-1", "EU") },
      { host: undefined },
      { origin: "http://example.com" },
      { "sec-fetch-site": "cross-site" },
      { "content-encoding": "gzip" },
      { "smithy-protocol": "rpc-v2-cbor" },
    ])
      assert.equal(claim(headers), undefined, JSON.stringify(headers));
    for (const head of [{ method: "PUT" }, { target: "/000000000000/q" }, { target: "/?a" }])
      assert.equal(claim({}, head), undefined);
  });

  test("words what cannot be read, what is missing, and what the door refuses", async () => {
    const { call, defects } = door(async () => {
      throw new AwsError("QueueDoesNotExist", "gone");
    });
    const [status, headers, body] = await call('{"QueueName":"a"}');
    assert.deepEqual(
      [status, body],
      [400, { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "gone" }],
    );
    assert.equal(headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender");
    const types = await Promise.all(
      ["{}", "[", '{"QueueName":1}'].map(async (text) => {
        const [code, , told] = await call(text);
        return [code, (told as { __type: string }).__type];
      }),
    );
    assert.deepEqual(types, [
      [400, "com.amazonaws.sqs#MissingRequiredParameterException"],
      [400, "com.amazonaws.sqs#SerializationException"],
      [400, "com.amazonaws.sqs#SerializationException"],
    ]);
    assert.deepEqual(defects, []);
  });

  test("tells a defect, and shows nothing of it", async () => {
    const { call, defects } = door(async () => {
      throw new Error("inner");
    });
    const [status, , body] = await call('{"QueueName":"a"}');
    assert.equal(status, 500);
    assert.doesNotMatch(JSON.stringify(body), /inner/);
    assert.deepEqual(defects, [[new Error("inner"), "GetQueueUrl"]]);
  });

  test("tells a door that asks that its client went away", async () => {
    let leave = () => {};
    const { call, defects } = door(async (_, { signal }) => {
      queueMicrotask(() => leave());
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      return {};
    });
    let left = false;
    await call('{"QueueName":"a"}', {
      gone: () => left,
      onGone: (listener) => {
        leave = () => {
          left = true;
          listener();
        };
      },
    });
    assert.deepEqual(defects, []);
  });
});
