import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AlarmRuleError, alarmsIn, holds, parseAlarmRule } from "./alarm-rule.ts";

const worth = (text: string, states: Record<string, "OK" | "ALARM">) =>
  holds(parseAlarmRule(text), (name) => states[name]);

describe("rules of composite alarms", () => {
  it("AND binds closer than OR, NOT closest", () => {
    const states = { a: "ALARM", b: "OK", c: "OK" } as const;
    assert.equal(worth('ALARM("a") OR ALARM(b) AND ALARM(c)', states), true);
    assert.equal(worth("(ALARM(a) OR ALARM(b)) AND ALARM(c)", states), false);
    assert.equal(worth("NOT ALARM(b) AND OK(c)", states), true);
    assert.equal(worth("TRUE AND NOT FALSE", {}), true);
  });

  it("names alarms by ARNs, too, each once", () => {
    const rule = parseAlarmRule(
      "ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:a) OR OK(a) OR INSUFFICIENT_DATA(b)",
    );
    assert.deepEqual(alarmsIn(rule), ["a", "b"]);
  });

  for (const text of ["", "ALARM", "ALARM()", "ALARM(a", 'ALARM("a)', "ALARM(a) OK(b)", "a", "NOT"])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseAlarmRule(text), AlarmRuleError);
    });

  it("refuses what is nested without end", () => {
    assert.throws(
      () => parseAlarmRule(`${"(".repeat(5000)}TRUE${")".repeat(5000)}`),
      AlarmRuleError,
    );
  });
});
