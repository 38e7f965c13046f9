/** Metrics are told, and read again. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Recordings } from "../harness.ts";
import { type Answered, type Call, type CloudWatchFixture, newName } from "./fixture.ts";
import type { ProtocolName } from "./protocols.ts";

const CLASS = "TestCloudwatch::";
const MINUTE = 60_000;

/** A whole minute of the past, and a span around it. */
const moment = (): Date => new Date(Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE);
const around = (time: Date) => ({
  StartTime: new Date(time.getTime() - MINUTE),
  EndTime: new Date(time.getTime() + 2 * MINUTE),
});

export function playData({ play }: Recordings, cloudWatch: () => CloudWatchFixture): void {
  const each = (
    name: string,
    variants: readonly string[],
    calls: (
      call: Call,
      equal: (name: string, answer: unknown) => void,
      variant: string,
    ) => Promise<void>,
  ): void => {
    for (const variant of variants)
      play(`${CLASS}${name}[${variant}]`, async (answers) => {
        const protocol = ["query", "json", "smithy-rpc-v2-cbor"].find((one) =>
          variant.startsWith(one),
        ) as ProtocolName;
        await calls(
          cloudWatch().speaking(protocol),
          (at, answer) => answers.equal(at, answer),
          variant,
        );
      });
  };

  for (const protocol of ["json", "smithy-rpc-v2-cbor"] as const)
    play(
      `TestCloudWatchMultiProtocol::test_basic_operations_multiple_protocols[${protocol}]`,
      async (answers) => {
        const call = cloudWatch().speaking(protocol);
        const Namespace = newName();
        const Timestamp = moment();
        const values = { some: 41, part: 23 };
        await call("PutMetricData", {
          Namespace,
          MetricData: Object.entries(values).map(([name, Value]) => ({
            MetricName: `label-${name}`,
            Value,
            Timestamp,
          })),
        });
        const read = await call("GetMetricData", {
          ...around(Timestamp),
          MetricDataQueries: Object.keys(values).map((Id) =>
            stat(Id, Namespace, `label-${Id}`, "Sum"),
          ),
        });
        answers.equal("get-metric-data", bare(read));
        const described = await call("DescribeAlarms", { AlarmNamePrefix: newName() });
        answers.equal("describe-alarms", bare(described));
      },
    );

  each("test_put_metric_data_values_list", ["query", "smithy-rpc-v2-cbor"], async (call, equal) => {
    const Namespace = newName();
    const Timestamp = moment();
    await call("PutMetricData", {
      Namespace,
      MetricData: [
        {
          MetricName: "test-metric",
          Timestamp,
          Values: [1, 10],
          Counts: [2, 4],
          Unit: "Count",
        },
      ],
    });
    const read = await call("GetMetricStatistics", {
      Namespace,
      MetricName: "test-metric",
      ...around(Timestamp),
      Period: 60,
      Statistics: ["SampleCount", "Sum", "Maximum"],
    });
    equal("get_metric_statistics", read);
  });

  each(
    "test_put_metric_data_validation",
    ["query", "json", "smithy-rpc-v2-cbor"],
    async (call, equal, variant) => {
      const put = async (datum: object) =>
        spoken(
          await call("PutMetricData", {
            Namespace: newName(),
            MetricData: [{ MetricName: "m", Unit: "Count", ...datum }],
          }),
          variant,
        );
      equal("invalid-param-combination", await put({ Value: 1, Values: [1, 10], Counts: [2, 4] }));
      equal("invalid-param-value", await put({ Values: [1, 10], Counts: [2, 4, 5] }));
      const StatisticValues = { SampleCount: 10, Sum: 55, Minimum: 1, Maximum: 10 };
      equal("invalid-param-combination-2", await put({ Value: 1, StatisticValues }));
    },
  );

  each("test_get_metric_data_for_multiple_metrics", ["query", "json"], async (call, equal) => {
    const Namespace = newName();
    const Timestamp = moment();
    await call("PutMetricData", {
      Namespace,
      MetricData: [50, 25, 55].map((Value, at) => ({
        MetricName: `metric${at + 1}`,
        Value,
        Unit: "Seconds",
        Timestamp,
      })),
    });
    const queries = [1, 2, 3].map((at) => stat(`result${at}`, Namespace, `metric${at}`, "Sum"));
    equal(
      "get_metric_data",
      await call("GetMetricData", { ...around(Timestamp), MetricDataQueries: queries }),
    );
  });

  const stats = [
    ...["Sum", "SampleCount", "Minimum", "Average"].map((one) => `json-${one}`),
    ...["Sum", "SampleCount", "Average"].map((one) => `smithy-rpc-v2-cbor-${one}`),
  ];
  each("test_get_metric_data_stats", stats, async (call, equal, variant) => {
    const Namespace = newName();
    const Timestamp = moment();
    await call("PutMetricData", {
      Namespace,
      MetricData: Array.from({ length: 11 }, (_, at) => ({
        MetricName: "metric1",
        Value: at + 1,
        Unit: "Seconds",
        Timestamp,
      })),
    });
    const one = stat("result1", Namespace, "metric1", variant.slice(variant.lastIndexOf("-") + 1));
    equal(
      "get_metric_data",
      await call("GetMetricData", { ...around(Timestamp), MetricDataQueries: [one] }),
    );
  });

  each(
    "test_get_metric_data_with_dimensions",
    ["query", "json", "smithy-rpc-v2-cbor"],
    async (call, equal) => {
      const Namespace = newName();
      const Timestamp = moment();
      const datum = { MetricName: "metric1", Unit: "Seconds", Timestamp };
      const Dimensions = [{ Name: "InstanceId", Value: "one" }];
      await call("PutMetricData", {
        Namespace,
        MetricData: [
          { ...datum, Value: 11, Dimensions },
          { ...datum, Value: 30 },
          { ...datum, Value: 22, Dimensions: [{ Name: "InstanceId", Value: "two" }] },
        ],
      });
      const one = stat("result1", Namespace, "metric1", "Sum", { Dimensions });
      equal(
        "get_metric_data",
        await call("GetMetricData", { ...around(Timestamp), MetricDataQueries: [one] }),
      );
    },
  );

  each(
    "test_get_metric_data_with_zero_and_labels",
    ["query", "json", "smithy-rpc-v2-cbor"],
    async (call, equal) => {
      const Namespace = newName();
      const Timestamp = moment();
      await tell(call, Namespace, "metric1", [0, 2, 4, 3.5, 7, 100], Timestamp);
      equal(
        "get_metric_data_with_zero_and_labels",
        await call("GetMetricData", {
          ...around(Timestamp),
          MetricDataQueries: ["Average", "Sum", "Minimum", "Maximum"].map((one) =>
            stat(`result_${one}`, Namespace, "metric1", one),
          ),
        }),
      );
    },
  );

  each("test_get_metric_statistics", ["query"], async (call, equal) => {
    const Namespace = newName();
    const Timestamp = moment();
    await call("PutMetricData", {
      Namespace,
      MetricData: Array.from({ length: 10 }, (_, Value) => ({
        MetricName: "metric",
        Value,
        Timestamp,
      })),
    });
    equal(
      "get_metric_statistics",
      await call("GetMetricStatistics", {
        Namespace,
        MetricName: "metric",
        ...around(Timestamp),
        Period: 60,
        Statistics: ["Average", "Sum", "Minimum", "Maximum", "SampleCount"],
      }),
    );
  });

  each("test_handle_different_units", ["query", "smithy-rpc-v2-cbor"], async (call, equal) => {
    const Namespace = newName();
    const Timestamp = moment();
    await units(call, Namespace, Timestamp, [
      [1, "Seconds"],
      [5, "Count"],
      [10, undefined],
    ]);
    const read = await call("GetMetricStatistics", {
      Namespace,
      MetricName: "m-test",
      ...around(Timestamp),
      Period: 60,
      Statistics: ["Average"],
    });
    const points = [...(read["Datapoints"] as Answered[])];
    points.sort((a, b) => Number(b["Average"]) - Number(a["Average"]));
    equal("get_metric_statistics_with_different_units", { ...read, Datapoints: points });
  });

  each("test_get_metric_data_with_different_units", ["query"], async (call, equal) => {
    const Namespace = newName();
    const Timestamp = moment();
    await units(call, Namespace, Timestamp, [
      [1, "Seconds"],
      [5, "Count"],
      [10, undefined],
    ]);
    const one = stat("m1", Namespace, "m-test", "Average", {}, { Unit: "Seconds" });
    equal(
      "get_metric_data_with_different_units",
      await call("GetMetricData", { ...around(Timestamp), MetricDataQueries: [one] }),
    );
  });

  const told: Readonly<Record<string, [number, string][]>> = {
    metric_data0: [
      [60_000, "Milliseconds"],
      [60, "Seconds"],
    ],
    metric_data1: [
      [60, "Seconds"],
      [60_000, "Milliseconds"],
      [60_000, "Milliseconds"],
    ],
    metric_data2: [
      [60, "Seconds"],
      [5, "Count"],
      [60_000, "Milliseconds"],
    ],
  };
  each(
    "test_get_metric_data_different_units_no_unit_in_query",
    [
      "query-metric_data0",
      "json-metric_data0",
      "smithy-rpc-v2-cbor-metric_data0",
      "smithy-rpc-v2-cbor-metric_data1",
      "smithy-rpc-v2-cbor-metric_data2",
    ],
    async (call, equal, variant) => {
      const Namespace = newName();
      const Timestamp = moment();
      await units(call, Namespace, Timestamp, told[variant.slice(-12)] ?? []);
      const one = stat("m1", Namespace, "m-test", "Sum");
      equal(
        "get_metric_data_with_no_unit_specified",
        await call("GetMetricData", { ...around(Timestamp), MetricDataQueries: [one] }),
      );
    },
  );

  const pairs: readonly (readonly (readonly [string, number, string])[])[] = [
    [
      ["Sum", 60, "Seconds"],
      ["Minimum", 30, "Seconds"],
    ],
    [
      ["Sum", 60, "Seconds"],
      ["Minimum", 60, "Seconds"],
    ],
    [
      ["Sum", 60, "Seconds"],
      ["Sum", 30, "Seconds"],
    ],
    [
      ["Sum", 60, "Seconds"],
      ["Minimum", 30, "Milliseconds"],
    ],
    [
      ["Sum", 60, "Seconds"],
      ["Minimum", 60, "Milliseconds"],
    ],
    [
      ["Sum", 60, "Seconds"],
      ["Sum", 30, "Milliseconds"],
    ],
    [
      ["Sum", 60, "Seconds"],
      ["Sum", 60, "Milliseconds"],
    ],
  ];
  const variants = ["query-0", "query-1", "json-0", "json-2", "json-3", "json-4", "json-6"]
    .concat(["1", "3", "4", "5"].map((at) => `smithy-rpc-v2-cbor-${at}`))
    .map((variant) => variant.replace(/-(\d)$/, "-input_pairs$1"));
  each("test_label_generation", variants, async (call, equal, variant) => {
    const Namespace = newName();
    const Timestamp = moment();
    await tell(call, Namespace, "metric1", [0, 2, 4, 3, 100], Timestamp);
    equal(
      "label_generation",
      await call("GetMetricData", {
        ...around(Timestamp),
        MetricDataQueries: (pairs[Number(variant.at(-1))] ?? []).map(([Stat, Period, Unit]) =>
          stat(
            `result_${Stat}_${Period}_${Unit}`,
            Namespace,
            "metric1",
            Stat,
            {},
            { Period, Unit },
          ),
        ),
      }),
    );
  });

  each("test_get_metric_with_null_dimensions", ["smithy-rpc-v2-cbor"], async (call, equal) => {
    const time = moment();
    const one = stat("m1", newName(), "label", "Sum", {
      Dimensions: [{ Name: "foo", Value: "" }],
    });
    const { Metric } = one.MetricStat;
    const nothing = {
      ...one,
      MetricStat: { ...one.MetricStat, Metric: { ...Metric, Dimensions: [] } },
    };
    equal(
      "get_metric_with_null_dimensions",
      await call("GetMetricData", { ...around(time), MetricDataQueries: [nothing] }),
    );
  });

  each("test_get_metric_with_no_results", ["query", "smithy-rpc-v2-cbor"], async (call, equal) => {
    const one = stat("result", newName(), newName(), "Sum");
    equal("result", await call("GetMetricData", { ...around(moment()), MetricDataQueries: [one] }));
  });

  each("test_multiple_dimensions_statistics", ["json"], async (call, equal) => {
    const Namespace = newName();
    const Timestamp = moment();
    const Dimensions = Object.entries({
      error: "none",
      exception: "none",
      method: "GET",
      outcome: "SUCCESS",
      uri: "/greetings",
      status: "200",
    }).map(([Name, Value]) => ({ Name, Value }));
    const MetricName = "http.server.requests.count";
    await call("PutMetricData", {
      Namespace,
      MetricData: [{ MetricName, Dimensions, Timestamp, Value: 5, Unit: "Count" }],
    });
    const one = stat("result1", Namespace, MetricName, "Maximum", { Dimensions });
    equal(
      "get-metric-stats-max",
      await call("GetMetricData", { ...around(Timestamp), MetricDataQueries: [one] }),
    );
    const { Metrics, ...rest } = await call("ListMetrics", { Namespace });
    const byName = (a: Answered, b: Answered) => (String(a["Name"]) < String(b["Name"]) ? -1 : 1);
    equal("list-metrics", {
      ...rest,
      Metrics: (Metrics as Answered[]).map((metric) => ({
        ...metric,
        Dimensions: [...(metric["Dimensions"] as Answered[])].sort(byName),
      })),
    });
  });

  each("test_invalid_amount_of_datapoints", ["json"], async (call, equal) => {
    const EndTime = moment();
    const ask = (more: object) =>
      call("GetMetricStatistics", {
        Namespace: newName(),
        MetricName: "metric_name",
        EndTime,
        Period: 1,
        Statistics: ["SampleCount"],
        ...more,
      });
    const ago = (ms: number) => new Date(EndTime.getTime() - ms);
    equal("error-invalid-amount-datapoints", await ask({ StartTime: ago(86_400_000) }));
    equal("error-invalid-time-frame", await ask({ StartTime: EndTime }));
    equal("get-metric-statitics", await ask({ StartTime: ago(1_440_000) }));
  });
}

