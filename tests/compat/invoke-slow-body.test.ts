/** A client that sends its event slowly gets the function as it is when the event is there. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import {
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";
import { zipOf } from "../zip.ts";

let platform: TestPlatform;
let client: LambdaClient;
before(async () => {
  platform = await startPlatform();
  client = new LambdaClient(clientSettings(platform.origin));
});
after(async () => {
  client.destroy();
  await platform.stop();
});

const answering = (word: string) => ({ "index.js": `exports.handler = async () => "${word}";` });

/** Invokes with a body of which one byte is sent before `meanwhile`, the other after it. */
async function invokeAround(name: string, meanwhile: () => Promise<unknown>) {
  const call = request(`${platform.origin}/2015-03-31/functions/${name}/invocations`, {
    method: "POST",
    headers: {
      "content-length": 2,
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
    },
  });
  const answered = once(call, "response");
  await new Promise((resolve) => call.write("{", resolve));
  await meanwhile();
  call.end("}");
  const [response] = await answered;
  return { status: response.statusCode, body: await text(response) };
}

test("code that was updated while the event came is the code that runs", async () => {
  await deploy(client, "changing", answering("old"));
  await client.send(new InvokeCommand({ FunctionName: "changing" }));
  const answer = await invokeAround("changing", async () => {
    const ZipFile = await zipOf(answering("new"));
    await client.send(new UpdateFunctionCodeCommand({ FunctionName: "changing", ZipFile }));
    await waitUntilFunctionUpdatedV2(
      { client, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 },
      { FunctionName: "changing" },
    );
  });
  assert.deepEqual(answer, { status: 200, body: '"new"' });
});

test("a function that was deleted while the event came is not found", async () => {
  await deploy(client, "leaving", answering("still here"));
  await client.send(new InvokeCommand({ FunctionName: "leaving" }));
  const answer = await invokeAround("leaving", () =>
    client.send(new DeleteFunctionCommand({ FunctionName: "leaving" })),
  );
  assert.equal(answer.status, 404);
  assert.match(answer.body, /Function not found/);
});
