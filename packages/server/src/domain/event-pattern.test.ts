import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { compilePattern, InvalidPattern } from "./event-pattern.ts";

const RECORDED = resolve(
  import.meta.dirname,
  "../../../../../shared/data/aws-recordings/events/patterns",
);

function reasonOf(source: string): string {
  try {
    compilePattern(source);
  } catch (error) {
    assert.ok(error instanceof InvalidPattern, String(error));
    return error.message;
  }
  return assert.fail("the pattern is valid");
}

const matches = (pattern: unknown, event: unknown): boolean =>
  compilePattern(JSON.stringify(pattern)).matches(event);

/** JSON5 as far as the recordings use it: comments on lines of their own, and commas at the end. */
function parseJson5(text: string): { readonly Event: unknown; readonly EventPattern: unknown } {
  const json = text
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/("(?:[^"\\]|\\.)*")|\/\/.*$/gm, (_, kept: string | undefined) => kept ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, kept: string | undefined) => kept ?? "");
  return JSON.parse(json);
}

let recorded: string[] = [];
try {
  recorded = readdirSync(RECORDED).filter((name) => name.endsWith(".json5"));
} catch {
  test("AWS's recorded patterns", { skip: `no recordings in ${RECORDED}` }, () => {});
}
for (const name of recorded)
  test(`AWS: ${name}`, () => {
    const { Event, EventPattern } = parseJson5(readFileSync(join(RECORDED, name), "utf8"));
    const pattern = JSON.stringify(EventPattern);
    if (name.includes("_EXC")) assert.throws(() => compilePattern(pattern), InvalidPattern);
    else assert.equal(compilePattern(pattern).matches(Event), !name.includes("_NEG"));
  });

test("errors say where they are, as AWS's do", () => {
  const cases: readonly (readonly [pattern: string, reason: string, column?: number])[] = [
    ['{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}', "Unrecognized match type NUMERIC", 36],
    [
      '{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}',
      "Bad numeric range operator: >",
      49,
    ],
    ['{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}', "Value of < must be numeric", 50],
    [
      '{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}',
      "Consecutive wildcard characters at pos 26",
      72,
    ],
    [
      '{"detail-type": [{"equals-ignore-case": {"prefix": "ec2"}}]}',
      "equals-ignore-case match pattern must be a string",
      42,
    ],
    [
      "this is valid json but not a dict",
      "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      5,
    ],
    ['{"EventBusArn": [{"wildcard": 123}]}', "wildcard match pattern must be a string", 34],
    [
      '{"detail": {"FilePath": [{"anything-but": {"wildcard": 123}}]}}',
      "wildcard match pattern must be a string",
      59,
    ],
    [
      '{"detail": {"FileName": [{"anything-but": {"suffix": 123}}]}}',
      "prefix/suffix match pattern must be a string",
      57,
    ],
    ['{"time": [{"prefix": ["2022-07-13"]}]}', "prefix match pattern must be a string", 23],
    ['{"time": [{"prefix": 123}]}', "prefix match pattern must be a string", 25],
    [
      '{"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}}',
      "Value of anything-but must be an array or single string/number value.",
      55,
    ],
    [
      '{"detail": {"FileName": [{"anything-but": {"suffix": ""}}]}}',
      "Null prefix/suffix not allowed",
      56,
    ],
    ['{"detail": {"c-count": [{"numeric": 10}]}}', "Value of numeric must be an array.", 39],
    [
      '{"detail": {"sourceIPAddress": [{"cidr": "bad-filter"}]}}',
      "Malformed CIDR, one '/' required",
    ],
    [
      '{"detail": {"sourceIPAddress": [{"cidr": "bad-/64filter"}]}}',
      "Malformed CIDR, mask bits must be an integer",
    ],
    [
      '{"detail": {"sourceIPAddress": [{"cidr": "xx.11.xx/8"}]}}',
      "Nonstandard IP address: xx.11.xx",
    ],
  ];
  for (const [pattern, reason, column] of cases)
    assert.equal(
      reasonOf(pattern),
      column === undefined
        ? reason
        : `${reason}\n at [Source: (String)"${pattern}"; line: 1, column: ${column}]`,
    );
  const listed = '{"detail": {"FileName": [{"anything-but": {"suffix": [null, ".txt"]}}]}}';
  const place = `\n at [Source: (String)"${listed}"; line: 1, column: 59]`;
  assert.equal(reasonOf(listed), `prefix/suffix match pattern must be a string${place}${place}`);
});