/** What a queue tells of itself. */
export function playQueueMetrics({ play }: Recordings, cloudWatch: () => CloudWatchFixture): void {
  play(`${CLASS}test_aws_sqs_metrics_created`, async (answers) => {
    const { sqs } = cloudWatch();
    const call = cloudWatch().speaking("query");
    const QueueName = newName();
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "Hello" }));
    const Dimensions = [{ Name: "QueueName", Value: QueueName }];
    const read = (names: Readonly<Record<string, string>>) =>
      call("GetMetricData", {
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 3_600_000),
        MetricDataQueries: Object.entries(names).map(([Id, name]) =>
          stat(Id, "AWS/SQS", name, "Sum", { Dimensions }, { Period: 3600 * 24 }),
        ),
      });
    answers.equal(
      "get_metric_data",
      await read({
        sent: "NumberOfMessagesSent",
        sent_size: "SentMessageSize",
        empty_receives: "NumberOfEmptyReceives",
      }),
    );
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const ReceiptHandle = Messages?.[0]?.ReceiptHandle;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    answers.equal(
      "get_metric_data_2",
      await read({
        num_msg_received: "NumberOfMessagesReceived",
        num_msg_deleted: "NumberOfMessagesDeleted",
      }),
    );
  });
}

interface Stat {
  readonly Id: string;
  readonly MetricStat: { readonly Metric: object; readonly Period: number; readonly Stat: string };
}

