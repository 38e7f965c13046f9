import assert from "node:assert/strict";
import { test } from "node:test";
import { corsHeaders, preflightHeaders, urlIdOf } from "./function-url.ts";

test("an id is 32 letters and digits, and says all of its bytes", () => {
  assert.match(urlIdOf(new Uint8Array(20)), /^a{32}$/);
  assert.match(urlIdOf(new Uint8Array(20).fill(255)), /^7{32}$/);
  const bytes = Uint8Array.from({ length: 20 }, (_, n) => n * 13);
  assert.notEqual(urlIdOf(bytes), urlIdOf(bytes.map((byte, n) => (n === 19 ? byte ^ 1 : byte))));
});

test("an origin that is not named gets no headers", () => {
  const cors = { allowOrigins: ["https://example.com"] };
  assert.deepEqual(corsHeaders(cors, "https://evil.example"), {});
  assert.deepEqual(corsHeaders(cors, "https://example.com"), {
    "access-control-allow-origin": "https://example.com",
    vary: "Origin",
  });
  assert.deepEqual(corsHeaders({}, "https://example.com"), {});
});

test("a star stands for every origin, or for a part of its name", () => {
  assert.deepEqual(
    corsHeaders({ allowOrigins: ["*"], exposeHeaders: ["x-a", "x-b"] }, "https://a"),
    {
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-a,x-b",
    },
  );
  const part = { allowOrigins: ["https://*.example.com"] };
  assert.equal(
    corsHeaders(part, "https://a.example.com")["access-control-allow-origin"],
    "https://a.example.com",
  );
  assert.deepEqual(corsHeaders(part, "https://example.com"), {});
});

test("with credentials the origin is named, never the star", () => {
  assert.deepEqual(corsHeaders({ allowOrigins: ["*"], allowCredentials: true }, "https://a"), {
    "access-control-allow-origin": "https://a",
    "access-control-allow-credentials": "true",
    vary: "Origin",
  });
});

test("a preflight is allowed where origin, method and every header are", () => {
  const cors = {
    allowOrigins: ["*"],
    allowMethods: ["GET", "PUT"],
    allowHeaders: ["X-A"],
    maxAge: 9,
  };
  assert.deepEqual(preflightHeaders(cors, "https://a", "put", ["x-a"]), {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET,PUT",
    "access-control-allow-headers": "X-A",
    "access-control-max-age": "9",
  });
  assert.equal(preflightHeaders(cors, "https://a", "DELETE", []), undefined);
  assert.equal(preflightHeaders(cors, "https://a", "GET", ["x-b"]), undefined);
  assert.equal(preflightHeaders({ allowOrigins: ["*"] }, "https://a", "GET", []), undefined);
});
