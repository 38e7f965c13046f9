/** Sampling rules on X-Ray's wire. */
import type { SamplingRule as Rule } from "../../domain/sampling-rule.ts";
import type { Scope } from "../../domain/scope.ts";
import {
  type RuleChange,
  type RuleRecord,
  type Tags,
  type Traces,
  tracesError,
} from "../../services/traces/index.ts";
import type {
  SamplingRule,
  SamplingRuleRecord,
  SamplingRuleUpdate,
  Tag,
  XrayApi,
} from "../api/xray.ts";
import type { Door } from "../context.ts";

export const invalid = (message: string) => tracesError("InvalidTraceRequest", message);

export const tagsOf = (tags: readonly Tag[] | undefined): Tags =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));

export const ruleArn = ({ account, region }: Scope, name: string): string =>
  `arn:aws:xray:${region}:${account}:sampling-rule/${name}`;

/** What an ARN or a name says, of which there must be exactly one. */
export function named(name: string | undefined, arn: string | undefined, kind: string): string {
  if ((name === undefined) === (arn === undefined))
    throw invalid(`Specify ${kind} by either name or ARN, but not both.`);
  return name ?? (arn ?? "").split("/")[1] ?? "";
}

type SamplingOperations =
  | "CreateSamplingRule"
  | "UpdateSamplingRule"
  | "DeleteSamplingRule"
  | "GetSamplingRules"
  | "GetSamplingTargets"
  | "GetSamplingStatisticSummaries";

/** X-Ray: how often clients ask, in seconds. */
const INTERVAL_SECONDS = 10;

export function samplingDoor({ rules }: Traces): Required<Pick<Door<XrayApi>, SamplingOperations>> {
  return {
    async CreateSamplingRule({ SamplingRule: rule, Tags }, context) {
      const name = named(rule.RuleName, rule.RuleARN, "a sampling rule");
      if (rule.Version !== 1) throw invalid("Sampling rule version must be 1");
      const made = await rules.create(context, ruleOf(name, rule), tagsOf(Tags));
      return { SamplingRuleRecord: ruleOutput(context, made) };
    },
    async UpdateSamplingRule({ SamplingRuleUpdate: update }, context) {
      const name = named(update.RuleName, update.RuleARN, "a sampling rule");
      const changed = await rules.update(context, name, changeOf(update));
      return { SamplingRuleRecord: ruleOutput(context, changed) };
    },
    async DeleteSamplingRule({ RuleName, RuleARN }, context) {
      const name = named(RuleName, RuleARN, "a sampling rule");
      return { SamplingRuleRecord: ruleOutput(context, await rules.delete(context, name)) };
    },
    async GetSamplingRules(_input, context) {
      const all = await rules.list(context);
      return { SamplingRuleRecords: all.map((each) => ruleOutput(context, each)) };
    },
    async GetSamplingTargets({ SamplingStatisticsDocuments: documents }, context) {
      const targets = await rules.targets(
        context,
        documents.map((each) => ({
          rule: each.RuleName,
          client: each.ClientID,
          requests: each.RequestCount,
          sampled: each.SampledCount,
          borrowed: each.BorrowCount ?? 0,
        })),
      );
      const known = new Set(targets.map(({ rule }) => rule));
      const modified = Math.max(0, ...(await rules.list(context)).map((each) => each.modified));
      return {
        SamplingTargetDocuments: targets.map((each) => ({
          RuleName: each.rule,
          FixedRate: each.fixedRate,
          ReservoirQuota: each.quota,
          ReservoirQuotaTTL: new Date(each.quotaUntil),
          Interval: INTERVAL_SECONDS,
        })),
        LastRuleModification: new Date(modified),
        UnprocessedStatistics: documents
          .filter(({ RuleName }) => !known.has(RuleName))
          .map(({ RuleName }) => ({
            RuleName,
            ErrorCode: "400",
            Message: "Unknown rule",
          })),
      };
    },
    async GetSamplingStatisticSummaries(_input, context) {
      return {
        SamplingStatisticSummaries: rules.statistics(context).map((each) => ({
          RuleName: each.rule,
          Timestamp: new Date(each.at),
          RequestCount: each.requests,
          BorrowCount: each.borrowed,
          SampledCount: each.sampled,
        })),
      };
    },
  };
}

const ruleOf = (name: string, rule: SamplingRule): Rule => ({
  name,
  priority: rule.Priority,
  fixedRate: rule.FixedRate,
  reservoir: rule.ReservoirSize,
  resourceArn: rule.ResourceARN,
  serviceName: rule.ServiceName,
  serviceType: rule.ServiceType,
  host: rule.Host,
  method: rule.HTTPMethod,
  path: rule.URLPath,
  attributes: rule.Attributes ?? {},
});

function changeOf(update: SamplingRuleUpdate): RuleChange {
  const change = {
    priority: update.Priority,
    fixedRate: update.FixedRate,
    reservoir: update.ReservoirSize,
    resourceArn: update.ResourceARN,
    serviceName: update.ServiceName,
    serviceType: update.ServiceType,
    host: update.Host,
    method: update.HTTPMethod,
    path: update.URLPath,
    attributes: update.Attributes,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

const ruleOutput = (scope: Scope, { rule, created, modified }: RuleRecord): SamplingRuleRecord => ({
  SamplingRule: {
    RuleName: rule.name,
    RuleARN: ruleArn(scope, rule.name),
    ResourceARN: rule.resourceArn,
    Priority: rule.priority,
    FixedRate: rule.fixedRate,
    ReservoirSize: rule.reservoir,
    ServiceName: rule.serviceName,
    ServiceType: rule.serviceType,
    Host: rule.host,
    HTTPMethod: rule.method,
    URLPath: rule.path,
    Version: 1,
    Attributes: rule.attributes,
  },
  CreatedAt: new Date(created),
  ModifiedAt: new Date(modified),
});
