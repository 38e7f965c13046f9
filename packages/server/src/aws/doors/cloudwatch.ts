import { partitionOf } from "../../domain/function-name.ts";
import type { Dashboard, MetricsService } from "../../services/metrics/index.ts";
import type { CloudwatchApi } from "../api/cloudwatch.ts";
import type { AwsContext, Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { cloudWatchAlarms } from "./cloudwatch-alarms.ts";
import { cloudWatchError } from "./cloudwatch-errors.ts";
import { datapointOutput, datumOf, queryOf, resultOutput } from "./cloudwatch-shapes.ts";
import { worded } from "./worded.ts";

/** CloudWatch on AWS's wire. */
export function createCloudWatchDoor(metrics: MetricsService): Door<CloudwatchApi> {
  const { dashboards } = metrics;
  return worded<Door<CloudwatchApi>>(
    {
      ...cloudWatchAlarms(metrics.alarms),

      async PutMetricData(input, context) {
        if (input.EntityMetricData !== undefined && input.EntityMetricData.length > 0)
          throw new AwsError("NotImplemented", "Metrics of entities are not implemented.", {
            status: 501,
          });
        await metrics.putData(context, input.Namespace, (input.MetricData ?? []).map(datumOf));
      },

      async GetMetricData(input, context) {
        const { results, token } = await metrics.data(context, {
          queries: input.MetricDataQueries.map(queryOf),
          from: input.StartTime.getTime(),
          to: input.EndTime.getTime(),
          ascending: input.ScanBy === "TimestampAscending",
          maxDatapoints: input.MaxDatapoints,
          token: input.NextToken,
        });
        return { MetricDataResults: results.map(resultOutput), Messages: [], NextToken: token };
      },

      async GetMetricStatistics(input, context) {
        const points = await metrics.statistics(context, {
          metric: {
            namespace: input.Namespace,
            name: input.MetricName,
            dimensions: input.Dimensions ?? [],
          },
          from: input.StartTime.getTime(),
          to: input.EndTime.getTime(),
          period: input.Period,
          statistics: input.Statistics,
          extended: input.ExtendedStatistics,
          unit: input.Unit,
        });
        return { Label: input.MetricName, Datapoints: points.map(datapointOutput) };
      },

      async ListMetrics(input, context) {
        const { items, token } = await metrics.list(context, {
          namespace: input.Namespace,
          name: input.MetricName,
          dimensions: input.Dimensions ?? [],
          recent: input.RecentlyActive === "PT3H",
          token: input.NextToken,
        });
        return {
          Metrics: items.map(({ namespace, name, dimensions }) => ({
            Namespace: namespace,
            MetricName: name,
            Dimensions: dimensions,
          })),
          NextToken: token,
        };
      },

      async PutDashboard(input, context) {
        await dashboards.put(context, input.DashboardName, input.DashboardBody);
        return { DashboardValidationMessages: [] };
      },

      async GetDashboard(input, context) {
        const { name, body } = await dashboards.get(context, input.DashboardName);
        return { DashboardArn: arnOf(context, name), DashboardBody: body, DashboardName: name };
      },

      async ListDashboards(input, context) {
        const { items, token } = await dashboards.list(
          context,
          input.DashboardNamePrefix,
          input.NextToken,
        );
        return { DashboardEntries: items.map((one) => entryOf(context, one)), NextToken: token };
      },

      async DeleteDashboards(input, context) {
        await dashboards.delete(context, input.DashboardNames);
        return {};
      },
    },
    cloudWatchError,
  );
}

const arnOf = ({ account, region }: AwsContext, name: string): string =>
  `arn:${partitionOf(region)}:cloudwatch::${account}:dashboard/${name}`;

const entryOf = (context: AwsContext, { name, body, modified }: Dashboard) => ({
  DashboardName: name,
  DashboardArn: arnOf(context, name),
  LastModified: new Date(modified),
  Size: Buffer.byteLength(body),
});
