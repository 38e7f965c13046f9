/** Rules: which events go where, or when something happens of itself. */
import { compilePattern, InvalidPattern } from "../../domain/event-pattern.ts";
import { parseSchedule, type Schedule, ScheduleError } from "../../domain/schedule.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { LiveBus, LiveRule } from "./catalog.ts";
import type { BusesContext } from "./context.ts";
import { busError, invalid, invalidParameter, limitReached } from "./errors.ts";
import { isShallow } from "./event.ts";
import type { Rule, RuleState, Tags } from "./model.ts";
import { busRef, DEFAULT_BUS, ruleArn } from "./names.ts";
import { byName, type Page, type PageRequest, pageOf } from "./paging.ts";
import { scheduleChange } from "./schedules.ts";
import { rulesSpace } from "./spaces.ts";
import { checkTags, unknownRule } from "./tags.ts";

export interface DescribedRule extends Rule {
  readonly arn: string;
  readonly bus: string;
  /** The account that made it. */
  readonly createdBy: string;
}

export interface NewRule
  extends Pick<Rule, "name" | "pattern" | "schedule" | "description" | "roleArn"> {
  readonly bus: string | undefined;
  readonly state: RuleState | undefined;
  readonly tags: Tags | undefined;
}

export interface RuleRef {
  readonly name: string;
  /** Name or ARN. */
  readonly bus: string | undefined;
}

type Listing = PageRequest & {
  readonly bus: string | undefined;
};

export interface RuleOperations {
  /** Makes it, or changes it and keeps its targets. Answers its ARN. */
  put(scope: Scope, rule: NewRule): Promise<string>;
  describe(scope: Scope, ref: RuleRef): Promise<DescribedRule>;
  list(
    scope: Scope,
    listing: Listing & { readonly prefix?: string | undefined },
  ): Promise<Page<DescribedRule>>;
  delete(scope: Scope, ref: RuleRef): Promise<void>;
  setState(scope: Scope, ref: RuleRef, state: RuleState): Promise<void>;
  namesByTarget(scope: Scope, targetArn: string, listing: Listing): Promise<Page<string>>;
}

/** Its account may have more than EventBridge's 300 for each bus, which AWS raises on request. */
const MAX_RULES = 10_000;
/** Rules that EventBridge itself makes for archives. */
const MANAGED = /^Events-Archive-/;

export function createRules(context: BusesContext): RuleOperations {
  const { catalog, records, clock } = context;
  const described = (live: LiveBus, { rule, arn }: LiveRule): DescribedRule => ({
    ...rule,
    arn,
    bus: live.name,
    createdBy: live.scope.account,
  });
  const put = async (live: LiveBus, rule: Rule, before: Rule | undefined) => {
    const more = scheduleChange(live, rule, before, clock.now());
    await catalog.putRule(live, rule, more);
  };
  return {
    async put(scope, { bus, state = "ENABLED", tags, ...given }) {
      const ref = busRef(scope, bus);
      checkRule(ref.name, given);
      await catalog.change(ref, async (live) => {
        const before = live.rules.get(given.name)?.rule;
        if (before === undefined && live.rules.size >= MAX_RULES) throw limitReached();
        const rule: Rule = {
          ...given,
          state,
          tags: before?.tags ?? checkTags(tags ?? {}),
          created: before?.created ?? clock.now(),
          targets: before?.targets ?? [],
        };
        await put(live, rule, before);
      });
      return ruleArn(ref.scope, ref.name, given.name);
    },

    async describe(scope, { name, bus }) {
      const live = await catalog.get(busRef(scope, bus));
      const rule = live.rules.get(name);
      if (rule === undefined) throw unknownRule(name, live.name);
      return described(live, rule);
    },

    async list(scope, { bus, prefix = "", ...request }) {
      const live = await catalog.get(busRef(scope, bus));
      const all = [...live.rules.values()].filter(({ rule }) => rule.name.startsWith(prefix));
      all.sort((one, other) => byName(one.rule, other.rule));
      const page = pageOf(all, ({ rule }) => rule.name, request, `rules ${live.arn} ${prefix}`);
      return { ...page, items: page.items.map((rule) => described(live, rule)) };
    },

    async delete(scope, { name, bus }) {
      refuseManaged(name);
      await catalog.change(busRef(scope, bus), async (live) => {
        const before = live.rules.get(name)?.rule;
        if (before === undefined) return;
        if (before.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.");
        await catalog.removeRule(live, name, scheduleChange(live, undefined, before, clock.now()));
      });
    },

    async setState(scope, { name, bus }, state) {
      refuseManaged(name);
      await catalog.change(busRef(scope, bus), async (live) => {
        const before = live.rules.get(name)?.rule;
        if (before === undefined) throw unknownRule(name, live.name);
        await put(live, { ...before, state }, before);
      });
    },

    async namesByTarget(scope, targetArn, { bus, ...request }) {
      const live = await catalog.get(busRef(scope, bus));
      const rules = await everyRecord<Rule>(records, rulesSpace(live.scope, live.name));
      const names = rules
        .map(({ value }) => value)
        .filter(({ targets }) => targets.some(({ arn }) => arn === targetArn))
        .map(({ name }) => name)
        .sort();
      return pageOf(names, (name) => name, request, `targets ${live.arn} ${targetArn}`);
    },
  };
}

export function refuseManaged(name: string): void {
  if (MANAGED.test(name))
    throw busError(
      "BusRuleManaged",
      `Rule ${name} is managed by the platform and cannot be changed.`,
    );
}

function checkRule(
  bus: string,
  { name, pattern, schedule }: Pick<NewRule, "name" | "pattern" | "schedule">,
): void {
  refuseManaged(name);
  if (pattern === undefined && schedule === undefined)
    throw invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (schedule !== undefined) {
    if (bus !== DEFAULT_BUS)
      throw invalid("ScheduleExpression is supported only on the default event bus.");
    parseRuleSchedule(schedule);
  }
  if (pattern !== undefined) checkPattern(pattern);
}

/** Rules: one minute, more minutes. */
const RATE = /^rate\((?:1 (?:minute|hour|day)|(?!1 )[1-9]\d* (?:minutes|hours|days))\)$/;

/** @throws YunqueError where a rule cannot have this schedule. */
function parseRuleSchedule(expression: string): Schedule {
  if (!/^cron\(/.test(expression) && !RATE.test(expression))
    throw invalidParameter("ScheduleExpression");
  try {
    const schedule = parseSchedule(expression);
    if (schedule.kind !== "at") return schedule;
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
  }
  throw invalidParameter("ScheduleExpression");
}

/** @throws YunqueError with AWS's reason. */
export function checkPattern(pattern: string): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw busError("EventPatternInvalid", `Event pattern is not valid. Reason: ${error.message}`);
  }
}

const ENVELOPE = ["id", "account", "source", "time", "region", "resources", "detail-type"];

/** TestEventPattern. @throws YunqueError where either is not valid. */
export function testPattern(pattern: string, event: string): boolean {
  const compiled = checkPattern(pattern);
  let value: unknown;
  try {
    value = JSON.parse(event);
  } catch {
    throw invalidParameter("Event");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || !isShallow(value))
    throw invalidParameter("Event");
  for (const name of ENVELOPE)
    if (!Object.hasOwn(value, name) && name !== "resources")
      throw invalidParameter("Event", `${name} is a required field.`);
  return compiled.matches(value);
}
