import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTransformer, unknownPlaceholders } from "./input-transformer.ts";
import { parseJsonPath, valueAt } from "./json-path.ts";

const EVENT = {
  id: "1",
  "detail-type": "t",
  detail: {
    payload: { acc_id: "0a787ecb-4015", sf_id: "baz" },
    list: ["ACTIVE", "INACTIVE"],
    items: [{ id: 1 }, { id: 2 }],
    text: 'a "quoted"\nline',
    valid: true,
    none: null,
  },
};

const PATHS = {
  userId: "$.detail.payload.acc_id",
  payload: "$.detail.payload",
  list: "$.detail.list",
  text: "$.detail.text",
  valid: "$.detail.valid",
  none: "$.detail.none",
  missing: "$.detail.nothing",
};

const transform = (template: string) =>
  compileTransformer({ paths: PATHS, template })({
    event: EVENT,
    text: JSON.stringify(EVENT),
    ruleArn: "arn:rule",
    ruleName: "rule",
    ingestionTime: 0,
  });

test("values stand as JSON, and between quotes as text", () => {
  assert.equal(
    transform('{"path": "users/<userId>", "id": <userId>, "body": <payload>, "ok": <valid>}'),
    '{"path": "users/0a787ecb-4015", "id": "0a787ecb-4015", "body": {"acc_id":"0a787ecb-4015","sf_id":"baz"}, "ok": true}',
  );
  assert.equal(
    transform('"<list> states"\n"<payload> payload"\n"<missing> nothing"'),
    '"[ACTIVE,INACTIVE] states"\n"{acc_id:0a787ecb-4015,sf_id:baz} payload"\n" nothing"',
  );
  assert.deepEqual(
    JSON.parse(transform('{"a": "<text>", "b": <text>, "c": <none>, "d": <missing>}')),
    {
      a: EVENT.detail.text,
      b: EVENT.detail.text,
      c: null,
      d: "",
    },
  );
});

test("variables that everybody has", () => {
  const made = transform(
    '{"rule": "<aws.events.rule-arn>", "name": <aws.events.rule-name>, "at": <aws.events.event.ingestion-time>, "event": <aws.events.event>, "all": <aws.events.event.json>}',
  );
  assert.deepEqual(JSON.parse(made), {
    rule: "arn:rule",
    name: "rule",
    at: "1970-01-01T00:00:00.000Z",
    event: { id: "1", "detail-type": "t" },
    all: EVENT,
  });
});

test("names that nothing stands for are found", () => {
  const template = '"<a> \\"<b>\\" <c> <aws.events.rule-arn>"';
  assert.deepEqual(unknownPlaceholders({ paths: { a: "$" }, template }), ["b", "c"]);
});

test("paths", () => {
  const at = (text: string) => {
    const path = parseJsonPath(text);
    assert.ok(path, text);
    return valueAt(EVENT, path);
  };
  assert.equal(at("$"), EVENT);
  assert.equal(at("$.detail-type"), "t");
  assert.equal(at("$['detail-type']"), "t");
  assert.equal(at("$.detail.items[1].id"), 2);
  assert.deepEqual(at("$.detail.items[*].id"), [1, 2]);
  assert.equal(at("$.detail.items.id"), undefined);
  assert.equal(at("$.toString"), undefined);
  for (const text of ["", "detail", "$detail", "$.", "$.a[", "$..a", "$.a[-1]", "$.a[?(@.b)]"])
    assert.equal(parseJsonPath(text), undefined, text);
});
