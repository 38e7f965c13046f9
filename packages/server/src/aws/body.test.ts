/** Bodies of requests: whole or as they come, too long, compressed, late, or cut off. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { RequestBody } from "./body.ts";
import { json, openDoors, signed } from "./doors.fixture.ts";
import { AwsError } from "./error.ts";

const doors = openDoors();

test("a connection whose body nobody wanted is not kept for ever", async () => {
  const ended = Promise.withResolvers<number | undefined>();
  const server = createServer((incoming, response) => {
    const body = new RequestBody(incoming, response);
    body.settle();
    response.end("no");
    response.once("finish", () => {
      body.discard();
      incoming.once("end", () => ended.resolve(incoming.socket.timeout));
      client.write("late");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
  const timeout = await ended.promise;
  client.destroy();
  server.close();
  assert.ok(timeout, `an idle connection with the timeout ${timeout}`);
});

test("a body past its operation's limit is refused in AWS's words, whether or not it says its length", async () => {
  const url = "/2015-03-31/functions/f/invocations";
  const large = Buffer.alloc(7_000_000);
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(large);
      controller.close();
    },
  });
  for (const body of [large, chunked]) {
    const { status, headers, text } = await doors.ask(url, {
      method: "POST",
      headers: signed("lambda"),
      body,
      duplex: "half",
    });
    assert.equal(status, 413);
    assert.equal(headers.get("x-amzn-errortype"), "RequestEntityTooLargeException");
    assert.match(
      text,
      /Request must be smaller than 6291456 bytes for the InvokeFunction operation/,
    );
    assert.equal(doors.seen, undefined);
  }
});

test("compressed bodies are read, but not past the limit", async () => {
  const metrics = {
    ...signed("monitoring"),
    ...json("GraniteServiceVersion20100801.PutMetricData"),
    "content-encoding": "gzip",
  };
  const ok = await doors.ask("/", {
    method: "POST",
    headers: metrics,
    body: gzipSync('{"Namespace":"n"}'),
  });
  assert.equal(ok.status, 200);
  assert.deepEqual(doors.seen?.input, { Namespace: "n" });
  const bomb = await doors.ask("/", {
    method: "POST",
    headers: metrics,
    body: gzipSync(Buffer.alloc(100_000_000, " ")),
  });
  assert.equal(bomb.status, 413);
  const broken = await doors.ask("/", { method: "POST", headers: metrics, body: "no gzip" });
  assert.match(broken.text, /SerializationException/);
});

test("a streaming body reaches the door while it is being sent", async () => {
  const chunks: string[] = [];
  let sender: ReadableStreamDefaultController | undefined;
  const body = new ReadableStream({
    start(controller) {
      sender = controller;
      controller.enqueue(Buffer.from("one"));
    },
  });
  const { status } = await doors.ask(
    "/bucket/key",
    { method: "PUT", headers: signed("s3"), body, duplex: "half" },
    async ({ Body }: { Body: AsyncIterable<Uint8Array> }) => {
      for await (const chunk of Body) {
        chunks.push(Buffer.from(chunk).toString());
        // The second chunk is only sent once the first has been doors.seen.
        if (chunks.length === 1) {
          sender?.enqueue(Buffer.from("two"));
          sender?.close();
        }
      }
      return {};
    },
  );
  assert.equal(status, 200);
  assert.equal(chunks.join(""), "onetwo");
});

test("a door may refuse a streaming body that it has not read, and the connection lives on", async () => {
  for (const bytes of [10, 10_000_000]) {
    const { status } = await doors.ask(
      "/bucket/key",
      { method: "PUT", headers: signed("s3"), body: Buffer.alloc(bytes) },
      async () => {
        throw new AwsError("NoSuchBucket", "The specified bucket does not exist");
      },
    );
    assert.equal(status, 404);
  }
});

test("a client that asks whether it may send is told so, or refused before it sends", async () => {
  const put = (length: number) =>
    `POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: x\r\nAuthorization: ${signed("lambda").authorization}\r\n` +
    `Content-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
  doors.behave = async () => ({ StatusCode: 200, Payload: Buffer.from("out") });
  const socket = await doors.connect();
  socket.write(put(2));
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1.1 100 Continue/);
  socket.write("{}");
  assert.match(String((await once(socket, "data"))[0]), /^HTTP\/1.1 200 OK/);
  socket.destroy();
  const refused = await doors.connect();
  refused.write(put(90_000_000));
  assert.match(String((await once(refused, "data"))[0]), /^HTTP\/1.1 413 /);
  await once(refused, "close");
});

test("a body that stops half way leaves nothing: the door is not asked, or its stream breaks", async () => {
  doors.defects.length = 0;
  doors.seen = undefined;
  const buffered = await doors.connect();
  buffered.write(
    `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${signed("dynamodb").authorization}\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n` +
      `Content-Type: application/x-amz-json-1.0\r\nContent-Length: 100\r\n\r\n{"Limit":`,
  );
  buffered.end();
  buffered.resume();
  await once(buffered, "close");
  assert.equal(doors.seen, undefined);

  const broke = Promise.withResolvers<unknown>();
  doors.behave = (async ({ Body }: { Body: AsyncIterable<Uint8Array> }) => {
    try {
      for await (const _ of Body) streaming.destroy();
    } catch (error) {
      broke.resolve(error);
      throw error;
    }
    return {};
  }) as never;
  const streaming = await doors.connect();
  streaming.write(`PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
  assert.match(String(await broke.promise), /ClientGone/);
  assert.deepEqual(doors.defects, []);
});
