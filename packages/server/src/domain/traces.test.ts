import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FilterSyntaxError, parseFilter } from "./filter-expression.ts";
import { DEFAULT_RULE, glob, matchesRule } from "./sampling-rule.ts";
import { isRefused, readSegment, type Segment } from "./segment.ts";
import { graphOf } from "./service-graph.ts";
import { matchesFilter } from "./trace-filter.ts";
import {
  headerOfTraceparent,
  isUndecided,
  readTraceHeader,
  traceparentOf,
  withDecision,
  withParent,
} from "./trace-header.ts";
import { viewOf } from "./trace-view.ts";

const ROOT = "1-58406520-a006649127e371903a2de979";
const id = (n: number) => String(n).padStart(16, "0");

describe("trace headers", () => {
  const header = `Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`;
  it("are read, whatever else they say", () => {
    assert.deepEqual(readTraceHeader(`${header};Lineage=1:0a0a0a0a:2`), {
      root: ROOT,
      parent: "53995c3f42cd8ad8",
      sampled: true,
    });
    assert.equal(readTraceHeader("Root=1-2-3;Parent=4"), undefined);
    assert.equal(readTraceHeader(`Self=1;Root=${ROOT};Sampled=?`)?.sampled, undefined);
  });
  it("get a parent and a decision, and keep their lineage", () => {
    assert.equal(
      withParent(`${header};Lineage=1:0a0a0a0a:2`, id(1)),
      `Root=${ROOT};Parent=${id(1)};Sampled=1;Lineage=1:0a0a0a0a:2`,
    );
    assert.equal(
      withDecision(`Root=${ROOT};Lineage=1:0a0a0a0a:2`, true),
      `Root=${ROOT};Sampled=1;Lineage=1:0a0a0a0a:2`,
    );
    assert.equal(isUndecided(`Root=${ROOT};Sampled=?`), true);
    assert.equal(withDecision(`Root=${ROOT};Sampled=?`, false), `Root=${ROOT};Sampled=0`);
  });
  it("become W3C's and come back", () => {
    const w3c = "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01";
    assert.equal(traceparentOf(header), w3c);
    assert.equal(headerOfTraceparent(w3c), header);
    for (const wrong of [
      "",
      "00-0-0-01",
      w3c.replace(/^00/, "ff"),
      `00-${"0".repeat(32)}-53995c3f42cd8ad8-01`,
    ])
      assert.equal(headerOfTraceparent(wrong), undefined);
  });
});

describe("segment documents", () => {
  const good = { id: id(1), trace_id: ROOT, name: "a", start_time: 1, end_time: 2 };
  const read = (more: object) => {
    const result = readSegment(JSON.stringify({ ...good, ...more }));
    return isRefused(result) ? result.code : "taken";
  };
  it("are taken, in X-Ray's and in W3C's ids", () => {
    assert.equal(read({}), "taken");
    assert.equal(read({ end_time: undefined, in_progress: true }), "taken");
    const w3c = readSegment(JSON.stringify({ ...good, trace_id: ROOT.replace(/^1-|-/g, "") }));
    assert.equal("trace_id" in w3c && w3c.trace_id, ROOT);
  });
  for (const [what, more, code] of [
    ["no id", { id: undefined }, "MissingId"],
    ["a wrong id", { id: "x" }, "InvalidId"],
    ["no trace", { trace_id: undefined }, "MissingTraceId"],
    ["a wrong trace", { trace_id: "1-2-3" }, "InvalidTraceId"],
    ["no name", { name: "" }, "MissingName"],
    ["a name with what may not stand there", { name: "a<b>" }, "InvalidName"],
    ["no start", { start_time: undefined }, "MissingStartTime"],
    ["a start that is text", { start_time: "1" }, "InvalidStartTime"],
    ["no end", { end_time: undefined }, "MissingEndTime"],
    ["a subsegment of nobody", { type: "subsegment" }, "MissingParentId"],
    ["a broken subsegment", { subsegments: [{ id: id(2), name: "b" }] }, "MissingStartTime"],
    ["subsegments that are none", { subsegments: "x" }, "ParseError"],
  ] as const)
    it(`are refused with ${what}`, () => assert.equal(read(more), code));
  it("are refused where they are no JSON, or too large", () => {
    assert.deepEqual(readSegment("{"), { id: undefined, code: "ParseError" });
    assert.deepEqual(readSegment("[]"), { id: undefined, code: "ParseError" });
    assert.equal(read({ metadata: { a: "x".repeat(65_536) } }), "SegmentSizeExceeded");
    let deep: object = { ...good, id: id(3) };
    for (let n = 0; n < 150; n++) deep = { ...good, id: id(3), subsegments: [deep] };
    assert.equal(read({ subsegments: [deep] }), "DepthExceeded");
  });
});

