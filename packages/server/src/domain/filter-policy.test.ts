import assert from "node:assert/strict";
import { test } from "node:test";
import { compileFilterPolicy, FilterPolicyError, type FilterScope } from "./filter-policy.ts";

const text = (value: string) => ({ type: "String", value });
const number = (value: string) => ({ type: "Number", value });
const array = (...values: unknown[]) => ({ type: "String.Array", value: JSON.stringify(values) });

type Attribute = { readonly type: string; readonly value: string };
const passes = (conditions: unknown[], k?: Attribute): boolean =>
  compileFilterPolicy(JSON.stringify({ k: conditions }), "MessageAttributes").matches({
    body: "",
    attributes: k === undefined ? {} : { k },
  });
const bodyPasses = (policy: object, body: unknown): boolean =>
  compileFilterPolicy(JSON.stringify(policy), "MessageBody").matches({
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: {},
  });

/** Conditions of one key, an attribute, whether it passes. */
const CASES: readonly (readonly [unknown[], Attribute | undefined, boolean])[] = [
  [["a", "b"], text("b"), true],
  [["a"], text("A"), false],
  [["1"], number("1"), false],
  [[1], number("1.0"), true],
  [[1], text("1"), false],
  [["a"], array("x", "a"), true],
  [["a"], { type: "String.Array", value: "not JSON" }, false],
  [[true], array(true), true],
  [[null], array(null), true],
  [["a"], { type: "Binary", value: "YQ==" }, false],
  [[{ prefix: "ba" }], text("bar"), true],
  [[{ prefix: "ba" }], text("abar"), false],
  [[{ suffix: "ar" }], text("bar"), true],
  [[{ prefix: { "equals-ignore-case": "BA" } }], text("bar"), true],
  [[{ suffix: { "equals-ignore-case": "AR" } }], text("bar"), true],
  [[{ "equals-ignore-case": "TeSt" }], text("tEsT"), true],
  [[{ wildcard: "a*c*e" }], text("abcde"), true],
  [[{ wildcard: "a*c*e" }], text("ace"), true],
  [[{ wildcard: "a*a" }], text("a"), false],
  [[{ wildcard: "a\\*b" }], text("a*b"), true],
  [[{ wildcard: "a\\*b" }], text("axb"), false],
  [[{ "anything-but": "a" }], text("b"), true],
  [[{ "anything-but": ["a", "b"] }], text("b"), false],
  [[{ "anything-but": [1, 2] }], number("3"), true],
  [[{ "anything-but": [1, 2] }], number("2.0"), false],
  [[{ "anything-but": "a" }], undefined, false],
  [[{ "anything-but": { prefix: "a" } }], text("bc"), true],
  [[{ "anything-but": { prefix: ["a", "b"] } }], text("bc"), false],
  [[{ "anything-but": { suffix: "c" } }], text("bc"), false],
  [[{ "anything-but": { wildcard: "*b*" } }], text("abc"), false],
  [[{ "anything-but": { "equals-ignore-case": "A" } }], text("a"), false],
  [["x", { "anything-but": "a" }], text("a"), false],
  [[{ exists: true }], text("a"), true],
  [[{ exists: true }], undefined, false],
  [[{ exists: false }], undefined, true],
  [[{ exists: false }], text("a"), false],
  [[{ numeric: ["=", 301.5] }], number("301.50"), true],
  [[{ numeric: ["=", 0.3] }], number("0.30000000000000004"), true],
  [[{ numeric: ["<", 0] }], number("-1e-3"), true],
  [[{ numeric: [">", 0, "<=", 150] }], number("150"), true],
  [[{ numeric: [">", 0, "<=", 150] }], number("150.00001"), false],
  [[{ numeric: [">", 0] }], text("5"), false],
  [[{ cidr: "10.0.0.0/24" }], text("10.0.0.255"), true],
  [[{ cidr: "10.0.0.0/24" }], text("10.0.1.0"), false],
  [[{ cidr: "2001:db8::/32" }], text("2001:db8:1::1"), true],
  [[{ cidr: "10.0.0.0/24" }], text("nonsense"), false],
];

