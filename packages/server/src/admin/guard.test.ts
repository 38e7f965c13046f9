import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { guard } from "./guard.ts";
import { Problem } from "./problem.ts";

const TOKEN = "0123456789abcdef";
const LOCAL = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"];
const REMOTE = ["10.0.0.2", "::ffff:10.0.0.2", "fe80::1", ""];

/** The outcome for a peer that sends these headers. */
function outcome(peer: string, headers: Record<string, string>): string {
  const request = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
  try {
    return guard(request, TOKEN);
  } catch (error) {
    assert.ok(error instanceof Problem);
    return `${error.status} ${error.code}`;
  }
}

test("whoever shows the token holds it, wherever it comes from and whatever it calls the platform", () => {
  for (const peer of [...LOCAL, ...REMOTE])
    for (const host of ["127.0.0.1:4566", "platform.example", "evil.example"]) {
      const ask = (authorization: string) => outcome(peer, { host, authorization });
      assert.equal(ask(`Bearer ${TOKEN}`), "holder");
      assert.equal(ask(`bearer  ${TOKEN} `), "holder");
    }
});

test("nobody else does, programs of this machine neither", () => {
  for (const peer of [...LOCAL, ...REMOTE]) {
    assert.equal(outcome(peer, { host: "localhost:4566" }), "anybody");
    for (const wrong of ["wrong", `${TOKEN}x`, TOKEN.slice(1), `${TOKEN} ${TOKEN}`, ""])
      assert.equal(
        outcome(peer, { host: "localhost", authorization: `Bearer ${wrong}` }),
        "401 Unauthorized",
      );
    assert.equal(
      outcome(peer, { host: "localhost", authorization: `Basic ${TOKEN}` }),
      "401 Unauthorized",
    );
  }
});

test("a name that was rebound to loopback is refused, and so is a missing one", () => {
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"])
    assert.equal(outcome("127.0.0.1", { host }), "403 ForeignHost");
  assert.equal(outcome("127.0.0.1", {}), "403 ForeignHost");
  for (const host of ["127.0.0.1:4566", "localhost", "yunque.localhost:1", "[::1]:4566"])
    assert.equal(outcome("127.0.0.1", { host }), "anybody");
});

test("what a local proxy passes on is another machine's: it may call the platform as it likes", () => {
  const host = "platform.example";
  assert.equal(outcome("127.0.0.1", { host, "x-forwarded-for": "10.0.0.2" }), "anybody");
  assert.equal(outcome("127.0.0.1", { host, forwarded: "for=10.0.0.2" }), "anybody");
});

test("pages of other origins are refused, even with the token", () => {
  const host = "127.0.0.1:4566";
  const pages: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "http://127.0.0.1:3000" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const page of pages) {
    const headers = { host, ...page, authorization: `Bearer ${TOKEN}` };
    assert.equal(outcome("127.0.0.1", headers), "403 ForeignOrigin");
  }
});

test("our own page with the token is served", () => {
  const host = "127.0.0.1:4566";
  const authorization = `Bearer ${TOKEN}`;
  const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin", authorization };
  assert.equal(outcome("127.0.0.1", own), "holder");
  assert.equal(outcome("127.0.0.1", { host, "sec-fetch-site": "none" }), "anybody");
});

test("who is refused is told how to get in", () => {
  const request = {
    headers: { host: "localhost", authorization: "Bearer wrong" },
    socket: { remoteAddress: "127.0.0.1" },
  } as unknown as IncomingMessage;
  assert.throws(() => guard(request, TOKEN), /YUNQUE_ADMIN_TOKEN.*admin-token.*data directory/);
});
