/** What CloudWatch is asked and answers, in the words of its model and in ours. */
import type {
  Alarm,
  CompositeAlarm as Composite,
  DataResult,
  Datum,
  HistoryItem,
  MetricAlarm as Metrical,
  MetricRule,
  Datapoint as Point,
  Query,
} from "../../services/metrics/index.ts";
import { alarmArn, typeOf } from "../../services/metrics/index.ts";
import type {
  AlarmHistoryItem,
  CompositeAlarm,
  Datapoint,
  MetricAlarm,
  MetricDataQuery,
  MetricDataResult,
  MetricDatum,
  PutMetricAlarmInput,
} from "../api/cloudwatch.ts";

type Scope = Parameters<typeof alarmArn>[0];

export const datumOf = (input: MetricDatum): Datum => ({
  name: input.MetricName,
  dimensions: input.Dimensions ?? [],
  time: input.Timestamp?.getTime(),
  value: input.Value,
  values: input.Values,
  counts: input.Counts,
  set: input.StatisticValues && {
    count: input.StatisticValues.SampleCount,
    sum: input.StatisticValues.Sum,
    min: input.StatisticValues.Minimum,
    max: input.StatisticValues.Maximum,
  },
  unit: input.Unit,
  resolution: input.StorageResolution,
});

export const queryOf = (input: MetricDataQuery): Query => ({
  id: input.Id,
  stat: input.MetricStat && {
    metric: {
      namespace: input.MetricStat.Metric.Namespace ?? "",
      name: input.MetricStat.Metric.MetricName ?? "",
      dimensions: input.MetricStat.Metric.Dimensions ?? [],
    },
    period: input.MetricStat.Period,
    stat: input.MetricStat.Stat,
    unit: input.MetricStat.Unit,
  },
  expression: input.Expression,
  label: input.Label,
  returned: input.ReturnData ?? true,
  period: input.Period,
});

export const resultOutput = ({ id, label, points, complete, units }: DataResult) => {
  const Messages = units && [
    { Code: "MultipleUnits", Value: `Multiple units returned: '[${units.join(", ")}]'` },
  ];
  const output: MetricDataResult = {
    Id: id,
    Label: label,
    Timestamps: points.map(([time]) => new Date(time)),
    Values: points.map(([, value]) => value),
    StatusCode: complete ? "Complete" : "PartialData",
    Messages,
  };
  return output;
};

export const datapointOutput = ({ time, unit, values, extended }: Point): Datapoint => ({
  Timestamp: new Date(time),
  ...values,
  ...(Object.keys(extended).length === 0 ? {} : { ExtendedStatistics: extended }),
  Unit: unit as NonNullable<Datapoint["Unit"]>,
});

export const ruleOf = (input: PutMetricAlarmInput): MetricRule => ({
  metric:
    input.MetricName === undefined && input.Namespace === undefined
      ? undefined
      : {
          namespace: input.Namespace ?? "",
          name: input.MetricName ?? "",
          dimensions: input.Dimensions ?? [],
        },
  statistic: input.Statistic,
  extended: input.ExtendedStatistic,
  period: input.Period,
  unit: input.Unit,
  queries: input.Metrics?.map(queryOf),
  evaluationPeriods: input.EvaluationPeriods ?? 1,
  datapointsToAlarm: input.DatapointsToAlarm,
  threshold: input.Threshold ?? 0,
  comparison: input.ComparisonOperator as MetricRule["comparison"],
  missing: input.TreatMissingData as MetricRule["missing"],
  lowSamples: input.EvaluateLowSampleCountPercentile,
});

export const actionsOf = (input: {
  readonly OKActions?: readonly string[] | undefined;
  readonly AlarmActions?: readonly string[] | undefined;
  readonly InsufficientDataActions?: readonly string[] | undefined;
}) => ({
  OK: input.OKActions ?? [],
  ALARM: input.AlarmActions ?? [],
  INSUFFICIENT_DATA: input.InsufficientDataActions ?? [],
});

const commonOutput = (scope: Scope, alarm: Alarm) => ({
  AlarmName: alarm.name,
  AlarmArn: alarmArn(scope, alarm.name),
  AlarmDescription: alarm.description,
  AlarmConfigurationUpdatedTimestamp: new Date(alarm.updated),
  ActionsEnabled: alarm.actionsEnabled,
  OKActions: alarm.actions.OK,
  AlarmActions: alarm.actions.ALARM,
  InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
  StateValue: alarm.state.value,
  StateReason: alarm.state.reason,
  StateReasonData: alarm.state.data,
  StateUpdatedTimestamp: new Date(alarm.state.updated),
  StateTransitionedTimestamp: new Date(alarm.state.changed),
});

export function metricAlarmOutput(scope: Scope, alarm: Metrical): MetricAlarm {
  const { rule } = alarm;
  return {
    ...commonOutput(scope, alarm),
    MetricName: rule.metric?.name,
    Namespace: rule.metric?.namespace,
    Statistic: rule.statistic as MetricAlarm["Statistic"],
    ExtendedStatistic: rule.extended,
    Dimensions: rule.metric?.dimensions ?? [],
    Period: rule.period,
    Unit: rule.unit as MetricAlarm["Unit"],
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    Threshold: rule.threshold,
    ComparisonOperator: rule.comparison,
    TreatMissingData: rule.missing,
    EvaluateLowSampleCountPercentile: rule.lowSamples,
    Metrics: rule.queries?.map(queryOutput),
  };
}

const queryOutput = (query: Query): MetricDataQuery => ({
  Id: query.id,
  MetricStat: query.stat && {
    Metric: {
      Namespace: query.stat.metric.namespace,
      MetricName: query.stat.metric.name,
      Dimensions: query.stat.metric.dimensions,
    },
    Period: query.stat.period,
    Stat: query.stat.stat,
    Unit: query.stat.unit as MetricAlarm["Unit"],
  },
  Expression: query.expression,
  Label: query.label,
  ReturnData: query.returned,
  Period: query.period,
});

export const compositeAlarmOutput = (scope: Scope, alarm: Composite): CompositeAlarm => ({
  ...commonOutput(scope, alarm),
  AlarmRule: alarm.rule.rule,
});

export const historyOutput = (item: HistoryItem): AlarmHistoryItem => ({
  AlarmName: item.alarm,
  AlarmType: typeOf({ kind: item.alarmKind }),
  Timestamp: new Date(item.time),
  HistoryItemType: item.type,
  HistorySummary: item.summary,
  HistoryData: item.data,
});
