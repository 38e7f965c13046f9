/** How the CLI takes what can come from the other end. */
import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { readLogs, readServices } from "./admin-client.ts";
import { withLambda } from "./lambda.ts";
import type { Target } from "./target.ts";

/** Runs `work` against a server that answers like this. */
async function against(answer: RequestListener, work: (target: Target) => Promise<void>) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = "0123456789abcdef";
  try {
    await work({ origin, token, region: "us-east-1", account: "000000000000" });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const list = (target: Target) =>
  withLambda(target, ({ client, sdk }) => client.send(new sdk.ListFunctionsCommand({})));

const answers = (status: number, body: string, headers = {}): RequestListener => {
  return (_request, response) => void response.writeHead(status, headers).end(body);
};

test("a refusal of Lambda becomes words with a hint", () =>
  against(
    answers(404, '{"Message":"Function not found: x"}', {
      "x-amzn-errortype": "ResourceNotFoundException",
    }),
    (target) =>
      assert.rejects(list(target), {
        name: "Failure",
        message: "ResourceNotFoundException: Function not found: x",
        hint: /functions list/,
      }),
  ));

test("something that is no Yunque is called so, by either door", () =>
  against(answers(404, "<html>"), async (target) => {
    await assert.rejects(list(target), { name: "Failure", message: /is no Yunque/ });
    await assert.rejects(readServices(target), { name: "Failure", message: /is no Yunque/ });
  }));

test("a platform that hangs up is told as such", () =>
  against(
    (request) => void request.socket.destroy(),
    (target) => assert.rejects(list(target), { name: "Failure", message: /hung up/ }),
  ));

test("nobody there: the hint is to start a platform", async () => {
  const target = {
    origin: "http://127.0.0.1:1",
    token: undefined,
    region: "us-east-1",
    account: "1",
  };
  await assert.rejects(list(target), { name: "Failure", hint: /yunque up/ });
  await assert.rejects(readServices(target), { name: "Failure", hint: /yunque up/ });
});

test("the admin API gets the token, and its refusal a hint", () =>
  against(
    (request, response) => {
      assert.equal(request.headers.authorization, "Bearer 0123456789abcdef");
      response.writeHead(401).end('{"error":{"code":"Unauthorized","message":"No."}}');
    },
    (target) =>
      assert.rejects(readServices(target), {
        message: /asks for another token/,
        hint: /YUNQUE_ADMIN_TOKEN.*admin-token/,
      }),
  ));

test("a log line is whole, however it was cut on the way", () =>
  against(
    (_request, response) => {
      const bytes = Buffer.from('{"message":"é1"}\n{"message":"2"}\n');
      response.write(bytes.subarray(0, 13)); // in the middle of é
      setImmediate(() => response.end(bytes.subarray(13)));
    },
    async (target) => {
      const query = { limit: 10, follow: false };
      const lines = readLogs(target, { function: "x" }, query, new AbortController().signal);
      assert.deepEqual(await Array.fromAsync(lines), [{ message: "é1" }, { message: "2" }]);
    },
  ));

test("a platform that goes away inside a log is told as such", () =>
  against(
    (_request, response) => response.write('{"message":"1"}\n', () => response.destroy()),
    async (target) => {
      const query = { limit: 10, follow: true };
      const lines = readLogs(target, { function: "x" }, query, new AbortController().signal);
      await assert.rejects(Array.fromAsync(lines), { name: "Failure", message: /hung up/ });
    },
  ));
