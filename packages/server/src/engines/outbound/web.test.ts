import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { UnreachableAddress, type Web } from "../../ports/web.ts";
import { mayReach } from "./address-rules.ts";
import { createWeb } from "./web.ts";

async function serve(context: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function openWeb(context: TestContext, rule: Parameters<typeof createWeb>[0]): Web {
  const web = createWeb(rule);
  context.after(() => web.close());
  return web;
}

const post = (url: string, more: object = {}) => ({
  method: "POST",
  url,
  headers: { "X-A": "b" },
  body: Buffer.from("hello"),
  timeoutMs: 10_000,
  ...more,
});

test("a request arrives, and its answer is read as far as it is wanted", async (context) => {
  const port = await serve(context, (request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () =>
      response
        .writeHead(418, { "x-c": "d" })
        .end(`${request.method} ${request.headers["x-a"]} ${text}`),
    );
  });
  const web = openWeb(context, "any");
  const answer = await web.send(post(`http://localhost:${port}/`, { maxBytes: 6 }));
  assert.equal(answer.status, 418);
  assert.equal(answer.headers["x-c"], "d");
  assert.equal(Buffer.from(answer.body).toString(), "POST b");
});

test("redirects are answers", async (context) => {
  const port = await serve(context, (_, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  );
  const { status } = await openWeb(context, "any").send(post(`http://127.0.0.1:${port}/`));
  assert.equal(status, 302);
});

test("a server that does not answer is given up", async (context) => {
  const port = await serve(context, () => {});
  const sent = openWeb(context, "any").send(post(`http://127.0.0.1:${port}/`, { timeoutMs: 50 }));
  await assert.rejects(sent, /no answer within 50 ms/);
});

test("an answer without an end has a status, and is read no further than it is wanted", async (context) => {
  const port = await serve(context, (_, response) => {
    response.writeHead(200);
    const more = () => {
      while (response.write(Buffer.alloc(16_384, "x")));
    };
    response.on("drain", more);
    more();
  });
  const web = openWeb(context, "any");
  assert.equal((await web.send(post(`http://127.0.0.1:${port}/`))).status, 200);
  const { body } = await web.send(post(`http://127.0.0.1:${port}/`, { maxBytes: 100 }));
  assert.equal(body.length, 100);
});

test("a head is an answer to who wants no more, although nothing follows", async (context) => {
  const port = await serve(context, (_, response) => response.writeHead(204).flushHeaders());
  const silent = await serve(context, (_, response) => {
    response.writeHead(200, { "content-length": "5" });
    response.flushHeaders();
  });
  const web = openWeb(context, "any");
  assert.equal((await web.send(post(`http://127.0.0.1:${port}/`))).status, 204);
  const sent = (more: object) =>
    web.send(post(`http://127.0.0.1:${silent}/`, { timeoutMs: 50, ...more }));
  assert.equal((await sent({})).status, 200);
  await assert.rejects(sent({ maxBytes: 5 }));
});

test("what is forbidden is not called, by address or by name", async (context) => {
  let calls = 0;
  const port = await serve(context, (_, response) => {
    calls += 1;
    response.end();
  });
  for (const [rule, host] of [
    ["public", "127.0.0.1"],
    ["public", "localhost"],
    ["public", "[::1]"],
    ["public", "[::ffff:127.0.0.1]"],
    ["public", "2130706433"],
    ["none", "127.0.0.1"],
    ["any", "169.254.169.254"],
  ] as const)
    await assert.rejects(
      openWeb(context, rule).send(post(`http://${host}:${port}/`)),
      UnreachableAddress,
      host,
    );
  for (const url of ["ftp://127.0.0.1/", "file:///etc/passwd", "nonsense"])
    await assert.rejects(openWeb(context, "any").send(post(url)), UnreachableAddress);
  assert.equal(calls, 0);
});

test("addresses of this machine, of private networks and of clouds' metadata are told apart", () => {
  const inside = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
  ];
  for (const address of inside) {
    assert.ok(!mayReach("public", address), address);
    assert.ok(mayReach("any", address), address);
  }
  for (const address of ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254"])
    assert.ok(!mayReach("any", address), address);
  for (const address of ["8.8.8.8", "2606:4700::1111"]) {
    assert.ok(mayReach("public", address), address);
    assert.ok(!mayReach("none", address), address);
  }
});
