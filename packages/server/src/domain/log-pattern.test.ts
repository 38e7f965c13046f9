import assert from "node:assert/strict";
import { it } from "node:test";
import { compileLogPattern, LogPatternError } from "./log-pattern.ts";

const JSON_LINE =
  '{"a":{"b":"foo bar","c d":1},"n":[10,"x"],"t":true,"z":null,"ip":"10.0.1.7","e":1500}';
const ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /x HTTP/1.0" 404 1534';

const ROWS: readonly [pattern: string, message: string, matches: boolean][] = [
  ["", "anything", true],
  [" ", "anything", true],
  ["ERROR", "[ERROR 400] BAD", true],
  ["ERROR", "[error 400] BAD", false],
  ["ERROR BAD", "[ERROR 400] BAD", true],
  ["ERROR GOOD", "[ERROR 400] BAD", false],
  ["?GOOD ?BAD", "[ERROR 400] BAD", true],
  ["?GOOD ?WARN", "[ERROR 400] BAD", false],
  ["ERROR -BAD", "[ERROR 400] BAD", false],
  ["ERROR -GOOD", "[ERROR 400] BAD", true],
  ['"400] BAD"', "[ERROR 400] BAD", true],
  ['"a \\"b\\""', 'a "b"', true],
  ["%ERR[A-Z]+ \\d{3}%", "[ERROR 400] BAD", true],
  ["%^BAD%", "[ERROR 400] BAD", false],
  ["%BAD$|never%", "[ERROR 400] BAD", true],
  ['{ $.a.b = "foo bar" }', JSON_LINE, true],
  ["{ $.a.b = foo* }", JSON_LINE, true],
  ['{ $.a.b != "foo bar" }', JSON_LINE, false],
  ['{ $.missing != "x" }', JSON_LINE, false],
  ["{ $.a['c d'] = 1 }", JSON_LINE, true],
  ["{ $.n[0] >= 10 && $.n[1] = x }", JSON_LINE, true],
  ["{ $.n[0] > 10 || $.t IS TRUE }", JSON_LINE, true],
  ["{ ($.n[0] > 10 || $.t IS FALSE) && $.z IS NULL }", JSON_LINE, false],
  ["{ $.z IS NULL }", JSON_LINE, true],
  ["{ $.y NOT EXISTS }", JSON_LINE, true],
  ["{ $.a NOT EXISTS }", JSON_LINE, false],
  ["{ $.ip = %10\\.0\\.\\d+\\.7% }", JSON_LINE, true],
  ["{ $.e = 1.5e3 }", JSON_LINE, true],
  ["{ $.e < 1.5e3 }", JSON_LINE, false],
  ["{ $.a.b = * }", "no json", false],
  ["{ $.__proto__ = * }", JSON_LINE, false],
  ["[]", "anything at all", true],
  ["[ip, id, user, time, request, status = 4*, bytes]", ACCESS, true],
  ["[ip, id, user, time, request, status = 5*, bytes]", ACCESS, false],
  ["[ip, user]", ACCESS, false],
  ["[..., status = 404 || status = 410, bytes > 1000]", ACCESS, true],
  ["[..., status != 404, bytes]", ACCESS, false],
  ['[ip, ..., request = "GET *", status, bytes]', ACCESS, true],
  ["[ip = %^127%, ...]", ACCESS, true],
];

for (const [pattern, message, matches] of ROWS)
  it(`${JSON.stringify(pattern)} ${matches ? "finds" : "leaves"} ${message.slice(0, 20)}`, () => {
    assert.equal(compileLogPattern(pattern).matches(message), matches);
  });

it("values are taken out of lines", () => {
  assert.equal(compileLogPattern("{ $.e = * }").value(JSON_LINE, "$.e"), 1500);
  assert.equal(compileLogPattern("{ $.e = * }").value(JSON_LINE, "$.none"), undefined);
  assert.equal(compileLogPattern("[..., status, bytes]").value(ACCESS, "$bytes"), "1534");
});

for (const pattern of [
  "{ $.a }",
  "{ $.a = }",
  "{ $ = 1 }",
  "{ $.a = 1 && }",
  "{ ($.a = 1 }",
  "{ $.a > x }",
  "[a, b = ]",
  "[..., a, ...]",
  "%(a)%",
  "%[b%",
  "%a{3,1}%",
  "(a)",
  `{ ${"(".repeat(100)} }`,
])
  it(`${pattern.slice(0, 30)} is no pattern`, () => {
    assert.throws(() => compileLogPattern(pattern), LogPatternError);
  });

it("no expression takes longer than its length times the line's", () => {
  const pattern = compileLogPattern(`%${"a?".repeat(200)}${"a*".repeat(200)}b$%`);
  assert.equal(pattern.matches("a".repeat(2000)), false);
});