for (const [conditions, attribute, expected] of CASES)
  test(`${JSON.stringify(conditions)} ${expected ? "takes" : "leaves"} ${JSON.stringify(attribute)}`, () => {
    assert.equal(passes(conditions, attribute), expected);
  });

test("all keys must match, and of $or one alternative", () => {
  const policy = { a: ["1"], $or: [{ b: ["2"] }, { c: ["3"] }] };
  assert.ok(bodyPasses(policy, { a: "1", c: "3" }));
  assert.ok(!bodyPasses(policy, { a: "1" }));
  assert.ok(!bodyPasses(policy, { b: "2", c: "3" }));
});

test("bodies are looked into, arrays by each of their elements", () => {
  const policy = { order: { items: { kind: ["book"], price: [{ numeric: [">", 5] }] } } };
  const items = (...all: object[]) => ({ order: { items: all } });
  assert.ok(bodyPasses(policy, items({ kind: "pen" }, { kind: "book", price: 7 })));
  assert.ok(!bodyPasses(policy, items({ kind: "book", price: 3 }, { kind: "pen", price: 7 })));
  assert.ok(!bodyPasses(policy, "no JSON"));
  assert.ok(!bodyPasses({ a: [{ exists: false }] }, "no JSON"));
  assert.ok(bodyPasses({ a: { b: [{ exists: false }] } }, {}));
  assert.ok(!bodyPasses({ a: ["x"] }, '"x"'));
});

test("deep messages and names of prototypes are nothing special", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assert.ok(!bodyPasses({ a: ["x"] }, `{"a":${deep}}`));
  assert.ok(!bodyPasses({ a: ["x"] }, deep));
  assert.ok(bodyPasses({ constructor: [{ exists: false }] }, {}));
  assert.ok(!passes([{ exists: true }], undefined));
});

const refusal = (policy: unknown, scope: FilterScope = "MessageBody"): string => {
  const policyText = typeof policy === "string" ? policy : JSON.stringify(policy);
  try {
    compileFilterPolicy(policyText, scope);
  } catch (error) {
    assert.ok(error instanceof FilterPolicyError);
    return error.message.split("\n")[0] ?? "";
  }
  return "";
};
const values = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

test("policies are refused in AWS's words", () => {
  assert.equal(refusal("[]"), "Filter is not an object");
  assert.match(refusal("{"), /^failed to parse JSON/);
  assert.equal(refusal({ a: [[1]] }), "Match value must be String, number, true, false, or null");
  assert.equal(refusal({ a: [{ unknown: 1 }] }), "Unrecognized match type unknown");
  assert.equal(
    refusal({ a: [{ prefix: "x", suffix: "y" }] }),
    "Only one key allowed in match expression",
  );
  assert.equal(
    refusal({ a: [{ exists: "yes" }] }),
    "exists match pattern must be either true or false.",
  );
  assert.match(refusal({ a: [{ "anything-but": ["a", 1] }] }), /mixed type is not supported/);
  assert.equal(
    refusal({ a: { b: ["x"] } }, "MessageAttributes"),
    "Filter policy scope MessageAttributes does not support nested filter policy",
  );
  assert.notEqual(refusal({ a: [{ numeric: ["=", 1e10] }] }), "");
});

test("150 combinations and five keys are the most; levels and alternatives count", () => {
  const complex = "Filter policy is too complex";
  assert.equal(refusal({ a: values(150) }), "");
  assert.equal(refusal({ a: values(151) }), complex);
  assert.equal(refusal({ a: { b: values(75) } }), "");
  assert.equal(refusal({ a: { b: values(76) } }), complex);
  assert.equal(refusal({ $or: [{ a: values(75) }, { b: values(75) }] }), "");
  assert.equal(refusal({ $or: [{ a: values(75) }, { b: values(76) }] }), complex);
  const keys = (count: number) =>
    Object.fromEntries(values(count).map((name) => [`k${name}`, ["x"]]));
  assert.equal(refusal(keys(5)), "");
  assert.equal(refusal(keys(6)), "Filter policy can not have more than 5 keys");
});

test("a policy that nests without end is refused, and breaks nothing", () => {
  const nested = `${'{"a":'.repeat(5000)}["x"]${"}".repeat(5000)}`;
  assert.notEqual(refusal(nested), "");
});
