/** What alarms say of themselves, in CloudWatch's words. */
import { COMPARISONS, type Comparison } from "../../domain/alarm-evaluation.ts";
import type { Scope } from "../../domain/scope.ts";
import { type Alarm, type AlarmChange, alarmArn, type MetricAlarm } from "./alarm-model.ts";
import type { Query } from "./queries.ts";

export interface Seen {
  readonly time: number;
  readonly value: number;
}

/** Whether a value is beyond the threshold. */
export const beyond = (comparison: Comparison, value: number, threshold: number): boolean =>
  COMPARISONS[comparison](value, threshold);

const WORDS: Readonly<Record<Comparison, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

/** `21.0`, as Java writes a double that is whole. */
const double = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** `(24/09/26 11:42:00)` */
function moment(time: number): string {
  const iso = new Date(time).toISOString();
  return `(${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)})`;
}

const some = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Why an alarm is in its state. `seen`: the datapoints that decided, newest first. */
export function reasonOf(
  { rule }: MetricAlarm,
  { state, seen, filled }: { state: string; seen: readonly Seen[]; filled: number },
): string {
  const { evaluationPeriods, datapointsToAlarm, threshold, comparison } = rule;
  if (state === "INSUFFICIENT_DATA")
    return `Insufficient Data: ${filled === 1 ? "1 datapoint was" : `${filled} datapoints were`} unknown.`;
  if (seen.length === 0) {
    const treated = rule.missing === "breaching" ? "Breaching" : "NonBreaching";
    return `Threshold Crossed: no datapoints were received for ${some(evaluationPeriods, "period")} and ${some(filled, "missing datapoint")} ${filled === 1 ? "was" : "were"} treated as [${treated}].`;
  }
  const alarm = state === "ALARM";
  const shown = seen.filter(({ value }) => beyond(comparison, value, threshold) === alarm);
  const points = shown.length === 0 ? seen : shown;
  const list = points.map(({ time, value }) => `${double(value)} ${moment(time)}`).join(", ");
  const be = `${points.length === 1 ? "was" : "were"} ${alarm ? "" : "not "}${WORDS[comparison]} the threshold (${double(threshold)})`;
  if (datapointsToAlarm === undefined)
    return `Threshold Crossed: ${some(points.length, "datapoint")} [${list}] ${be}.`;
  const least = alarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const way = alarm ? "OK -> ALARM" : "ALARM -> OK";
  return `Threshold Crossed: ${points.length} out of the last ${some(evaluationPeriods, "datapoint")} [${list}] ${be} (minimum ${some(least, "datapoint")} for ${way} transition).`;
}

/** `2026-11-29T02:42:00.000+0000`, as CloudWatch writes times inside of texts. */
export const zoned = (time: number): string => new Date(time).toISOString().replace("Z", "+0000");

/** https://docs.aws.amazon.com/general/latest/gr/rande.html */
const REGIONS: Readonly<Record<string, string>> = {
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-west-1": "US West (N. California)",
  "us-west-2": "US West (Oregon)",
  "ca-central-1": "Canada (Central)",
  "eu-central-1": "EU (Frankfurt)",
  "eu-west-1": "EU (Ireland)",
  "eu-west-2": "EU (London)",
  "eu-west-3": "EU (Paris)",
  "eu-north-1": "EU (Stockholm)",
  "eu-south-1": "EU (Milan)",
  "ap-south-1": "Asia Pacific (Mumbai)",
  "ap-southeast-1": "Asia Pacific (Singapore)",
  "ap-southeast-2": "Asia Pacific (Sydney)",
  "ap-northeast-1": "Asia Pacific (Tokyo)",
  "ap-northeast-2": "Asia Pacific (Seoul)",
  "ap-northeast-3": "Asia Pacific (Osaka)",
  "sa-east-1": "South America (Sao Paulo)",
};

/** What a topic is told of a change. */
export function topicMessage(scope: Scope, alarm: Alarm, { from, to }: AlarmChange) {
  return {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: scope.account,
    AlarmConfigurationUpdatedTimestamp: zoned(alarm.updated),
    NewStateValue: to.value,
    NewStateReason: to.reason,
    StateChangeTime: zoned(to.updated),
    Region: REGIONS[scope.region] ?? scope.region,
    AlarmArn: alarmArn(scope, alarm.name),
    OldStateValue: from.value,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    ...(alarm.kind === "metric"
      ? { Trigger: triggerOf(alarm) }
      : {
          AlarmRule: alarm.rule.rule,
          ...(to.data === undefined ? {} : JSON.parse(to.data)),
        }),
    ActionExecutedAfterMuteWindow: false,
  };
}

