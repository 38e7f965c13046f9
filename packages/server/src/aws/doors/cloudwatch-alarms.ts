/** CloudWatch's alarms. */
import type { AlarmOperations } from "../../services/metrics/index.ts";
import type { CloudwatchApi } from "../api/cloudwatch.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import {
  actionsOf,
  compositeAlarmOutput,
  historyOutput,
  metricAlarmOutput,
  ruleOf,
} from "./cloudwatch-shapes.ts";

const METRIC = "MetricAlarm";

export function cloudWatchAlarms(alarms: AlarmOperations) {
  return {
    async PutMetricAlarm(input, context) {
      if (input.ThresholdMetricId !== undefined)
        throw notBuilt("Alarms on anomaly detection are not implemented.");
      if (input.EvaluationCriteria !== undefined)
        throw notBuilt("Alarms on PromQL are not implemented.");
      for (const name of ["EvaluationPeriods", "ComparisonOperator", "Threshold"] as const)
        if (input[name] === undefined)
          throw new AwsError("MissingRequiredParameterException", `${name} is required.`);
      await alarms.put(context, {
        kind: "metric",
        name: input.AlarmName,
        description: input.AlarmDescription,
        actionsEnabled: input.ActionsEnabled ?? true,
        actions: actionsOf(input),
        tags: tagsOf(input.Tags),
        rule: ruleOf(input),
      });
    },

    async PutCompositeAlarm(input, context) {
      if (input.ActionsSuppressor !== undefined)
        throw notBuilt("Suppressors of composite alarms are not implemented.");
      await alarms.put(context, {
        kind: "composite",
        name: input.AlarmName,
        description: input.AlarmDescription,
        actionsEnabled: input.ActionsEnabled ?? true,
        actions: actionsOf(input),
        tags: tagsOf(input.Tags),
        rule: { rule: input.AlarmRule },
      });
    },

    async DescribeAlarms(input, context) {
      const { items, token } = await alarms.describe(context, {
        names: input.AlarmNames,
        prefix: input.AlarmNamePrefix,
        types: input.AlarmTypes ?? [METRIC],
        childrenOf: input.ChildrenOfAlarmName,
        parentsOf: input.ParentsOfAlarmName,
        state: input.StateValue,
        actionPrefix: input.ActionPrefix,
        max: input.MaxRecords,
        token: input.NextToken,
      });
      return {
        CompositeAlarms: items.flatMap((one) =>
          one.kind === "composite" ? [compositeAlarmOutput(context, one)] : [],
        ),
        MetricAlarms: items.flatMap((one) =>
          one.kind === "metric" ? [metricAlarmOutput(context, one)] : [],
        ),
        LogAlarms: [],
        NextToken: token,
      };
    },

    async DescribeAlarmsForMetric(input, context) {
      const found = await alarms.describeFor(context, {
        namespace: input.Namespace,
        name: input.MetricName,
        dimensions: input.Dimensions ?? [],
        statistic: input.Statistic,
        extended: input.ExtendedStatistic,
        period: input.Period,
        unit: input.Unit,
      });
      return { MetricAlarms: found.map((one) => metricAlarmOutput(context, one)) };
    },

    async DescribeAlarmHistory(input, context) {
      const { items, token } = await alarms.history(context, {
        name: input.AlarmName,
        types: input.AlarmTypes ?? [METRIC],
        item: input.HistoryItemType,
        from: input.StartDate?.getTime(),
        to: input.EndDate?.getTime(),
        ascending: input.ScanBy === "TimestampAscending",
        max: input.MaxRecords,
        token: input.NextToken,
      });
      return { AlarmHistoryItems: items.map(historyOutput), NextToken: token };
    },

    async SetAlarmState(input, context) {
      await alarms.setState(context, input.AlarmName, {
        value: input.StateValue,
        reason: input.StateReason,
        data: input.StateReasonData,
      });
    },

    async EnableAlarmActions(input, context) {
      await alarms.enableActions(context, input.AlarmNames, true);
    },

    async DisableAlarmActions(input, context) {
      await alarms.enableActions(context, input.AlarmNames, false);
    },

    async DeleteAlarms(input, context) {
      await alarms.delete(context, input.AlarmNames);
    },

    async ListTagsForResource(input, context) {
      return { Tags: [...(await alarms.tags(context, input.ResourceARN))] };
    },

    async TagResource(input, context) {
      await alarms.tag(context, input.ResourceARN, tagsOf(input.Tags));
      return {};
    },

    async UntagResource(input, context) {
      await alarms.untag(context, input.ResourceARN, input.TagKeys);
      return {};
    },
  } satisfies Door<CloudwatchApi>;
}

const notBuilt = (message: string) => new AwsError("NotImplemented", message, { status: 501 });

const tagsOf = (tags: readonly { readonly Key: string; readonly Value: string }[] | undefined) =>
  (tags ?? []).map(({ Key, Value }) => ({ Key, Value }));
