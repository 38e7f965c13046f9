import assert from "node:assert/strict";
import { test } from "node:test";
import { urlResponse } from "./url-response.ts";

const answer = (json: string) => {
  const { status, headers, body } = urlResponse(Buffer.from(json));
  return [status, { ...headers }, Buffer.from(body).toString()];
};
const json = { "content-type": "application/json" };

test("what has no statusCode is the JSON body of a 200, without spaces between its tokens", () => {
  assert.deepEqual(answer('{"hello": "wor ld"}'), [200, json, '{"hello":"wor ld"}']);
  assert.deepEqual(answer('[ "a \\" b", 3 ]\n'), [200, json, '["a \\" b",3]']);
  assert.deepEqual(answer("3.10"), [200, json, "3.10"]);
  assert.deepEqual(answer("null"), [200, json, "null"]);
});

test("a text is the body itself", () => assert.deepEqual(answer('"hi"'), [200, json, "hi"]));

test("statusCode, headers, cookies and body make the response", () => {
  assert.deepEqual(
    answer(
      '{"statusCode":"418","headers":{"X-Tea":"pot","Content-Type":"text/plain","X-N":1},"cookies":["a=1","b=2"],"body":"short"}',
    ),
    [
      418,
      { "content-type": "text/plain", "x-tea": "pot", "x-n": "1", "set-cookie": ["a=1", "b=2"] },
      "short",
    ],
  );
});

test("bodies are decoded, written as JSON, or empty", () => {
  assert.equal(answer('{"statusCode":200,"isBase64Encoded":true,"body":"aGk="}')[2], "hi");
  assert.equal(answer('{"statusCode":200,"body":{"a":1}}')[2], '{"a":1}');
  assert.equal(answer('{"statusCode":204}')[2], "");
});

test("headers of the connection are not the function's", () => {
  const headers = answer(
    '{"statusCode":200,"headers":{"Content-Length":"9","Connection":"close","__proto__":"p"}}',
  )[1];
  assert.deepEqual(Object.entries(headers as object), [
    ["content-type", "application/json"],
    ["__proto__", "p"],
  ]);
});

for (const bad of [
  "not json",
  '{"statusCode":"teapot"}',
  '{"statusCode":99}',
  '{"statusCode":200.5}',
])
  test(`${bad} is no response`, () => assert.throws(() => answer(bad), { name: "BadUrlResponse" }));
