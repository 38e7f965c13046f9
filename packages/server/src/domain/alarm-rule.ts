/**
 * Rules of composite alarms: `ALARM("a") AND NOT (OK(b) OR TRUE)`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
import type { AlarmState } from "./alarm-evaluation.ts";

export type AlarmRule =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "state"; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: "not"; readonly of: AlarmRule }
  | { readonly kind: "and" | "or"; readonly left: AlarmRule; readonly right: AlarmRule };

/** A rule that is not right; the message says why. */
export class AlarmRuleError extends Error {
  override readonly name = "AlarmRuleError";
}

const TOKEN = /\s*(?:"([^"]*)"|([()])|([^\s()"]+))/y;
const MAX_DEPTH = 100;

/** @throws AlarmRuleError */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;
  const word = (): string => tokens[at]?.word.toUpperCase() ?? "";
  const take = (expected: string): boolean => {
    if (word() !== expected || tokens[at]?.quoted) return false;
    at += 1;
    return true;
  };
  const demand = (expected: string): void => {
    if (!take(expected)) throw new AlarmRuleError(`${expected} was expected at ${place()}`);
  };
  const place = (): string => tokens[at]?.word ?? "the end";

  function or(): AlarmRule {
    let left = and();
    while (take("OR")) left = { kind: "or", left, right: and() };
    return left;
  }
  function and(): AlarmRule {
    let left = not();
    while (take("AND")) left = { kind: "and", left, right: not() };
    return left;
  }
  function not(): AlarmRule {
    depth += 1;
    if (depth > MAX_DEPTH) throw new AlarmRuleError("it is nested too deeply");
    try {
      return take("NOT") ? { kind: "not", of: not() } : primary();
    } finally {
      depth -= 1;
    }
  }
  function primary(): AlarmRule {
    if (take("(")) {
      const inner = or();
      demand(")");
      return inner;
    }
    if (take("TRUE")) return { kind: "constant", value: true };
    if (take("FALSE")) return { kind: "constant", value: false };
    for (const state of ["ALARM", "OK", "INSUFFICIENT_DATA"] as const) {
      if (!take(state)) continue;
      demand("(");
      const alarm = tokens[at];
      if (alarm === undefined || (!alarm.quoted && /^[()]$/.test(alarm.word)))
        throw new AlarmRuleError(`the name of an alarm was expected at ${place()}`);
      at += 1;
      demand(")");
      return { kind: "state", state, alarm: nameOf(alarm.word) };
    }
    throw new AlarmRuleError(`unexpected ${place()}`);
  }

  const rule = or();
  if (at < tokens.length) throw new AlarmRuleError(`unexpected ${place()}`);
  return rule;
}

/** Alarms are named by names or ARNs. */
export const nameOf = (nameOrArn: string): string =>
  nameOrArn.startsWith("arn:") ? nameOrArn.split(":").slice(6).join(":") : nameOrArn;

function tokensOf(text: string) {
  const tokens: { readonly word: string; readonly quoted: boolean }[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text);
    if (found === null) throw new AlarmRuleError("a quotation mark is not closed");
    tokens.push({ word: found[1] ?? found[2] ?? found[3] ?? "", quoted: found[1] !== undefined });
  }
  return tokens;
}

/** Names of the alarms that a rule speaks of, each once. */
export function alarmsIn(rule: AlarmRule): string[] {
  switch (rule.kind) {
    case "constant":
      return [];
    case "state":
      return [rule.alarm];
    case "not":
      return alarmsIn(rule.of);
    default:
      return [...new Set([...alarmsIn(rule.left), ...alarmsIn(rule.right)])];
  }
}

/** Whether the rule holds. An alarm that does not exist is in no state. */
export function holds(
  rule: AlarmRule,
  stateOf: (alarm: string) => AlarmState | undefined,
): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return stateOf(rule.alarm) === rule.state;
    case "not":
      return !holds(rule.of, stateOf);
    case "and":
      return holds(rule.left, stateOf) && holds(rule.right, stateOf);
    case "or":
      return holds(rule.left, stateOf) || holds(rule.right, stateOf);
  }
}
