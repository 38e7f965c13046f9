import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { openTestFront } from "./front.fixture.ts";
import type { Front } from "./front.ts";

describe("the front door", () => {
  const defects: unknown[] = [];
  let front: Front;

  before(async () => {
    front = await openTestFront({
      routes: [
        ({ url }, response) => {
          if (url === "/begun") response.write("begun");
          if (url === "/begun" || url === "/broken") throw new Error(url);
          return false;
        },
        ({ url, headers }, response) => {
          if (url?.startsWith("/nobody")) return false;
          response.setHeader("connection", "close").end(`${headers.host} ${url}`);
          return true;
        },
      ],
      onDefect: (error) => defects.push(error),
    });
  });
  after(() => front.close(0));

  /** The status and body that these lines of a request's head are answered with; "cut" where there is no answer. */
  async function answer(...lines: string[]): Promise<string> {
    const socket = connect({ port: Number(new URL(front.origin).port), host: "127.0.0.1" });
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    await once(socket, "close");
    if (text === "") return "cut";
    return `${text.split(" ", 2)[1]} ${text.slice(text.indexOf("\r\n\r\n") + 4)}`.trim();
  }

  const get = (host: string, target = "/x") => answer(`GET ${target} HTTP/1.1`, `Host: ${host}`);

  test("a host may be a name or an address, with or without a port", async () => {
    for (const host of ["a", "A_b.c-d.localhost", "127.0.0.1:1", "[::1]:65535", "a:"])
      assert.equal(await get(host), `200 ${host} /x`);
  });

  test("what is no host is a bad request", async () => {
    const bad = [
      "a b",
      ":::",
      "[",
      "[::1",
      "a:99999",
      "a:b",
      "a/b",
      "a@b",
      "a?b",
      "1.2.3.999",
      "\xff",
    ];
    for (const host of bad) assert.equal(await get(host), "400", host);
  });

  test("two Host headers are a bad request, even where they say the same", async () => {
    assert.equal(await answer("GET /x HTTP/1.1", "Host: a", "HOST: a"), "400");
  });

  test("who names no host means the one that listens", async () => {
    const own = new URL(front.origin).host;
    assert.equal(await get(""), `200 ${own} /x`);
    assert.equal(await answer("GET /x HTTP/1.0"), `200 ${own} /x`);
    assert.match(await answer("GET /x HTTP/1.1"), /^400/); // Node.js's own
  });

  test("the authority of a target in absolute form counts instead of the header", async () => {
    assert.equal(await get("a", "http://b:1/x?y"), "200 b:1 /x?y");
    assert.equal(await get("a", "HTTP://b"), "200 b /");
    assert.equal(await get("a", "http://b?c"), "200 b /?c");
    assert.equal(await get("a", "http://b c/x"), "400");
    assert.equal(await get("a", "http://u@b/x"), "400");
  });

  test("what no route claims is not found", async () => {
    assert.equal(await get("a", "/nobody"), "404");
  });

  test("a route that throws fails its own request and no other", async () => {
    defects.length = 0;
    assert.equal(await get("a", "/broken"), "500");
    assert.equal(await get("a", "/begun"), "cut");
    assert.deepEqual(defects.map(String), ["Error: /broken", "Error: /begun"]);
    assert.equal(await get("a"), "200 a /x");
  });
});

describe("the front door closes", () => {
  /** A front with one connection that keeps alive and whose request waits for `answer`. */
  async function underWay() {
    const begun = Promise.withResolvers<ServerResponse>();
    const front = await openTestFront({
      routes: [
        ({ url }, response) => {
          if (url === "/slow") begun.resolve(response);
          else response.end("served");
          return true;
        },
      ],
    });
    const socket = connect({ port: Number(new URL(front.origin).port), host: "127.0.0.1" });
    socket.setEncoding("latin1").write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    return { front, socket, response: await begun.promise };
  }
  const NEVER = 2 ** 31 - 1;

  test("once the requests under way are answered, though their clients keep the connections", async () => {
    const { front, socket, response } = await underWay();
    const closed = front.close(NEVER);
    response.end("done");
    const text = (await socket.toArray()).join("");
    assert.match(text, /^HTTP\/1.1 200 .*done$/s);
    await closed;
  });

  test("and takes no further request over connections that are still open", async () => {
    const { front, socket, response } = await underWay();
    const closed = front.close(NEVER);
    socket.write("GET /further HTTP/1.1\r\nHost: a\r\n\r\n");
    response.end("done");
    // Refused, or cut, perhaps by a reset, before it arrived.
    let text = "";
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
    assert.doesNotMatch(text, /served/);
    await closed;
  });

  test("and cuts what takes longer than its grace", async () => {
    const { front, socket } = await underWay();
    await Promise.all([once(socket, "close"), front.close(0)]);
  });
});
