/** AWS's recordings of CloudWatch Logs, against the platform. */
import { after, before, describe } from "node:test";
import {
  CloudWatchLogsClient,
  type CloudWatchLogsServiceException,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteDestinationCommand,
  DeleteMetricFilterCommand,
  DeleteResourcePolicyCommand,
  DescribeDestinationsCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  type DescribeMetricFiltersCommandInput,
  DescribeResourcePoliciesCommand,
  DescribeSubscriptionFiltersCommand,
  FilterLogEventsCommand,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  PutDestinationCommand,
  PutDestinationPolicyCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  type PutMetricFilterCommandInput,
  PutResourcePolicyCommand,
  PutSubscriptionFilterCommand,
  TagLogGroupCommand,
  TagResourceCommand,
  UntagLogGroupCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateStreamCommand, KinesisClient, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../../../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";
import { openRecordings } from "../harness.ts";

const ACCOUNT = "111111111111";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/recorded-role`;
const TIMES = ["timestamp", "last-updated-time"];

describe("recordings of CloudWatch Logs", () => {
  let platform: TestPlatform;
  let client: CloudWatchLogsClient;
  let lambda: LambdaClient;
  let kinesis: KinesisClient;
  let names = 0;

  before(async () => {
    platform = await startPlatform({ flags: ["--account", ACCOUNT] });
    const settings = clientSettings(platform.origin);
    client = new CloudWatchLogsClient(settings);
    lambda = new LambdaClient(settings);
    kinesis = new KinesisClient(settings);
  });
  after(async () => {
    for (const one of [client, lambda, kinesis]) one.destroy();
    await platform.stop();
  });

  const newName = (kind = "recorded") => `${kind}-${++names}`;

  async function group(tags?: Record<string, string>): Promise<string> {
    const logGroupName = newName("group");
    await client.send(new CreateLogGroupCommand({ logGroupName, ...(tags && { tags }) }));
    return logGroupName;
  }
  async function stream(logGroupName: string, logStreamName = newName("stream")): Promise<string> {
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    return logStreamName;
  }
  async function kinesisStream(): Promise<string> {
    const StreamName = newName("kinesis");
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await waitUntilStreamExists({ client: kinesis, maxWaitTime: 10, minDelay: 1 }, { StreamName });
    return `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`;
  }

  const { play, skip, finish } = openRecordings(
    ...[
      "delivery",
      "destinations",
      "events",
      "export_tasks",
      "filter_events",
      "groups",
      "metric_filters",
      "queries",
      "resource_policies",
      "streams",
      "subscription_filters",
    ].map((file) => `logs/logs_${file}.json`),
  );
  const of = (kind: string, name: string) => `${kind}::${name}`;
  const recorded = (
    name: string,
    calls: Parameters<typeof play>[1],
    options: Parameters<typeof play>[2] = {},
  ) => play(name, calls, { anything: TIMES, ...options });

  recorded(of("TestLogsGroups", "test_create_log_group_duplicate_error"), async (answers) => {
    const logGroupName = await group();
    answers.equal(
      "error-duplicate-log-group",
      await answer(client.send(new CreateLogGroupCommand({ logGroupName }))),
    );
  });
  recorded(of("TestLogsGroups", "test_describe_log_groups_with_pattern"), async (answers) => {
    for (const end of ["one", "two"])
      await client.send(new CreateLogGroupCommand({ logGroupName: `pattern-group-${end}` }));
    answers.equal(
      "describe-log-groups-pattern",
      await answer(
        client.send(new DescribeLogGroupsCommand({ logGroupNamePattern: "Pattern", limit: 1 })),
      ),
    );
  });
  recorded(of("TestLogsGroups", "test_describe_log_groups_prefix_and_pattern_error"), async (a) => {
    a.equal(
      "error-prefix-and-pattern",
      await answer(
        client.send(
          new DescribeLogGroupsCommand({ logGroupNamePrefix: "a", logGroupNamePattern: "b" }),
        ),
      ),
    );
  });
  recorded(of("TestLogsGroupsTags", "test_tag_resource_api"), async (answers) => {
    const logGroupName = await group({ env: "testing1" });
    const resourceArn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${logGroupName}`;
    const ofGroup = () => answer(client.send(new ListTagsLogGroupCommand({ logGroupName })));
    const ofResource = () => answer(client.send(new ListTagsForResourceCommand({ resourceArn })));
    answers.equal("list-tags-after-create", await ofGroup());
    await client.send(
      new TagResourceCommand({ resourceArn, tags: { test1: "val1", test2: "val2" } }),
    );
    answers.equal("list-tags-log-group-after-tag-resource", await ofGroup());
    answers.equal("list-tags-for-resource-after-tag-resource", await ofResource());
    await client.send(new TagLogGroupCommand({ logGroupName, tags: { test3: "val3" } }));
    answers.equal("list-tags-log-group-after-tag-log-group", await ofGroup());
    answers.equal("list-tags-for-resource-after-tag-log-group", await ofResource());
    const tags = ["env", "test1", "test3"];
    await client.send(new UntagLogGroupCommand({ logGroupName, tags }));
    answers.equal("list-tags-log-group-after-untag", await ofGroup());
    answers.equal("list-tags-for-resource-after-untag", await ofResource());
  });

  recorded(of("TestLogsStreams", "test_create_log_stream_duplicate_error"), async (answers) => {
    const logGroupName = await group();
    const logStreamName = await stream(logGroupName);
    answers.equal(
      "error-duplicate-log-stream",
      await answer(client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }))),
    );
  });
  recorded(of("TestLogsStreams", "test_describe_log_streams_with_prefix"), async (answers) => {
    const logGroupName = await group();
    for (const name of ["p-1", "p-2", "p-3", "other"]) await stream(logGroupName, name);
    answers.equal(
      "describe-streams-with-prefix",
      await answer(
        client.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: "p-" })),
      ),
    );
  });
  recorded(of("TestLogsStreams", "test_log_stream_arn_format"), async (answers) => {
    const logGroupName = await group();
    await stream(logGroupName);
    answers.equal(
      "describe-log-streams-with-arn",
      await answer(client.send(new DescribeLogStreamsCommand({ logGroupName }))),
    );
  });

  recorded(
    of("TestLogsEvents", "test_put_log_events_too_old"),
    async (answers) => {
      const logGroupName = await group();
      const logStreamName = await stream(logGroupName);
      const timestamp = Date.now() - 15 * 24 * 3600 * 1000;
      answers.equal(
        "response-too-old",
        await answer(
          client.send(
            new PutLogEventsCommand({
              logGroupName,
              logStreamName,
              logEvents: [{ timestamp, message: "old" }],
            }),
          ),
        ),
      );
    },
    { anything: ["too-old-log-event-end-index"] },
  );
  recorded(of("TestFilterLogEvents", "test_filter_log_events_unknown_token"), async (answers) => {
    const logGroupName = await group();
    answers.equal(
      "invalid-token",
      await answer(
        client.send(new FilterLogEventsCommand({ logGroupName, nextToken: "invalid-token" })),
      ),
    );
  });

  const putMetric = (logGroupName: string, more: Partial<PutMetricFilterCommandInput> = {}) =>
    answer(
      client.send(
        new PutMetricFilterCommand({
          logGroupName,
          filterName: newName("filter"),
          filterPattern: " ",
          metricTransformations: [
            {
              metricName: newName("metric"),
              metricNamespace: newName("namespace"),
              metricValue: "1",
              defaultValue: 0,
            },
          ],
          ...more,
        }),
      ),
    );
  const metrics = (input: DescribeMetricFiltersCommandInput) =>
    answer(client.send(new DescribeMetricFiltersCommand(input)));

  recorded(of("TestMetricFilters", "test_put_metric_filter_basic"), async (answers) => {
    const logGroupName = await group();
    await putMetric(logGroupName);
    answers.equal("describe-metric-filters", await metrics({ logGroupName }));
  });
  recorded(of("TestMetricFilters", "test_put_metric_filter_json_pattern"), async (answers) => {
    const logGroupName = await group();
    await putMetric(logGroupName, { filterPattern: '{$.message = "test"}' });
    answers.equal("describe-metric-filters-json", await metrics({ logGroupName }));
  });
  recorded(of("TestMetricFilters", "test_describe_metric_filters_by_metric_name"), async (a) => {
    const transformation = { metricName: "by-name", metricNamespace: "here", metricValue: "1" };
    await putMetric(await group(), {
      filterPattern: "pattern",
      metricTransformations: [transformation],
    });
    await putMetric(await group());
    const { metricName, metricNamespace } = transformation;
    a.equal("describe-by-metric-name", await metrics({ metricName, metricNamespace }));
  });
  recorded(
    of("TestMetricFiltersValidation", "test_put_metric_filter_invalid_filter_name"),
    async (a) => {
      const logGroupName = await group();
      const filterName = lengthOf(a.recorded("error-invalid-filter-name"));
      a.equal("error-invalid-filter-name", await putMetric(logGroupName, { filterName }));
    },
  );
  recorded(
    of("TestMetricFiltersValidation", "test_put_metric_filter_invalid_filter_pattern"),
    async (a) => {
      const logGroupName = await group();
      const filterPattern = lengthOf(a.recorded("error-invalid-filter-pattern"));
      a.equal("error-invalid-filter-pattern", await putMetric(logGroupName, { filterPattern }));
    },
  );
  recorded(
    of("TestMetricFiltersValidation", "test_describe_metric_filters_invalid_parameters"),
    async (a) => {
      const filterNamePrefix = lengthOf(a.recorded("error-invalid-filter-prefix"));
      a.equal("error-invalid-filter-prefix", await metrics({ filterNamePrefix }));
      const metricName = lengthOf(a.recorded("error-invalid-metric-name"));
      a.equal("error-invalid-metric-name", await metrics({ metricName, metricNamespace: "x" }));
    },
  );
  recorded(
    of("TestMetricFiltersValidation", "test_delete_metric_filter_invalid_log_group_name"),
    async (a) => {
      a.equal(
        "error-invalid-log-group-name",
        await answer(
          client.send(
            new DeleteMetricFilterCommand({ logGroupName: "x".repeat(513), filterName: "f" }),
          ),
        ),
      );
    },
  );

  const putPolicy = async (policyName: string, document: unknown) =>
    parsed(
      await answer(
        client.send(
          new PutResourcePolicyCommand({ policyName, policyDocument: JSON.stringify(document) }),
        ),
      ),
    );
  const policies = async () =>
    parsed(await answer(client.send(new DescribeResourcePoliciesCommand({}))));
  const deletePolicy = (policyName: string) =>
    answer(client.send(new DeleteResourcePolicyCommand({ policyName })));

  recorded(of("TestResourcePolicies", "test_put_resource_policy"), async (answers) => {
    const { resourcePolicy } = answers.recorded("put-resource-policy") as PolicyAnswer;
    const name = newName("policy");
    answers.equal("put-resource-policy", await putPolicy(name, resourcePolicy.policyDocument));
    await deletePolicy(name);
  });
  recorded(of("TestResourcePolicies", "test_put_resource_policy_update"), async (answers) => {
    const { policyDocument } = answers.recorded("updated-policy") as { policyDocument: object };
    const name = newName("policy");
    await putPolicy(name, { ...policyDocument, Version: "2012-10-17" });
    await putPolicy(name, policyDocument);
    const { resourcePolicies = [] } = (await policies()) as { resourcePolicies?: object[] };
    answers.equal("updated-policy", resourcePolicies[0]);
    await deletePolicy(name);
  });
  recorded(of("TestResourcePolicies", "test_describe_resource_policies"), async (answers) => {
    const { resourcePolicies: wanted } = answers.recorded("describe-resource-policies") as {
      resourcePolicies: { policyDocument: object }[];
    };
    const made = ["a", "b", "c"].map((end) => `several-${end}`);
    for (const name of made) await putPolicy(name, wanted[0]?.policyDocument);
    const found = (await policies()) as { resourcePolicies: object[] };
    answers.equal("describe-resource-policies", found);
    answers.equal("policies", found.resourcePolicies);
    for (const name of made) await deletePolicy(name);
  });
  recorded(of("TestResourcePolicies", "test_delete_resource_policy_not_found"), async (answers) => {
    answers.equal("error-policy-not-found", await deletePolicy("non-existent"));
  });

  const putFilter = (
    logGroupName: string,
    destinationArn: string,
    { filterPattern = "" }: { filterPattern?: string } = {},
  ) =>
    answer(
      client.send(
        new PutSubscriptionFilterCommand({
          logGroupName,
          filterName: "test",
          filterPattern,
          destinationArn,
        }),
      ),
    );
  const filters = (logGroupName: string) =>
    answer(client.send(new DescribeSubscriptionFiltersCommand({ logGroupName })));
  async function receiver(): Promise<string> {
    const name = newName("receiver");
    await deploy(lambda, name, { "index.mjs": "export const handler = async () => 1;" });
    return `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
  }

  recorded(of("TestSubscriptionFilters", "test_describe_subscription_filters_empty"), async (a) => {
    a.equal("describe-subscription-filters-empty", await filters(await group()));
  });
  recorded(
    of("TestSubscriptionFilters", "test_describe_subscription_filters_log_group_not_found"),
    async (a) => {
      a.equal("error-log-group-not-found", await filters("non-existent"));
    },
  );
  recorded(
    of("TestSubscriptionFilters", "test_put_subscription_filter_lambda"),
    async (a) => {
      const logGroupName = await group();
      const logStreamName = await stream(logGroupName);
      const functionArn = await receiver();
      const name = functionArn.split(":").at(-1) ?? "";
      const permission = (await answer(
        lambda.send(
          new AddPermissionCommand({
            FunctionName: name,
            StatementId: name,
            Principal: "logs.us-east-1.amazonaws.com",
            Action: "lambda:InvokeFunction",
            SourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${logGroupName}:*`,
            SourceAccount: ACCOUNT,
          }),
        ),
      )) as { Statement: string };
      a.equal("add_permission", { ...permission, Statement: JSON.parse(permission.Statement) });
      a.equal("put_subscription_filter", await putFilter(logGroupName, functionArn));
      a.equal("describe_subscription_filter", await filters(logGroupName));
      const logEvents = ["test", "test 2"].map((message) => ({ timestamp: Date.now(), message }));
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
      const { events = [] } = await client.send(
        new FilterLogEventsCommand({ logGroupName, logStreamNames: [logStreamName] }),
      );
      a.equal(
        "list_all_log_events",
        events.map(({ eventId: id, timestamp, message }) => ({ id, timestamp, message })),
      );
    },
    { anything: [...TIMES, "id", "<resource:2>"] },
  );
  recorded(
    of("TestSubscriptionFilterUpdates", "test_put_subscription_filter_update"),
    async (a) => {
      const logGroupName = await group();
      const functionArn = await receiver();
      await putFilter(logGroupName, functionArn);
      await putFilter(logGroupName, functionArn, { filterPattern: "[]" });
      a.equal("updated-filter", await filters(logGroupName));
    },
  );
  recorded(
    of("TestSubscriptionFilterUpdates", "test_put_subscription_filter_errors"),
    async (a) => {
      const elsewhere = "arn:aws:lambda:us-east-1:000000000000:function:invalid";
      a.equal("error-log-group-not-found", await putFilter("non-existent", elsewhere));
      const logGroupName = await group();
      a.equal("error-lambda-not-found", await putFilter(logGroupName, elsewhere));
      const stream = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/invalid`;
      a.equal("error-kinesis-not-found", await putFilter(logGroupName, stream));
    },
  );

  const destinations = async () => {
    const found = (await answer(client.send(new DescribeDestinationsCommand({})))) as {
      destinations: { accessPolicy?: string }[];
    };
    return {
      ...found,
      destinations: found.destinations.map(({ accessPolicy, ...rest }) =>
        accessPolicy === undefined ? rest : { ...rest, accessPolicy: JSON.parse(accessPolicy) },
      ),
    };
  };
  async function putDestination(destinationName: string, targetArn: string): Promise<void> {
    await client.send(new PutDestinationCommand({ destinationName, targetArn, roleArn: ROLE }));
  }
  const deleteDestination = (destinationName: string) =>
    answer(client.send(new DeleteDestinationCommand({ destinationName })));

  recorded(of("TestDestinations", "test_describe_destinations_empty"), async (answers) => {
    answers.equal("describe-destinations-empty", await destinations());
  });
  recorded(of("TestDestinations", "test_update_destination"), async (answers) => {
    const [name, target] = [newName("destination"), await kinesisStream()];
    await putDestination(name, target);
    answers.equal("original-description", await destinations());
    await putDestination(name, target);
    answers.equal("updated-description", await destinations());
    await deleteDestination(name);
  });
  recorded(of("TestDestinations", "test_put_destination_policy"), async (answers) => {
    const [name, target] = [newName("destination"), await kinesisStream()];
    await putDestination(name, target);
    const accessPolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "logs.amazonaws.com" },
          Action: "logs:PutSubscriptionFilter",
          Resource: target,
        },
      ],
    });
    answers.equal(
      "put-destination-policy",
      await answer(
        client.send(new PutDestinationPolicyCommand({ destinationName: name, accessPolicy })),
      ),
    );
    answers.equal("destination-with-policy", await destinations());
    await deleteDestination(name);
  });
  recorded(of("TestDestinations", "test_delete_destination"), async (answers) => {
    const name = newName("destination");
    await putDestination(name, await kinesisStream());
    answers.equal("delete-destination", await deleteDestination(name));
    answers.equal("no-destination-found", await destinations());
  });

  skip("deliveries of other services' logs are not built", /Deliver(y|ies)/);
  skip("export tasks are not built", /ExportTasks/);
  skip("Logs Insights has a suite of its own", /TestCloudWatchLogsInsightsQueries/);
  finish(28);
});

interface PolicyAnswer {
  readonly resourcePolicy: { readonly policyDocument: object };
}

/** Texts of policies, as the recordings have them. */
function parsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member) =>
    key === "policyDocument" ? JSON.parse(member) : member,
  );
}

/** The value that an error message repeats. */
const lengthOf = (error: unknown): string =>
  /Value '([^']*)'/.exec((error as { Error: { Message: string } }).Error.Message)?.[1] ?? "";

/** As the recordings have answers, and errors. */
async function answer(call: Promise<object>): Promise<unknown> {
  try {
    const { $metadata, ...output } = (await call) as { $metadata: { httpStatusCode: number } };
    return { ...output, ResponseMetadata: metadata($metadata.httpStatusCode) };
  } catch (error) {
    const { name, message, $metadata } = error as CloudWatchLogsServiceException;
    return {
      Error: { Code: name, Message: message },
      ResponseMetadata: metadata($metadata.httpStatusCode),
    };
  }
}

const metadata = (HTTPStatusCode: number | undefined) => ({ HTTPHeaders: {}, HTTPStatusCode });
