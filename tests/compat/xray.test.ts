/** X-Ray through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  BatchGetTracesCommand,
  CreateGroupCommand,
  CreateSamplingRuleCommand,
  DeleteGroupCommand,
  DeleteSamplingRuleCommand,
  GetEncryptionConfigCommand,
  GetGroupCommand,
  GetGroupsCommand,
  GetSamplingRulesCommand,
  GetSamplingStatisticSummariesCommand,
  GetSamplingTargetsCommand,
  GetServiceGraphCommand,
  GetTimeSeriesServiceStatisticsCommand,
  GetTraceGraphCommand,
  GetTraceSummariesCommand,
  ListTagsForResourceCommand,
  PutEncryptionConfigCommand,
  PutTelemetryRecordsCommand,
  PutTraceSegmentsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateGroupCommand,
  UpdateSamplingRuleCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const RULE = {
  ResourceARN: "*",
  Priority: 10,
  FixedRate: 0.5,
  ReservoirSize: 10,
  ServiceName: "orders",
  ServiceType: "*",
  Host: "*",
  HTTPMethod: "*",
  URLPath: "/a/*",
  Version: 1,
};

describe("X-Ray, by AWS's JavaScript client", () => {
  let platform: TestPlatform;
  let client: XRayClient;
  const now = Math.floor(Date.now() / 1000);
  const range = { StartTime: new Date((now - 600) * 1000), EndTime: new Date((now + 600) * 1000) };
  const newTrace = () => `1-${now.toString(16)}-${randomBytes(12).toString("hex")}`;
  const trace = newTrace();
  const other = newTrace();

  before(async () => {
    platform = await startPlatform();
    client = new XRayClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  const invalid = { name: "InvalidRequestException" };
  const put = (...segments: object[]) =>
    client.send(
      new PutTraceSegmentsCommand({
        TraceSegmentDocuments: segments.map((s) => JSON.stringify(s)),
      }),
    );

  it("takes segments, and says which it did not take", async () => {
    const front = {
      trace_id: trace,
      id: "000000000000000a",
      name: "front",
      start_time: now - 10,
      end_time: now - 8.5,
      annotations: { account: "12345" },
      http: { request: { method: "GET", url: "http://front/a" }, response: { status: 502 } },
      subsegments: [
        {
          id: "000000000000000b",
          name: "back",
          namespace: "remote",
          start_time: now - 9,
          end_time: now - 8.6,
        },
      ],
    };
    const back = {
      trace_id: trace,
      id: "000000000000000c",
      parent_id: "000000000000000b",
      name: "back",
      start_time: now - 9,
      end_time: now - 8.6,
      fault: true,
      cause: { exceptions: [{ id: "000000000000000d", type: "Broken", message: "it broke" }] },
    };
    const { UnprocessedTraceSegments } = await put(front, back, {
      ...back,
      trace_id: other,
      parent_id: undefined,
      id: "0",
    });
    assert.deepEqual(UnprocessedTraceSegments, [
      { Id: "0", ErrorCode: "InvalidId", Message: "Invalid segment. ErrorCode: InvalidId" },
    ]);
    await client.send(
      new PutTelemetryRecordsCommand({ TelemetryRecords: [{ Timestamp: new Date() }] }),
    );
  });

  it("gives documents back as they came", async () => {
    const { Traces, UnprocessedTraceIds } = await client.send(
      new BatchGetTracesCommand({ TraceIds: [trace, other] }),
    );
    assert.deepEqual(UnprocessedTraceIds, [other]);
    assert.equal(Traces?.[0]?.Duration, 1.5);
    const names = Traces?.[0]?.Segments?.map(({ Document = "" }) => JSON.parse(Document).name);
    assert.deepEqual(names?.sort(), ["back", "front"]);
    await assert.rejects(client.send(new BatchGetTracesCommand({ TraceIds: ["x"] })), invalid);
    const six = Array.from({ length: 6 }, newTrace);
    await assert.rejects(client.send(new BatchGetTracesCommand({ TraceIds: six })), invalid);
  });

  it("summarises traces, by filter expressions", async () => {
    const find = (FilterExpression?: string) =>
      client.send(new GetTraceSummariesCommand({ ...range, FilterExpression }));
    const { TraceSummaries, TracesProcessedCount } = await find('annotation.account = "12345"');
    assert.equal(TracesProcessedCount, 1);
    const [summary] = TraceSummaries ?? [];
    assert.equal(summary?.Id, trace);
    assert.equal(summary?.HasFault, true);
    assert.equal(summary?.ResponseTime, 1.5);
    assert.equal(summary?.Http?.HttpStatus, 502);
    assert.equal(summary?.EntryPoint?.Name, "front");
    assert.deepEqual(summary?.Annotations?.["account"]?.[0]?.AnnotationValue, {
      StringValue: "12345",
    });
    assert.deepEqual(summary?.FaultRootCauses?.[0]?.Services?.at(-1)?.EntityPath?.[0]?.Exceptions, [
      { Name: "Broken", Message: "it broke" },
    ]);
    assert.equal((await find('service("back") { fault }')).TraceSummaries?.length, 1);
    assert.equal((await find("ok")).TraceSummaries?.length, 0);
    await assert.rejects(find("what is this"), invalid);
    const backwards = { StartTime: range.EndTime, EndTime: range.StartTime };
    await assert.rejects(client.send(new GetTraceSummariesCommand(backwards)), invalid);
    const token = new GetTraceSummariesCommand({ ...range, NextToken: "../../x" });
    await assert.rejects(client.send(token), invalid);
  });

  it("pages summaries", async () => {
    const more = Array.from({ length: 120 }, () => ({
      trace_id: newTrace(),
      id: "00000000000000aa",
      name: "many",
      start_time: now - 5,
      end_time: now - 4,
    }));
    await put(...more);
    const found: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new GetTraceSummariesCommand({ ...range, NextToken, FilterExpression: 'service("many")' }),
      );
      found.push(...(page.TraceSummaries ?? []).map(({ Id }) => Id));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    assert.deepEqual(found.sort(), more.map((each) => each.trace_id).sort());
  });

  it("draws maps", async () => {
    const { Services = [] } = await client.send(new GetTraceGraphCommand({ TraceIds: [trace] }));
    assert.deepEqual(Services.map(({ Name, Type }) => `${Type} ${Name}`).sort(), [
      "client front",
      "undefined back",
      "undefined front",
    ]);
    const whole = await client.send(new GetServiceGraphCommand(range));
    const many = whole.Services?.find(({ Name, Type }) => Name === "many" && Type === undefined);
    assert.equal(many?.SummaryStatistics?.TotalCount, 120);
    const long = { StartTime: new Date((now - 7 * 3600) * 1000), EndTime: range.EndTime };
    await assert.rejects(client.send(new GetServiceGraphCommand(long)), {
      ...invalid,
      message: "Time range cannot be longer than 6 hours",
    });
    const { TimeSeriesServiceStatistics } = await client.send(
      new GetTimeSeriesServiceStatisticsCommand({
        ...range,
        EntitySelectorExpression: 'service("many")',
      }),
    );
    const counts = TimeSeriesServiceStatistics?.map(
      (each) => each.ServiceSummaryStatistics?.TotalCount ?? 0,
    );
    assert.equal(
      counts?.reduce((sum, count) => sum + count, 0),
      120,
    );
  });

  it("keeps groups", async () => {
    const FilterExpression = 'service("many")';
    const { Group } = await client.send(
      new CreateGroupCommand({
        GroupName: "g",
        FilterExpression,
        Tags: [{ Key: "a", Value: "1" }],
      }),
    );
    assert.match(Group?.GroupARN ?? "", /^arn:aws:xray:us-east-1:\d{12}:group\/g\/[0-9A-F]{32}$/);
    const again = new CreateGroupCommand({ GroupName: "g" });
    await assert.rejects(client.send(again), invalid);
    const wrong = new CreateGroupCommand({ GroupName: "h", FilterExpression: "(" });
    await assert.rejects(client.send(wrong), invalid);
    const graph = await client.send(new GetServiceGraphCommand({ ...range, GroupName: "g" }));
    assert.deepEqual([...new Set(graph.Services?.map(({ Name }) => Name))], ["many"]);
    const inGroup = new GetTraceSummariesCommand({
      ...range,
      FilterExpression: '!group.name = "g"',
    });
    assert.equal((await client.send(inGroup)).TraceSummaries?.[0]?.Id, trace);

    const ResourceARN = Group?.GroupARN ?? "";
    await client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "b", Value: "2" }] }));
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a"] }));
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN }));
    assert.deepEqual(Tags, [{ Key: "b", Value: "2" }]);
    const nothing = new ListTagsForResourceCommand({ ResourceARN: `${ResourceARN}x` });
    await assert.rejects(client.send(nothing), { name: "ResourceNotFoundException" });

    await client.send(
      new UpdateGroupCommand({
        GroupARN: ResourceARN,
        InsightsConfiguration: { InsightsEnabled: true },
      }),
    );
    const found = await client.send(new GetGroupCommand({ GroupName: "g" }));
    assert.equal(found.Group?.InsightsConfiguration?.InsightsEnabled, true);
    assert.equal((await client.send(new GetGroupsCommand({}))).Groups?.length, 1);
    await client.send(new DeleteGroupCommand({ GroupName: "g" }));
    await assert.rejects(client.send(new GetGroupCommand({ GroupName: "g" })), invalid);
    await assert.rejects(client.send(new GetGroupCommand({})), invalid);
  });

  it("keeps sampling rules, and lends their reservoirs", async () => {
    const { SamplingRuleRecord } = await client.send(
      new CreateSamplingRuleCommand({ SamplingRule: { ...RULE, RuleName: "r" } }),
    );
    assert.equal(
      SamplingRuleRecord?.SamplingRule?.RuleARN,
      "arn:aws:xray:us-east-1:000000000000:sampling-rule/r",
    );
    const { SamplingRuleRecords } = await client.send(new GetSamplingRulesCommand({}));
    assert.deepEqual(
      SamplingRuleRecords?.map(({ SamplingRule }) => SamplingRule?.RuleName),
      ["r", "Default"],
    );
    const document = (RuleName: string, ClientID: string) => ({
      RuleName,
      ClientID,
      Timestamp: new Date(),
      RequestCount: 20,
      SampledCount: 10,
      BorrowCount: 1,
    });
    const ask = (...SamplingStatisticsDocuments: ReturnType<typeof document>[]) =>
      client.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments }));
    const first = await ask(document("r", "a".repeat(24)), document("none", "a".repeat(24)));
    assert.equal(first.SamplingTargetDocuments?.[0]?.ReservoirQuota, 10);
    assert.equal(first.SamplingTargetDocuments?.[0]?.FixedRate, 0.5);
    assert.equal(first.UnprocessedStatistics?.[0]?.RuleName, "none");
    const second = await ask(document("r", "b".repeat(24)));
    assert.equal(second.SamplingTargetDocuments?.[0]?.ReservoirQuota, 5);
    const told = await client.send(new GetSamplingStatisticSummariesCommand({}));
    assert.equal(told.SamplingStatisticSummaries?.[0]?.RuleName, "r");

    const change = { RuleName: "Default", FixedRate: 1, ReservoirSize: 0 };
    await client.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: change }));
    const rules = await client.send(new GetSamplingRulesCommand({}));
    const last = rules.SamplingRuleRecords?.at(-1)?.SamplingRule;
    assert.deepEqual([last?.RuleName, last?.FixedRate, last?.ReservoirSize], ["Default", 1, 0]);
    const again = new CreateSamplingRuleCommand({ SamplingRule: { ...RULE, RuleName: "r" } });
    await assert.rejects(client.send(again), invalid);
    await client.send(new DeleteSamplingRuleCommand({ RuleName: "r" }));
    await assert.rejects(client.send(new DeleteSamplingRuleCommand({ RuleName: "r" })), invalid);
    await assert.rejects(
      client.send(new DeleteSamplingRuleCommand({ RuleName: "Default" })),
      invalid,
    );
    for (let n = 0; n < 25; n++)
      await client.send(
        new CreateSamplingRuleCommand({ SamplingRule: { ...RULE, RuleName: `r${n}` } }),
      );
    await assert.rejects(
      client.send(new CreateSamplingRuleCommand({ SamplingRule: { ...RULE, RuleName: "more" } })),
      { name: "RuleLimitExceededException" },
    );
  });

  it("keeps what is said of encryption", async () => {
    const { EncryptionConfig } = await client.send(new GetEncryptionConfigCommand({}));
    assert.deepEqual(EncryptionConfig, { Status: "ACTIVE", Type: "NONE" });
    await client.send(new PutEncryptionConfigCommand({ Type: "KMS", KeyId: "alias/aws/xray" }));
    const kept = await client.send(new GetEncryptionConfigCommand({}));
    assert.equal(kept.EncryptionConfig?.KeyId, "alias/aws/xray");
    await assert.rejects(client.send(new PutEncryptionConfigCommand({ Type: "KMS" })), invalid);
  });
});
