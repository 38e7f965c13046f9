/** CloudWatch through AWS's own JavaScript client: every operation that is built, limits, and alarms that act. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchClient,
  type CloudWatchServiceException,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListDashboardsCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  PutAnomalyDetectorCommand,
  PutCompositeAlarmCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
  paginateGetMetricData,
  paginateListMetrics,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const Namespace = "Shop";
const MINUTE = 60_000;

describe("CloudWatch, by AWS's JavaScript client", () => {
  let dataDir: string;
  let platform: TestPlatform;
  let client: CloudWatchClient;
  const time = new Date(Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE);
  const span = {
    StartTime: new Date(time.getTime() - MINUTE),
    EndTime: new Date(time.getTime() + 10 * MINUTE),
  };

  async function start(): Promise<void> {
    platform = await startPlatform({ dataDir });
    client = new CloudWatchClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  }
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-cloudwatch-"));
    await start();
  });
  after(async () => {
    client.destroy();
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const put = (data: PutMetricDataCommandInput["MetricData"], more: object = {}) =>
    client.send(new PutMetricDataCommand({ Namespace, MetricData: data, ...more }));
  const alarm = (AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
    client.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace,
        MetricName: "Orders",
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
        ...more,
      }),
    );
  const query = (Id: string, MetricName: string, Stat = "Sum") => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName }, Period: 60, Stat },
  });

  async function refusal(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      const { name, message } = error as CloudWatchServiceException;
      return `${name}: ${message}`;
    }
    throw new assert.AssertionError({ message: "the call was not refused" });
  }

  it("keeps metrics over kill -9, and works expressions out", async () => {
    const at = (minutes: number) => new Date(time.getTime() + minutes * MINUTE);
    await put([
      { MetricName: "Orders", Timestamp: at(0), Value: 4 },
      { MetricName: "Orders", Timestamp: at(1), Values: [1, 2], Counts: [3, 1] },
      { MetricName: "Failures", Timestamp: at(0), Value: 1 },
      { MetricName: "Failures", Timestamp: at(1), Value: 2 },
    ]);
    await platform.kill();
    client.destroy();
    await start();
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        ...span,
        ScanBy: "TimestampAscending",
        MetricDataQueries: [
          { ...query("orders", "Orders"), ReturnData: false },
          { ...query("failures", "Failures"), ReturnData: false },
          { Id: "rate", Expression: "100 * failures / orders", Label: "Failed: \u0024{MAX} %" },
          { Id: "found", Expression: `SEARCH('{${Namespace}} MetricName="Orders"', 'Sum', 60)` },
        ],
      }),
    );
    assert.deepEqual(
      MetricDataResults.map(({ Id, Label, Values }) => [Id, Label, Values]),
      [
        ["rate", "Failed: 40 %", [25, 40]],
        ["found", "Orders", [4, 5]],
      ],
    );
  });

  it("gives statistics and percentiles", async () => {
    await put([
      { MetricName: "Latency", Timestamp: time, Unit: "Milliseconds", Values: [1, 2, 3] },
    ]);
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName: "Latency",
        ...span,
        Period: 300,
        ExtendedStatistics: ["p50", "tm100"],
      }),
    );
    assert.deepEqual(
      Datapoints?.map(({ ExtendedStatistics, Unit }) => [ExtendedStatistics, Unit]),
      [[{ p50: 2, tm100: 2 }, "Milliseconds"]],
    );
  });

  it("pages data and metrics", async () => {
    const data = Array.from({ length: 501 }, (_, at) => ({
      MetricName: `Many-${at}`,
      Timestamp: time,
      Value: at,
    }));
    await put(data);
    const names = new Set<string | undefined>();
    let pages = 0;
    for await (const { Metrics = [] } of paginateListMetrics({ client }, { Namespace })) {
      pages += 1;
      for (const { MetricName } of Metrics) names.add(MetricName);
    }
    assert.equal(pages, 2);
    assert.ok(data.every(({ MetricName }) => names.has(MetricName)));

    const values: number[] = [];
    const request = {
      ...span,
      MaxDatapoints: 2,
      MetricDataQueries: [query("a", "Many-1"), query("b", "Many-2"), query("c", "Many-3")],
    };
    for await (const { MetricDataResults = [] } of paginateGetMetricData({ client }, request))
      values.push(...MetricDataResults.flatMap(({ Values = [] }) => Values));
    assert.deepEqual(values, [1, 2, 3]);
  });

  it("refuses what breaks a limit, in CloudWatch's words", async () => {
    const MetricName = "m";
    const many = Array.from({ length: 1001 }, () => ({ MetricName, Value: 1 }));
    assert.match(await refusal(put(many)), /^InvalidParameterValueException: .* greater than 1000/);
    const old = new Date(Date.now() - 15 * 86_400_000);
    assert.match(await refusal(put([{ MetricName, Value: 1, Timestamp: old }])), /two weeks/);
    assert.match(
      await refusal(put([{ MetricName }])),
      /^MissingRequiredParameterException: The parameter MetricData.member.1 must contain/,
    );
    const Values = Array.from({ length: 151 }, (_, at) => at);
    assert.match(await refusal(put([{ MetricName, Values }])), /greater than 150/);
    assert.match(await refusal(put([{ MetricName, Value: 2 ** 400 }])), /is invalid/);
    const queries = (MetricDataQueries: object[]) =>
      refusal(
        client.send(
          new GetMetricDataCommand({ ...span, MetricDataQueries: MetricDataQueries as never }),
        ),
      );
    assert.match(await queries([query("A", "m")]), /^ValidationException: .*expected pattern/);
    assert.match(await queries([query("a", "m"), query("a", "m")]), /not unique/);
    assert.match(await queries([{ Id: "a", Expression: "b + 1" }]), /Undefined variable 'b'/);
    assert.match(await queries([{ Id: "a", Expression: "1 +" }]), /Invalid syntax/);
    assert.match(await queries([{ Id: "a", Expression: "a" }]), /made of itself/);
    assert.match(
      await refusal(alarm("x", { DatapointsToAlarm: 2 })),
      /^ValidationException: Requested Datapoints to alarm/,
    );
    assert.match(await refusal(alarm("x", { AlarmActions: ["no-arn"] })), /Invalid ARN/);
    assert.match(
      await refusal(client.send(new DeleteAlarmsCommand({ AlarmNames: ["nobody"] }))),
      /^ResourceNotFound/,
    );
    assert.match(
      await refusal(
        client.send(
          new PutAnomalyDetectorCommand({ Namespace, MetricName, Stat: "Sum", Dimensions: [] }),
        ),
      ),
      /NotImplemented/,
    );
  });

  it("alarms: put, told of, changed, tagged, deleted", async () => {
    await alarm("one", { Tags: [{ Key: "team", Value: "a" }] });
    await client.send(new PutCompositeAlarmCommand({ AlarmName: "all", AlarmRule: "ALARM(one)" }));
    const state = { StateReason: "test", StateReasonData: "{}" };
    await client.send(
      new SetAlarmStateCommand({ AlarmName: "one", StateValue: "ALARM", ...state }),
    );
    const { CompositeAlarms } = await client.send(
      new DescribeAlarmsCommand({ AlarmNames: ["all"], AlarmTypes: ["CompositeAlarm"] }),
    );
    assert.equal(CompositeAlarms?.[0]?.StateValue, "ALARM");
    const children = { ChildrenOfAlarmName: "all" };
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand(children));
    assert.deepEqual(
      MetricAlarms?.map(({ AlarmName }) => AlarmName),
      ["one"],
    );
    assert.match(
      await refusal(client.send(new DeleteAlarmsCommand({ AlarmNames: ["one"] }))),
      /^ResourceConflict/,
    );
    await client.send(new DisableAlarmActionsCommand({ AlarmNames: ["one"] }));
    await client.send(new EnableAlarmActionsCommand({ AlarmNames: ["one"] }));
    const { AlarmHistoryItems = [] } = await client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "one", ScanBy: "TimestampAscending" }),
    );
    assert.deepEqual(
      AlarmHistoryItems.map(({ HistoryItemType }) => HistoryItemType),
      ["ConfigurationUpdate", "StateUpdate", "ConfigurationUpdate", "ConfigurationUpdate"],
    );
    const found = await client.send(
      new DescribeAlarmsForMetricCommand({ Namespace, MetricName: "Orders" }),
    );
    const ResourceARN = found.MetricAlarms?.[0]?.AlarmArn ?? "";
    await client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "b", Value: "c" }] }));
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["team"] }));
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN }));
    assert.deepEqual(Tags, [{ Key: "b", Value: "c" }]);
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ["one", "all"] }));
  });

  it("dashboards", async () => {
    const DashboardBody = '{"widgets":[]}';
    await client.send(new PutDashboardCommand({ DashboardName: "d", DashboardBody }));
    const got = await client.send(new GetDashboardCommand({ DashboardName: "d" }));
    assert.equal(got.DashboardBody, DashboardBody);
    const { DashboardEntries } = await client.send(new ListDashboardsCommand());
    assert.equal(DashboardEntries?.[0]?.Size, DashboardBody.length);
    await client.send(new DeleteDashboardsCommand({ DashboardNames: ["d"] }));
    assert.match(
      await refusal(client.send(new GetDashboardCommand({ DashboardName: "d" }))),
      /^(DashboardNotFoundError|ResourceNotFound): Dashboard d does not exist/,
    );
    const broken = new PutDashboardCommand({ DashboardName: "d", DashboardBody: "[" });
    assert.match(await refusal(client.send(broken)), /DashboardBody must be a valid JSON/);
  });

  it("lists nothing that nobody told of", async () => {
    const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: "Nobody" }));
    assert.deepEqual(Metrics, []);
  });
});
