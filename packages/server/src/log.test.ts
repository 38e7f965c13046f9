import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog, type LogOptions } from "./log.ts";

const at = Date.UTC(2026, 10, 22, 12, 30, 5, 123);

function logTo(lines: string[], options: Partial<LogOptions> = {}) {
  const write = (line: string) => void lines.push(line);
  return createLog({ format: "text", level: "info", write, now: () => at, ...options });
}

test("the text form is one readable line with its facts", () => {
  const lines: string[] = [];
  logTo(lines).info("function created", { name: "hello", ms: 12, path: "/a b", list: [1] });
  assert.deepEqual(lines, [
    '12:30:05.123 info  function created  name=hello ms=12 path="/a b" list=[1]\n',
  ]);
});

test("the JSON form is one object a line, whose head no field can replace", () => {
  const lines: string[] = [];
  logTo(lines, { format: "json" }).warn("slow", { ms: 12, level: "fake", message: "fake" });
  assert.equal(
    lines[0],
    '{"time":"2026-11-22T12:30:05.123Z","level":"warn","message":"slow","ms":12}\n',
  );
});

test("levels below the least one are not written", () => {
  const lines: string[] = [];
  const log = logTo(lines, { level: "warn" });
  log.debug("no");
  log.info("no");
  log.warn("yes");
  log.error("yes");
  assert.equal(lines.length, 2);
});

const HOSTILE = "x\n12:00:00.000 error forged\r\u001b[2J\u0085\u2028\u202e\u007f";

for (const format of ["text", "json"] as const)
  test(`nothing from outside can forge a line or steer a terminal in ${format}`, () => {
    const lines: string[] = [];
    logTo(lines, { format }).error(HOSTILE, { [HOSTILE]: HOSTILE, name: HOSTILE });
    const line = lines[0] ?? "";
    assert.equal(lines.length, 1);
    assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
    assert.ok(line.endsWith("\n"));
  });

test("what was escaped in JSON reads back as it was", () => {
  const lines: string[] = [];
  logTo(lines, { format: "json" }).info("m", { value: HOSTILE });
  assert.equal(JSON.parse(lines[0] ?? "").value, HOSTILE);
});

for (const format of ["text", "json"] as const)
  test(`any value can be logged in ${format}: errors with their stack, cycles, bigints, traps`, () => {
    const lines: string[] = [];
    const cycle: Record<string, unknown> = { same: 1 };
    cycle["self"] = cycle;
    const trap = {
      toJSON() {
        throw new Error("trap");
      },
    };
    const shared = { a: 1 };
    logTo(lines, { format }).error("all", {
      error: new TypeError("broken"),
      cycle,
      big: 12n,
      trap,
      twice: [shared, shared],
      nothing: undefined,
    });
    const line = lines[0] ?? "";
    assert.match(line, /TypeError: broken/);
    assert.match(line, /\[circular\]/);
    assert.match(line, /12/);
    assert.match(line, /\[unprintable\]/);
    assert.match(line, /\[\{"a":1\},\{"a":1\}\]/);
  });
