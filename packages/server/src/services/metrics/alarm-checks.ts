/** What an alarm may be. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */

import { COMPARISONS } from "../../domain/alarm-evaluation.ts";
import { AlarmRuleError, alarmsIn, parseAlarmRule } from "../../domain/alarm-rule.ts";
import { isExtended } from "../../domain/metric-statistic.ts";
import type { AlarmActions, AlarmTag, CompositeRule, MetricRule } from "./alarm-model.ts";
import { clash, invalid, missing, refused } from "./errors.ts";
import { checkDimensions } from "./put.ts";
import { checkPeriod, checkQueries } from "./queries.ts";

const MAX_ACTIONS = 5;
const MAX_TAGS = 50;
/** CloudWatch: what an alarm looks at lies within a day, or within a week where its periods are hours. */
const DAY = 86_400;
const WEEK = 7 * DAY;

/** @throws YunqueError */
export function checkMetricRule(rule: MetricRule): void {
  const { evaluationPeriods, datapointsToAlarm, comparison } = rule;
  if (!Object.hasOwn(COMPARISONS, comparison))
    throw refused(
      `The comparison operator ${comparison} needs an anomaly detection model, which is not supported.`,
    );
  if (datapointsToAlarm !== undefined && datapointsToAlarm > evaluationPeriods)
    throw refused(
      "Requested Datapoints to alarm is greater than evaluation periods. Datapoints to alarm must be less than or equal to evaluation periods.",
    );
  const treatments = ["breaching", "notBreaching", "ignore", "missing"];
  if (rule.missing !== undefined && !treatments.includes(rule.missing))
    throw refused(
      `Invalid value for TreatMissingData: '${rule.missing}' (should be one of [${treatments.join(", ")}])`,
    );
  if (rule.lowSamples !== undefined && !["evaluate", "ignore"].includes(rule.lowSamples))
    throw refused(
      `Option ${rule.lowSamples} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.`,
    );
  const period = rule.queries === undefined ? checkOneMetric(rule) : checkManyMetrics(rule);
  const most = period >= 3600 ? WEEK : DAY;
  if (period * evaluationPeriods > most)
    throw refused(
      `Metrics cannot be checked across more than ${most === DAY ? "a day" : "seven days"} (EvaluationPeriods * Period must be <= ${most}).`,
    );
}

function checkOneMetric({ metric, statistic, extended, period }: MetricRule): number {
  if (metric === undefined) throw missing("MetricName and Namespace are required.");
  if (statistic !== undefined && extended !== undefined)
    throw clash(
      "Statistic and ExtendedStatistic are mutually exclusive and you have specified both.",
    );
  if (statistic === undefined && extended === undefined)
    throw refused("Exactly one of Statistic and ExtendedStatistic must be specified.");
  if (extended !== undefined && !isExtended(extended))
    throw invalid(`The value ${extended} for parameter ExtendedStatistic is not supported.`);
  if (period === undefined) throw missing("Period is required.");
  checkDimensions(metric.dimensions, "Alarm");
  checkPeriod(period, "Period");
  return period;
}

function checkManyMetrics(rule: MetricRule): number {
  const { metric, statistic, extended, period, queries = [] } = rule;
  if ((metric ?? statistic ?? extended ?? period) !== undefined)
    throw clash("Metrics and MetricName are mutually exclusive and you have specified both.");
  if (queries.length > 20)
    throw refused("The collection Metrics must not have a size greater than 20.");
  const returned = checkQueries(queries).filter((query) => query.returned);
  if (returned.length !== 1)
    throw refused("Exactly one element of the metrics list should return data.");
  const periods = queries.flatMap(({ stat, period }) => stat?.period ?? period ?? []);
  return periods.length === 0 ? 60 : Math.max(...periods);
}

/** @throws YunqueError */
export function checkCompositeRule(name: string, { rule }: CompositeRule): void {
  try {
    const names = alarmsIn(parseAlarmRule(rule));
    if (names.includes(name)) throw new AlarmRuleError("it speaks of itself");
    if (names.length > 100) throw new AlarmRuleError("it speaks of more than 100 alarms");
  } catch (error) {
    if (!(error instanceof AlarmRuleError)) throw error;
    throw refused(`AlarmRule is not valid: ${error.message}`);
  }
}

const ACTION =
  /^arn:aws[\w-]*:(sns:[\w-]+:\d{12}:[\w-]{1,256}(\.fifo)?|lambda:[\w-]+:\d{12}:function:[\w-]{1,64}(:[\w$-]{1,128})?|automate:[\w-]+:ec2:\w+|swf:.+|autoscaling:.+|ssm(-incidents)?:.+|aiops:.+)$/;

/** @throws YunqueError */
export function checkActions(actions: AlarmActions): void {
  for (const [state, arns] of Object.entries(actions)) {
    if (arns.length > MAX_ACTIONS)
      throw refused(`The actions for ${state} must not be more than ${MAX_ACTIONS}.`);
    for (const arn of arns)
      if (!ACTION.test(arn))
        throw refused(`Invalid ARN: ${arn} is not a valid action of an alarm.`);
  }
}

/** @throws YunqueError */
export function checkTags(tags: readonly AlarmTag[]): void {
  if (tags.length > MAX_TAGS)
    throw invalid(`The collection Tags must not have a size greater than ${MAX_TAGS}.`);
  if (new Set(tags.map(({ Key }) => Key)).size !== tags.length)
    throw invalid("Two tags have the same key.");
  for (const { Key } of tags)
    if (Key.toLowerCase().startsWith("aws:"))
      throw invalid("Tags that begin with aws: cannot be given.");
}