test("what is no JSON is refused", () => {
  for (const source of [
    "",
    "[]",
    "{",
    '{"a"',
    '{"a":',
    '{"a":[',
    '{"a":["x"',
    '{"a":["x"}',
    '{"a":["x],}',
    '{"a":[1,]}',
    '{"a":["\\q"]}',
    "{}",
    '{"a":{}}',
    '{"a":["x"],}',
    `${'{"a":'.repeat(200)}`,
    '{"a":[{"prefix"',
  ]) {
    reasonOf(source);
  }
});

test("$or, nested, with what is beside it", () => {
  const pattern = {
    source: ["s"],
    detail: { $or: [{ a: [1] }, { b: ["x"], $or: [{ c: [true] }, { d: [null] }] }] },
  };
  assert.equal(matches(pattern, { source: "s", detail: { a: 1 } }), true);
  assert.equal(matches(pattern, { source: "t", detail: { a: 1 } }), false);
  assert.equal(matches(pattern, { source: "s", detail: { b: "x" } }), false);
  assert.equal(matches(pattern, { source: "s", detail: { b: "x", d: null } }), true);
  assert.match(reasonOf('{"$or": [{"a": [1]}]}'), /^There must have at least 2 Objects/);
  assert.match(reasonOf('{"$or": [{"prefix": [1]}, {"a": [1]}]}'), /^prefix is Ruler reserved/);
});

test("arrays match by what they have in common, objects in them one by one", () => {
  assert.equal(matches({ a: ["x", "y"] }, { a: ["z", "y"] }), true);
  assert.equal(matches({ a: ["x"] }, { a: [] }), false);
  const items = {
    items: [
      { id: 1, colour: "red" },
      { id: 2, colour: "blue" },
    ],
  };
  assert.equal(matches({ items: { id: [2], colour: ["blue"] } }, items), true);
  assert.equal(matches({ items: { id: [1], colour: ["blue"] } }, items), false);
});

test("addresses", () => {
  const v6 = { ip: [{ cidr: "2001:db8:1234:1a00::/64" }] };
  assert.equal(matches(v6, { ip: "2001:0db8:1234:1a00:0000:0000:0000:0001" }), true);
  assert.equal(matches(v6, { ip: "10.0.0.1" }), false);
  assert.equal(matches({ ip: [{ cidr: "10.0.0.0/24" }] }, { ip: "10.0.0.255" }), true);
  assert.equal(matches({ ip: ["::1"] }, { ip: "0:0:0:0:0:0:0:1" }), true);
});

test("wildcards, escapes and case", () => {
  const wild = (wildcard: string, value: string) => matches({ a: [{ wildcard }] }, { a: value });
  assert.equal(wild("a*b*c", "aXbYbZc"), true);
  assert.equal(wild("ab*ba", "aba"), false);
  assert.equal(wild("*", ""), true);
  assert.equal(wild("a\\*b", "a*b"), true);
  assert.equal(wild("a\\*b", "aXb"), false);
  assert.match(reasonOf('{"a":[{"wildcard":"a\\\\b"}]}'), /^Invalid escape character at pos 2/);
  assert.equal(matches({ a: [{ prefix: { "equals-ignore-case": "EC" } }] }, { a: "ec2" }), true);
});

test("names such as __proto__ are names", () => {
  assert.equal(
    compilePattern('{"__proto__":{"x":[1]}}').matches(JSON.parse('{"__proto__":{"x":1}}')),
    true,
  );
  assert.equal(compilePattern('{"toString":[{"exists":true}]}').matches({}), false);
  assert.equal(
    compilePattern('{"__proto__":{"x":[1]}}').matches(JSON.parse('{"__proto__.x":1}')),
    true,
  );
});