const segment = (more: Partial<Segment>): Segment => ({
  id: id(1),
  trace_id: ROOT,
  name: "front",
  start_time: 100,
  end_time: 101,
  ...more,
});
const TRACE = viewOf(ROOT, [
  segment({
    annotations: { account: "12345", tries: 3, vip: true },
    user: "ann",
    http: {
      request: { url: "http://api.example.com/v2/a", method: "GET" },
      response: { status: 200 },
    },
    subsegments: [
      { id: id(11), name: "back", namespace: "remote", start_time: 100.1, end_time: 100.9 },
      {
        id: id(12),
        name: "DynamoDB",
        namespace: "aws",
        start_time: 100,
        end_time: 100.2,
        aws: { table_name: "orders" },
      },
    ],
  }),
  segment({
    id: id(2),
    name: "back",
    origin: "AWS::Lambda::Function",
    parent_id: id(11),
    start_time: 100.2,
    end_time: 104,
    fault: true,
  }),
]);

describe("filter expressions", () => {
  const holds = (text: string) => matchesFilter(parseFilter(text), TRACE);
  for (const text of [
    "",
    "ok",
    "!fault",
    "NOT fault",
    "fault = false",
    "responsetime = 1",
    "duration >= 4 AND duration <= 8",
    "duration > 1 !partial",
    "http.status = 200 OR http.status = 500",
    'http.url BEGINSWITH "http://api" AND http.url CONTAINS "/v2/"',
    "http.method = 'GET'",
    'user = "ann"',
    'annotation.account = "12345"',
    'annotation[account] = "12345"',
    "annotation.tries > 2",
    "annotation.vip",
    "annotation.vip = true",
    'service("back")',
    'service("back") { fault }',
    "service() { fault = true }",
    'service(id(name: "back", type: "AWS::Lambda::Function"))',
    'service(id(type: "AWS::DynamoDB::Table"))',
    'edge("front", "back") { fault }',
    'edge("front", "orders")',
    '!service("other")',
    '(ok OR fault) AND (annotation.account = "12345")',
  ])
    it(`means this trace by ${text || "nothing"}`, () => assert.equal(holds(text), true));
  for (const text of [
    "fault",
    "error OR throttle",
    "duration < 4",
    "partial",
    'annotation.account = "1"',
    "annotation.other",
    'service("front") { fault }',
    'edge("back", "front")',
    'http.url ENDSWITH "/b"',
  ])
    it(`does not mean it by ${text}`, () => assert.equal(holds(text), false));
  for (const text of [
    "what",
    "ok AND",
    "duration",
    "duration = ",
    'duration > "5"',
    "fault > true",
    "(ok",
    "ok)",
    'service("a"',
    "service(5)",
    'http.url > "a"',
    "ok @ 1",
    `${"(".repeat(5000)}ok`,
    "!".repeat(5000),
    '"',
  ])
    it(`is refused: ${text.slice(0, 20)}`, () =>
      assert.throws(() => parseFilter(text), FilterSyntaxError));
});

it("whatever text comes is an expression or refused, and fast", () => {
  const words = [
    "ok",
    "!",
    "(",
    ")",
    "{",
    "}",
    "AND",
    "OR",
    "service",
    "edge",
    "id",
    '"a"',
    "'",
    "=",
    "<",
    "5",
    "-",
    "duration",
    "annotation.x",
    "annotation[",
    "]",
    ",",
    ":",
    " ",
    "\\",
    "group.name",
    "é",
  ];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  let taken = 0;
  for (let n = 0; n < 20_000; n++) {
    const text = Array.from({ length: random(12) }, () => words[random(words.length)]).join(" ");
    try {
      matchesFilter(parseFilter(text), TRACE);
      taken += 1;
    } catch (error) {
      assert.ok(error instanceof FilterSyntaxError, text);
    }
  }
  assert.ok(taken > 100);
});

it("draws a map: who called whom, and how that ended", () => {
  const graph = graphOf([TRACE]);
  const names = graph.map(({ service }) => `${service.type ?? ""} ${service.name}`);
  assert.deepEqual(names.sort(), [
    " front",
    "AWS::DynamoDB::Table orders",
    "AWS::Lambda::Function back",
    "client front",
  ]);
  const by = (type: string | undefined) => graph.find(({ service }) => service.type === type);
  const front = by(undefined);
  assert.equal(front?.root, true);
  assert.deepEqual(
    front?.edges.map(({ to }) => to).sort(),
    [by("AWS::Lambda::Function")?.number, by("AWS::DynamoDB::Table")?.number].sort(),
  );
  assert.equal(by("AWS::Lambda::Function")?.figures.fault, 1);
});

it("sampling rules mean what their patterns say", () => {
  assert.equal(glob("/a/*/c?", "/A/b/b/c1"), true);
  assert.equal(glob("/a/*/c?", "/a/b/c"), false);
  assert.equal(glob("*", undefined), true);
  assert.equal(glob("x", undefined), false);
  assert.equal(glob(`${"*a".repeat(50)}b`, "a".repeat(2000)), false);
  const rule = { ...DEFAULT_RULE, serviceName: "orders-*", method: "GET" };
  assert.equal(matchesRule(rule, { serviceName: "orders-1", method: "GET" }), true);
  assert.equal(matchesRule(rule, { serviceName: "orders-1", method: "PUT" }), false);
});
