import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { corsAnswer, findCorsFault } from "./bucket-cors.ts";

const rule = { AllowedMethods: ["GET"], AllowedOrigins: ["https://*.example"] };
const asks = { origin: "https://a.example", method: "GET", headers: [] as string[] };

describe("rules for pages of other sites", () => {
  it("let in by origin, method and headers, the first that does", () => {
    assert.equal(corsAnswer([rule], { ...asks, method: "PUT" }), undefined);
    assert.equal(corsAnswer([rule], { ...asks, origin: "https://example" }), undefined);
    assert.equal(corsAnswer([rule], { ...asks, headers: ["x-a"] }), undefined);
    const wide = { ...rule, AllowedHeaders: ["X-*"], MaxAgeSeconds: 0, ExposeHeaders: ["a", "b"] };
    assert.deepEqual(corsAnswer([rule, wide], { ...asks, headers: ["x-a", "x-b"] }), {
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-methods": "GET",
      "access-control-allow-headers": "x-a, x-b",
      "access-control-expose-headers": "a, b",
      "access-control-max-age": "0",
      "access-control-allow-credentials": "true",
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    });
  });

  it("let in anybody without credentials", () => {
    const found = corsAnswer([{ ...rule, AllowedOrigins: ["*"] }], asks);
    assert.equal(found?.["access-control-allow-origin"], "*");
    assert.equal(found?.["access-control-allow-credentials"], undefined);
  });

  it("match patterns as texts, not as expressions", () => {
    const odd = { ...rule, AllowedOrigins: ["https://a.(b|c)+*"] };
    assert.equal(corsAnswer([odd], { ...asks, origin: "https://a.b" }), undefined);
    assert.ok(corsAnswer([odd], { ...asks, origin: "https://a.(b|c)+d" }));
    const overlap = { ...rule, AllowedOrigins: ["aba*aba"] };
    assert.equal(corsAnswer([overlap], { ...asks, origin: "ababa" }), undefined);
  });

  it("are refused where S3 refuses them", () => {
    assert.deepEqual(findCorsFault([]), { malformed: true });
    assert.deepEqual(findCorsFault(Array(101).fill(rule)), { malformed: true });
    assert.deepEqual(findCorsFault([{ ...rule, AllowedOrigins: [] }]), { malformed: true });
    assert.equal(findCorsFault([rule]), undefined);
    const twice = findCorsFault([{ ...rule, AllowedHeaders: ["*a*"] }]);
    assert.deepEqual(twice, {
      message: 'AllowedHeader "*a*" can not have more than one wildcard.',
    });
  });
});
