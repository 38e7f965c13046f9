/** CloudWatch Logs through AWS's own JavaScript client. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  CloudWatchLogsClient,
  type CloudWatchLogsServiceException,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteMetricFilterCommand,
  DeleteRetentionPolicyCommand,
  DeleteSubscriptionFilterCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  DescribeSubscriptionFiltersCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  ListLogGroupsCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
  paginateFilterLogEvents,
  StartLiveTailCommand,
  TestMetricFilterCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { until } from "../../packages/server/src/ports/port.contract.ts";
import { deploy } from "../deploy.ts";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const ACCOUNT = "000000000000";
const HOUR_MS = 3600 * 1000;

describe("CloudWatch Logs, by AWS's JavaScript client", () => {
  let dataDir: string;
  let platform: TestPlatform;
  let client: CloudWatchLogsClient;
  let lambda: LambdaClient;
  let kinesis: KinesisClient;
  let names = 0;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "yunque-logs-"));
    await start();
  });
  after(async () => {
    for (const one of [client, lambda, kinesis]) one.destroy();
    await platform.stop();
    await rm(dataDir, { recursive: true });
  });

  async function start(): Promise<void> {
    platform = await startPlatform({ dataDir });
    const settings = { ...clientSettings(platform.origin), disableHostPrefix: true };
    client = new CloudWatchLogsClient(settings);
    lambda = new LambdaClient(settings);
    kinesis = new KinesisClient(settings);
  }

  async function group(): Promise<string> {
    const logGroupName = `/of/tests/${++names}`;
    await client.send(new CreateLogGroupCommand({ logGroupName }));
    return logGroupName;
  }
  async function stream(logGroupName: string, logStreamName: string): Promise<void> {
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  }
  const put = (
    logGroupName: string,
    logStreamName: string,
    logEvents: { timestamp: number; message: string }[],
  ) => client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  const get = (input: GetLogEventsCommandInput) => client.send(new GetLogEventsCommand(input));
  const filter = async (input: FilterLogEventsCommandInput) =>
    messages((await client.send(new FilterLogEventsCommand(input))).events);
  const lines = (count: number, from = Date.now()) =>
    Array.from({ length: count }, (_, n) => ({ timestamp: from + n, message: `line ${n}` }));

  it("events are read page by page, in both directions, and from where a reader was", async () => {
    const logGroupName = await group();
    await stream(logGroupName, "s");
    const now = Date.now();
    await put(logGroupName, "s", lines(25, now));
    const input = { logGroupName, logStreamName: "s" };
    const newest = await get({ ...input, limit: 10 });
    assert.deepEqual(ends(newest.events), ["line 15", "line 24"]);
    const before = await get({ ...input, limit: 10, nextToken: newest.nextBackwardToken });
    assert.deepEqual(ends(before.events), ["line 5", "line 14"]);
    const again = await get({ ...input, limit: 10, nextToken: before.nextForwardToken });
    assert.deepEqual(ends(again.events), ["line 15", "line 24"]);
    const end = await get({ ...input, nextToken: again.nextForwardToken });
    assert.deepEqual(end.events, []);
    assert.equal(end.nextForwardToken, again.nextForwardToken);
    await put(logGroupName, "s", [{ timestamp: now + 30, message: "later" }]);
    const later = await get({ ...input, nextToken: end.nextForwardToken });
    assert.deepEqual(messages(later.events), ["later"]);
    assert.match(later.nextForwardToken ?? "", /^f\/\d{56}$/);
    assert.match(later.nextBackwardToken ?? "", /^b\/\d{56}$/);
    const head = await get({ ...input, startFromHead: true, limit: 2, startTime: now + 3 });
    assert.deepEqual(messages(head.events), ["line 3", "line 4"]);
    const between = await get({ ...input, startTime: now, endTime: now + 2 });
    assert.deepEqual(messages(between.events), ["line 0", "line 1"]);
    await assert.rejects(get({ ...input, nextToken: "f/1" }), named("InvalidParameterException"));
  });

  it("batches are held to their limits", async () => {
    const logGroupName = await group();
    await stream(logGroupName, "s");
    const now = Date.now();
    const fits = [{ timestamp: now, message: "é".repeat((1_048_576 - 26) / 2) }];
    await put(logGroupName, "s", fits);
    await assert.rejects(
      put(logGroupName, "s", [{ timestamp: now, message: "x".repeat(1_048_576 - 25) }]),
      { name: "InvalidParameterException", message: /1048577 bytes exceeds limit of 1048576/ },
    );
    await assert.rejects(
      put(logGroupName, "s", [
        { timestamp: now, message: "b" },
        { timestamp: now - 1, message: "a" },
      ]),
      { name: "InvalidParameterException", message: /chronological order/ },
    );
    await assert.rejects(
      put(logGroupName, "s", [
        { timestamp: now - 24 * HOUR_MS - 1, message: "a" },
        { timestamp: now, message: "b" },
      ]),
      { name: "InvalidParameterException", message: /24 hours/ },
    );
    await assert.rejects(put(logGroupName, "s", lines(10_001)), named("InvalidParameterException"));
    await assert.rejects(put(logGroupName, "none", lines(1)), {
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
    const { rejectedLogEventsInfo } = await put(logGroupName, "s", [
      { timestamp: now + HOUR_MS, message: "soon" },
      { timestamp: now + 3 * HOUR_MS, message: "too new" },
    ]);
    assert.deepEqual(rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
    await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
    const { rejectedLogEventsInfo: expired } = await put(logGroupName, "s", [
      { timestamp: now - 25 * HOUR_MS, message: "expired" },
      { timestamp: now - 2 * HOUR_MS, message: "kept" },
    ]);
    assert.deepEqual(expired, { expiredLogEventEndIndex: 1 });
    await client.send(new DeleteRetentionPolicyCommand({ logGroupName }));
    await assert.rejects(
      client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 2 })),
      named("InvalidParameterException"),
    );
  });

  it("events are found by patterns, over streams, page by page", async () => {
    const logGroupName = await group();
    for (const name of ["a-1", "a-2", "b"]) await stream(logGroupName, name);
    const now = Date.now();
    await put(logGroupName, "a-1", [
      { timestamp: now, message: "ERROR one" },
      { timestamp: now + 2, message: '{"level":"error","ms":120}' },
    ]);
    await put(logGroupName, "b", [{ timestamp: now + 1, message: "INFO two" }]);
    await put(logGroupName, "a-2", [{ timestamp: now + 3, message: "WARN three" }]);
    assert.deepEqual(await filter({ logGroupName, filterPattern: "?ERROR ?WARN" }), [
      "ERROR one",
      "WARN three",
    ]);
    assert.deepEqual(await filter({ logGroupName, filterPattern: "{ $.ms > 100 }" }), [
      '{"level":"error","ms":120}',
    ]);
    assert.deepEqual(await filter({ logGroupName, filterPattern: "%^[A-Z]+ t%" }), [
      "INFO two",
      "WARN three",
    ]);
    assert.equal((await filter({ logGroupName, logStreamNamePrefix: "a-" })).length, 3);
    assert.equal((await filter({ logGroupName, logStreamNames: ["b", "a-2"] })).length, 2);
    assert.equal((await filter({ logGroupName, startTime: now + 1, endTime: now + 2 })).length, 2);
    const pages: number[] = [];
    for await (const { events = [] } of paginateFilterLogEvents(
      { client },
      { logGroupName, limit: 3 },
    ))
      pages.push(events.length);
    assert.deepEqual(pages, [3, 1]);
    await assert.rejects(
      filter({ logGroupName, filterPattern: "{ $.a = }" }),
      named("InvalidParameterException"),
    );
    await client.send(new DeleteLogStreamCommand({ logGroupName, logStreamName: "a-1" }));
    assert.equal((await filter({ logGroupName })).length, 2);
  });

  it("a function's lines are in its group, without anybody making it", async () => {
    await deploy(lambda, "talks", {
      "index.mjs": "export const handler = async (event) => console.log('said', event.text);",
    });
    await lambda.send(
      new InvokeCommand({ FunctionName: "talks", Payload: JSON.stringify({ text: "hello" }) }),
    );
    const logGroupName = "/aws/lambda/talks";
    await until(async () => {
      const { logGroups } = await client.send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
      );
      return logGroups?.length === 1;
    });
    assert.equal((await filter({ logGroupName, filterPattern: '"said hello"' })).length, 1);
    assert.equal((await filter({ logGroupName, filterPattern: "REPORT" })).length, 1);
    const { logStreams = [] } = await client.send(
      new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true }),
    );
    assert.match(
      logStreams[0]?.logStreamName ?? "",
      /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
    );
    assert.ok(
      (logStreams[0]?.lastEventTimestamp ?? 0) >= (logStreams[0]?.firstEventTimestamp ?? 1),
    );
  });

  it("matching events reach a function and a stream, packed as AWS packs them", async () => {
    const logGroupName = await group();
    await stream(logGroupName, "s");
    await deploy(lambda, "listens", {
      "index.mjs":
        "import { gunzipSync } from 'node:zlib';\n" +
        "export const handler = async ({ awslogs }) =>\n" +
        "  console.log('GOT', gunzipSync(Buffer.from(awslogs.data, 'base64')).toString());",
    });
    await kinesis.send(new CreateStreamCommand({ StreamName: "lines", ShardCount: 1 }));
    await waitUntilStreamExists(
      { client: kinesis, maxWaitTime: 10, minDelay: 1 },
      { StreamName: "lines" },
    );
    const subscribe = (filterName: string, destinationArn: string) =>
      client.send(
        new PutSubscriptionFilterCommand({
          logGroupName,
          filterName,
          filterPattern: "ERROR",
          destinationArn,
          roleArn: `arn:aws:iam::${ACCOUNT}:role/any`,
        }),
      );
    await subscribe("to-function", `arn:aws:lambda:us-east-1:${ACCOUNT}:function:listens`);
    await subscribe("to-stream", `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/lines`);
    await assert.rejects(
      subscribe("third", `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/lines`),
      named("LimitExceededException"),
    );
    const timestamp = Date.now();
    await put(logGroupName, "s", [
      { timestamp, message: "INFO not this one" },
      { timestamp, message: "ERROR this one" },
    ]);
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamName: "lines",
        ShardId: "shardId-000000000000",
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    let data: Uint8Array | undefined;
    await until(async () => {
      const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      data = Records[0]?.Data;
      return data !== undefined;
    });
    const { logEvents, ...rest } = JSON.parse(gunzipSync(data ?? Buffer.alloc(0)).toString());
    assert.deepEqual(rest, {
      messageType: "DATA_MESSAGE",
      owner: ACCOUNT,
      logGroup: logGroupName,
      logStream: "s",
      subscriptionFilters: ["to-stream"],
    });
    assert.match(logEvents[0].id, /^\d{56}$/);
    assert.deepEqual([logEvents[0].message, logEvents.length], ["ERROR this one", 1]);
    const listened = "/aws/lambda/listens";
    await until(async () => {
      const found = await filter({ logGroupName: listened, filterPattern: "GOT" }).catch(() => []);
      return found.some((line) => line.includes("ERROR this one"));
    });
    for (const filterName of ["to-function", "to-stream"])
      await client.send(new DeleteSubscriptionFilterCommand({ logGroupName, filterName }));
    const { subscriptionFilters } = await client.send(
      new DescribeSubscriptionFiltersCommand({ logGroupName }),
    );
    assert.deepEqual(subscriptionFilters, []);
  });

  it("a live tail tells what arrives, and only what matches", async () => {
    const logGroupName = await group();
    await stream(logGroupName, "s");
    const arn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${logGroupName}`;
    const abort = new AbortController();
    const { responseStream } = await client.send(
      new StartLiveTailCommand({ logGroupIdentifiers: [arn], logEventFilterPattern: "yes" }),
      { abortSignal: abort.signal },
    );
    assert.ok(responseStream);
    const heard: string[] = [];
    let putOnce = false;
    for await (const { sessionStart, sessionUpdate } of responseStream) {
      if (sessionStart && !putOnce) {
        putOnce = true;
        assert.deepEqual(sessionStart.logGroupIdentifiers, [arn]);
        const timestamp = Date.now();
        await put(logGroupName, "s", [
          { timestamp, message: "yes" },
          { timestamp, message: "no" },
        ]);
      }
      for (const { message = "", logGroupIdentifier } of sessionUpdate?.sessionResults ?? []) {
        heard.push(message);
        assert.equal(logGroupIdentifier, `${ACCOUNT}:${logGroupName}`);
      }
      if (heard.length > 0) break;
    }
    abort.abort();
    assert.deepEqual(heard, ["yes"]);
  });

  it("metric filters are tested, listed and deleted", async () => {
    const logGroupName = await group();
    await client.send(
      new PutMetricFilterCommand({
        logGroupName,
        filterName: "errors",
        filterPattern: "ERROR",
        metricTransformations: [{ metricName: "m", metricNamespace: "n", metricValue: "1" }],
      }),
    );
    const { logGroups } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
    );
    assert.equal(logGroups?.[0]?.metricFilterCount, 1);
    const { matches } = await client.send(
      new TestMetricFilterCommand({
        filterPattern: "[ip, user, status = 4*]",
        logEventMessages: ["1.2.3.4 me 200", "1.2.3.4 me 404"],
      }),
    );
    assert.deepEqual(matches, [
      {
        eventNumber: 2,
        eventMessage: "1.2.3.4 me 404",
        extractedValues: { $ip: "1.2.3.4", $user: "me", $status: "404" },
      },
    ]);
    await client.send(new DeleteMetricFilterCommand({ logGroupName, filterName: "errors" }));
    const { metricFilters } = await client.send(new DescribeMetricFiltersCommand({ logGroupName }));
    assert.deepEqual(metricFilters, []);
  });

  it("a group that was deleted is gone, with its lines", async () => {
    const logGroupName = await group();
    await stream(logGroupName, "s");
    await put(logGroupName, "s", lines(1));
    const named1 = await client.send(
      new ListLogGroupsCommand({ logGroupNamePattern: logGroupName }),
    );
    assert.equal(named1.logGroups?.[0]?.logGroupName, logGroupName);
    await client.send(
      new UntagResourceCommand({
        resourceArn: named1.logGroups?.[0]?.logGroupArn,
        tagKeys: ["none"],
      }),
    );
    await client.send(new DeleteLogGroupCommand({ logGroupName }));
    await assert.rejects(filter({ logGroupName }), named("ResourceNotFoundException"));
    await client.send(new CreateLogGroupCommand({ logGroupName }));
    assert.deepEqual(await filter({ logGroupName }), []);
  });

  it("what was acknowledged outlives a power cut", async () => {
    const logGroupName = await group();
    await stream(logGroupName, "s");
    await put(logGroupName, "s", lines(100));
    await platform.kill();
    for (const one of [client, lambda, kinesis]) one.destroy();
    await start();
    assert.equal((await filter({ logGroupName })).length, 100);
  });
});

const messages = (events: readonly { readonly message?: string | undefined }[] = []): string[] =>
  events.map(({ message = "" }) => message);
const ends = (events: Parameters<typeof messages>[0]) => [
  messages(events).at(0),
  messages(events).at(-1),
];
const named = (name: string) => (error: CloudWatchLogsServiceException) => error.name === name;