const STATISTICS: Readonly<Record<string, string>> = {
  Average: "AVERAGE",
  Sum: "SUM",
  Minimum: "MINIMUM",
  Maximum: "MAXIMUM",
  SampleCount: "SAMPLE_COUNT",
};

function triggerOf({ rule }: MetricAlarm) {
  const { metric, queries } = rule;
  return {
    ...(metric && {
      MetricName: metric.name,
      Namespace: metric.namespace,
      StatisticType: rule.statistic === undefined ? "ExtendedStatistic" : "Statistic",
      ...(rule.statistic === undefined
        ? { ExtendedStatistic: rule.extended }
        : { Statistic: STATISTICS[rule.statistic] }),
      Unit: rule.unit ?? null,
      Dimensions: metric.dimensions.map(({ Name, Value }) => ({ value: Value, name: Name })),
    }),
    Period: rule.period ?? periodOf(queries ?? []),
    EvaluationPeriods: rule.evaluationPeriods,
    ...(rule.datapointsToAlarm === undefined ? {} : { DatapointsToAlarm: rule.datapointsToAlarm }),
    ComparisonOperator: rule.comparison,
    Threshold: rule.threshold,
    TreatMissingData: rule.missing ?? "",
    EvaluateLowSampleCountPercentile: rule.lowSamples ?? "",
    ...(queries && { Metrics: queries.map(triggerQuery) }),
  };
}

function triggerQuery({ id, stat, expression, label, returned }: Query) {
  return {
    Id: id,
    ...(expression === undefined ? {} : { Expression: expression }),
    ...(label === undefined ? {} : { Label: label }),
    ...(stat && {
      MetricStat: {
        Metric: {
          Dimensions: stat.metric.dimensions.map(({ Name, Value }) => ({
            value: Value,
            name: Name,
          })),
          MetricName: stat.metric.name,
          Namespace: stat.metric.namespace,
        },
        Period: stat.period,
        Stat: stat.stat,
        ...(stat.unit === undefined ? {} : { Unit: stat.unit }),
      },
    }),
    ReturnData: returned,
  };
}

const periodOf = (queries: readonly Query[]): number =>
  Math.max(60, ...queries.flatMap(({ stat, period }) => stat?.period ?? period ?? []));

/** What events and functions are told of a change. */
export function alarmData({ name, description, kind, rule }: Alarm, { from, to }: AlarmChange) {
  const stateOf = ({ value, reason, data, updated }: AlarmChange["to"]) => ({
    value,
    reason,
    ...(data === undefined ? {} : { reasonData: data }),
    timestamp: zoned(updated),
  });
  const configuration =
    kind === "composite"
      ? { alarmRule: rule.rule }
      : { metrics: (rule.queries ?? [ownQuery(rule)]).map(eventQuery) };
  return {
    alarmName: name,
    state: stateOf(to),
    previousState: stateOf(from),
    configuration: {
      ...(description === undefined ? {} : { description }),
      ...configuration,
    },
  };
}

/** The one metric of an alarm as a query. */
export function ownQuery(rule: MetricAlarm["rule"]): Query {
  const { metric, period = 60, statistic, extended, unit } = rule;
  const stat = metric && { metric, period, stat: statistic ?? extended ?? "Average", unit };
  return { id: "m1", returned: true, stat };
}

function eventQuery({ id, stat, expression, label, returned }: Query) {
  return {
    id,
    ...(expression === undefined ? {} : { expression }),
    ...(label === undefined ? {} : { label }),
    ...(stat && {
      metricStat: {
        metric: {
          namespace: stat.metric.namespace,
          name: stat.metric.name,
          dimensions: Object.fromEntries(
            stat.metric.dimensions.map(({ Name, Value }) => [Name, Value]),
          ),
        },
        period: stat.period,
        stat: stat.stat,
        ...(stat.unit === undefined ? {} : { unit: stat.unit }),
      },
    }),
    returnData: returned,
  };
}
