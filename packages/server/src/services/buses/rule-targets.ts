/** Targets of rules. */

import { unknownPlaceholders } from "../../domain/input-transformer.ts";
import { parseJsonPath } from "../../domain/json-path.ts";
import { isJson } from "../../domain/json-text.ts";
import type { Scope } from "../../domain/scope.ts";
import type { BusesContext } from "./context.ts";
import { invalid, invalidParameter, limitReached } from "./errors.ts";
import type { Target } from "./model.ts";
import { busRef } from "./names.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { type RuleRef, refuseManaged } from "./rules.ts";
import { unknownRule } from "./tags.ts";

export interface RuleTargetOperations {
  /** Makes them, or puts them in the place of those with the same ids. */
  put(scope: Scope, rule: RuleRef, targets: readonly Target[]): Promise<void>;
  remove(scope: Scope, rule: RuleRef, ids: readonly string[]): Promise<void>;
  list(scope: Scope, rule: RuleRef, request: PageRequest): Promise<Page<Target>>;
}

/** EventBridge: a rule has at most five targets. */
const MAX_TARGETS = 5;
const ARN = /^arn:[\w-]+:[\w-]+:[\w-]*:(?:\d{12})?:.+$/;

export function createRuleTargets({ catalog }: BusesContext): RuleTargetOperations {
  const change = async (
    scope: Scope,
    { name, bus }: RuleRef,
    changed: (before: readonly Target[]) => Target[],
  ): Promise<void> => {
    refuseManaged(name);
    await catalog.change(busRef(scope, bus), async (live) => {
      const before = live.rules.get(name)?.rule;
      if (before === undefined) throw unknownRule(name, live.name);
      const targets = changed(before.targets).sort((one, other) => (one.id < other.id ? -1 : 1));
      if (targets.length > MAX_TARGETS) throw limitReached();
      await catalog.putRule(live, { ...before, targets });
    });
  };
  return {
    async put(scope, rule, targets) {
      for (const target of targets) checkTarget(target);
      const byId = new Map(targets.map((target) => [target.id, target]));
      await change(scope, rule, (before) => [
        ...before.filter(({ id }) => !byId.has(id)),
        ...byId.values(),
      ]);
    },
    remove: (scope, rule, ids) =>
      change(scope, rule, (before) => before.filter(({ id }) => !ids.includes(id))),
    async list(scope, { name, bus }, request) {
      const live = await catalog.get(busRef(scope, bus));
      const rule = live.rules.get(name);
      if (rule === undefined) throw unknownRule(name, live.name);
      return pageOf(rule.rule.targets, ({ id }) => id, request, `of ${rule.arn}`);
    },
  };
}

function checkTarget(target: Target): void {
  const { id, arn, input, inputPath, transformer, messageGroupId, deadLetter } = target;
  if (!ARN.test(arn)) throw invalidParameter(arn, "Provided Arn is not in correct format.");
  if ([input, inputPath, transformer].filter((one) => one !== undefined).length > 1)
    throw invalid(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`,
    );
  if (input !== undefined && !isJson(input))
    throw invalid(`JSON syntax error in input for target ${id}: the text is not valid JSON.`);
  if (inputPath !== undefined && parseJsonPath(inputPath) === undefined)
    throw invalid(`Invalid JSONPath: ${inputPath} for target ${id}.`);
  if (transformer !== undefined) {
    const [unknown] = unknownPlaceholders(transformer);
    if (unknown !== undefined)
      throw invalid(`InputTemplate for target ${id} contains invalid placeholder ${unknown}.`);
    for (const [name, path] of Object.entries(transformer.paths)) {
      if (/^aws\./i.test(name))
        throw invalid(`InputPathsMap for target ${id} uses a reserved name.`);
      if (parseJsonPath(path) === undefined)
        throw invalid(`Invalid JSONPath: ${path} for target ${id}.`);
    }
  }
  if (/^arn:[^:]+:sqs:.*\.fifo$/.test(arn) && messageGroupId === undefined)
    throw invalid(`Parameter(s) SqsParameters must be specified for target: ${id}.`);
  if (deadLetter !== undefined && !/^arn:[^:]+:sqs:/.test(deadLetter))
    throw invalidParameter("DeadLetterConfig", `${deadLetter} is not the ARN of an SQS queue.`);
}
