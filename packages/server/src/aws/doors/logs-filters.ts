import { compiled, type LogService } from "../../services/logs/index.ts";
import type { LogsApi } from "../api/logs.ts";
import type { Door } from "../context.ts";
import { AwsError } from "../error.ts";
import { metricFilterOutput, subscriptionOutput, transformation } from "./logs-shapes.ts";

/** Subscription filters and metric filters. */
export function logsFilters({ subscriptions, metricFilters }: LogService): Door<LogsApi> {
  return {
    async PutSubscriptionFilter(input, context) {
      if (input.applyOnTransformedLogs || input.fieldSelectionCriteria || input.emitSystemFields)
        throw notBuilt("Transformed logs and field selections");
      await subscriptions.put(context, {
        name: input.filterName,
        group: input.logGroupName,
        pattern: input.filterPattern,
        destination: input.destinationArn,
        distribution: input.distribution ?? "ByLogStream",
        ...(input.roleArn === undefined ? {} : { role: input.roleArn }),
      });
    },
    async DescribeSubscriptionFilters(input, context) {
      const { items, token } = await subscriptions.list(context, input.logGroupName, {
        prefix: input.filterNamePrefix,
        limit: input.limit,
        token: input.nextToken,
      });
      return { subscriptionFilters: items.map(subscriptionOutput), nextToken: token };
    },
    async DeleteSubscriptionFilter({ logGroupName, filterName }, context) {
      await subscriptions.delete(context, logGroupName, filterName);
    },

    async PutMetricFilter(input, context) {
      if (
        input.applyOnTransformedLogs ||
        input.fieldSelectionCriteria ||
        input.emitSystemFieldDimensions
      )
        throw notBuilt("Transformed logs and field selections");
      await metricFilters.put(context, {
        name: input.filterName,
        group: input.logGroupName,
        pattern: input.filterPattern,
        transformations: input.metricTransformations.map(transformation),
      });
    },
    async DescribeMetricFilters(input, context) {
      const { metricName, metricNamespace } = input;
      if ((metricName === undefined) !== (metricNamespace === undefined))
        throw new AwsError(
          "InvalidParameterException",
          "Both metricName and metricNamespace must be specified together.",
        );
      const { items, token } = await metricFilters.list(context, input.logGroupName, {
        prefix: input.filterNamePrefix,
        fits: ({ transformations }) =>
          metricName === undefined ||
          transformations.some(
            ({ name, namespace }) => name === metricName && namespace === metricNamespace,
          ),
        limit: input.limit,
        token: input.nextToken,
      });
      return { metricFilters: items.map(metricFilterOutput), nextToken: token };
    },
    async DeleteMetricFilter({ logGroupName, filterName }, context) {
      await metricFilters.delete(context, logGroupName, filterName);
    },
    async TestMetricFilter({ filterPattern, logEventMessages }) {
      const pattern = compiled(filterPattern);
      const selectors = [...new Set(filterPattern.match(/\$\.[\w.[\]]+/g))];
      return {
        matches: logEventMessages.flatMap((eventMessage, index) =>
          pattern.matches(eventMessage)
            ? [
                {
                  eventNumber: index + 1,
                  eventMessage,
                  extractedValues:
                    pattern.values(eventMessage) ??
                    Object.fromEntries(
                      selectors.flatMap((name) => {
                        const value = pattern.value(eventMessage, name);
                        return value === undefined ? [] : [[name, textOf(value)]];
                      }),
                    ),
                },
              ]
            : [],
        ),
      };
    },
  };
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

const notBuilt = (what: string) =>
  new AwsError("NotImplemented", `${what} are not built.`, { status: 501 });