const stat = (
  Id: string,
  Namespace: string,
  MetricName: string,
  Stat: string,
  metric: object = {},
  more: object = {},
): Stat => ({
  Id,
  MetricStat: { Metric: { Namespace, MetricName, ...metric }, Period: 60, Stat, ...more },
});

const tell = (
  call: Call,
  Namespace: string,
  MetricName: string,
  values: number[],
  Timestamp: Date,
) =>
  call("PutMetricData", {
    Namespace,
    MetricData: values.map((Value) => ({ MetricName, Value, Unit: "Seconds", Timestamp })),
  });

const units = (
  call: Call,
  Namespace: string,
  Timestamp: Date,
  values: readonly (readonly [number, string | undefined])[],
) =>
  call("PutMetricData", {
    Namespace,
    MetricData: values.map(([Value, Unit]) => ({ MetricName: "m-test", Value, Unit, Timestamp })),
  });

const bare = ({ ResponseMetadata: _, ...answer }: Answered): Answered => answer;

/** boto3 does not know from a query answer what the model calls an error, nor its members. */
export function spoken(answer: Answered, protocol: string): Answered {
  if (!protocol.startsWith("query")) return answer;
  const { message: _, ...others } = answer;
  const { QueryErrorCode: __, ...error } = answer["Error"] as Answered;
  return { ...others, Error: error };
}
