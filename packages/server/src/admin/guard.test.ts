import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { guard } from "./guard.ts";
import { Problem } from "./problem.ts";

const TOKEN = "0123456789abcdef";

/** The outcome for a peer that sends these headers. */
function outcome(peer: string, headers: Record<string, string>, token?: string): string {
  const request = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
  try {
    guard(request, token);
    return "served";
  } catch (error) {
    assert.ok(error instanceof Problem);
    return `${error.status} ${error.code}`;
  }
}

test("programs of this machine are served by any of its names, with a token configured or not", () => {
  for (const host of ["127.0.0.1:4566", "localhost", "yunque.localhost:1", "[::1]:4566"])
    for (const peer of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
      assert.equal(outcome(peer, { host }), "served");
      assert.equal(outcome(peer, { host }, TOKEN), "served");
    }
});

test("a name that was rebound to loopback is refused, and so is a missing one", () => {
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"])
    assert.equal(outcome("127.0.0.1", { host }), "403 ForeignHost");
  assert.equal(outcome("127.0.0.1", {}), "403 ForeignHost");
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
    assert.equal(outcome("127.0.0.1", headers, TOKEN), "403 ForeignOrigin");
  }
});

test("our own page and a typed address are served", () => {
  const host = "127.0.0.1:4566";
  const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
  assert.equal(outcome("127.0.0.1", own), "served");
  assert.equal(outcome("127.0.0.1", { host, "sec-fetch-site": "none" }), "served");
});

test("other machines are refused while no token is configured", () => {
  const headers = { host: "10.0.0.1:4566" };
  for (const peer of ["10.0.0.2", "::ffff:10.0.0.2", "fe80::1", ""])
    assert.equal(outcome(peer, headers), "403 LoopbackOnly");
  assert.equal(
    outcome("10.0.0.2", { ...headers, authorization: `Bearer ${TOKEN}` }),
    "401 Unauthorized",
  );
});

test("other machines are served with the token, and with nothing else", () => {
  const host = "platform.example";
  const ask = (authorization: string) => outcome("10.0.0.2", { host, authorization }, TOKEN);
  assert.equal(ask(`Bearer ${TOKEN}`), "served");
  assert.equal(ask(`bearer  ${TOKEN} `), "served");
  assert.equal(outcome("10.0.0.2", { host }, TOKEN), "401 Unauthorized");
  for (const wrong of [`Bearer ${TOKEN}x`, "Bearer", `Basic ${TOKEN}`, `Bearer ${TOKEN} ${TOKEN}`])
    assert.equal(ask(wrong), "401 Unauthorized");
});

test("a wrong token is refused on this machine too: somebody believes it is right", () => {
  const headers = { host: "localhost", authorization: "Bearer wrong" };
  assert.equal(outcome("127.0.0.1", headers, TOKEN), "401 Unauthorized");
});

test("what a local proxy passes on counts as another machine's", () => {
  const host = "localhost";
  assert.equal(outcome("127.0.0.1", { host, "x-forwarded-for": "10.0.0.2" }), "403 LoopbackOnly");
  assert.equal(outcome("127.0.0.1", { host, forwarded: "for=10.0.0.2" }), "403 LoopbackOnly");
});
