/** Mappings of streams, by the clock. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  quiet,
  SCOPE,
  STREAM,
  type TestEvent,
  type TestMappings,
  testMappings,
} from "./fixture.ts";

const DESTINATION = "arn:aws:sqs:us-east-1:000000000000:lost";

const data = ({ Records }: TestEvent): string[] =>
  Records.map(({ kinesis }) =>
    Buffer.from((kinesis as { data: string }).data, "base64").toString(),
  );
const told = (test: TestMappings) =>
  test.told.map(({ body }) => JSON.parse(Buffer.from(body).toString()));
const trim = { sourceArn: STREAM, position: "TRIM_HORIZON" } as const;

/** Fails where a batch has this. */
const failing = (word: string) => (event: TestEvent) => {
  if (data(event).includes(word)) throw new Error("no");
};

describe("mappings of streams", () => {
  it("reads from where it is told to, in order, in Lambda's form", async () => {
    const test = testMappings();
    test.streams.shard("shardId-000000000000");
    test.streams.put("shardId-000000000000", "k", "before");
    await test.map({ sourceArn: STREAM, position: "LATEST" });
    test.streams.put("shardId-000000000000", "k", "one");
    test.streams.put("shardId-000000000000", "k", "two");
    await quiet();
    assert.deepEqual(test.functions.events.flatMap(data), ["one", "two"]);
    assert.deepEqual(test.functions.events[0]?.Records[0], {
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: "k",
        sequenceNumber: "2",
        data: Buffer.from("one").toString("base64"),
        approximateArrivalTimestamp: test.clock.now() / 1000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: "shardId-000000000000:2",
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "arn:aws:iam::000000000000:role/r",
      awsRegion: "us-east-1",
      eventSourceARN: STREAM,
    });
    await test.mappings.close(0);
  });

  it("begins with the first record that came at a time or later", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.streams.put("s-0", "k", "old");
    test.clock.advance(1000);
    const time = test.clock.now();
    test.streams.put("s-0", "k", "new");
    await test.map({ sourceArn: STREAM, position: "AT_TIMESTAMP", positionTime: time });
    await quiet();
    assert.deepEqual(test.functions.events.flatMap(data), ["new"]);
    await test.mappings.close(0);
  });

  it("goes on behind its checkpoint after a restart, and after it was disabled", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    const uuid = await test.map(trim);
    test.streams.put("s-0", "k", "1");
    await quiet();
    const mappings = await test.again();
    test.streams.put("s-0", "k", "2");
    await quiet();
    await mappings.update(SCOPE, uuid, { enabled: false, foreign: [] });
    await test.pass(200);
    test.streams.put("s-0", "k", "3");
    await quiet();
    await mappings.update(SCOPE, uuid, { enabled: true, foreign: [] });
    await test.pass(200);
    assert.deepEqual(test.functions.events.map(data), [["1"], ["2"], ["3"]]);
    await mappings.close(0);
  });

  it("reads children once their parents are processed to their ends", async () => {
    const test = testMappings();
    let end = () => {};
    test.functions.handler = () =>
      new Promise<void>((resolve) => {
        end = resolve;
      });
    test.streams.shard("s-0");
    await test.map(trim);
    test.streams.put("s-0", "k", "parent");
    test.streams.close("s-0");
    test.streams.shard("s-1", "s-0");
    test.streams.put("s-1", "k", "child");
    await quiet();
    assert.deepEqual(test.functions.events.map(data), [["parent"]]);
    end();
    await quiet();
    assert.deepEqual(test.functions.events.map(data), [["parent"], ["child"]]);
    end();
    await quiet();
    await test.mappings.close(0);
  });

  it("tries again as often as it is told, and then tells its destination", async () => {
    const test = testMappings();
    test.streams.shard("shardId-000000000000");
    test.functions.handler = failing("bad");
    await test.map({ ...trim, batchSize: 1, retries: 1, destinations: { onFailure: DESTINATION } });
    const at = new Date(test.clock.now()).toISOString();
    test.streams.put("shardId-000000000000", "k", "bad");
    test.streams.put("shardId-000000000000", "k", "good");
    await test.pass(2000, 100);
    assert.deepEqual(test.functions.events.map(data), [["bad"], ["bad"], ["good"]]);
    const [record] = told(test);
    assert.deepEqual(Object.keys(record), [
      "requestContext",
      "responseContext",
      "version",
      "timestamp",
      "KinesisBatchInfo",
    ]);
    assert.deepEqual(record.responseContext, {
      statusCode: 200,
      executedVersion: "$LATEST",
      functionError: "Unhandled",
    });
    assert.equal(record.requestContext.condition, "RetryAttemptsExhausted");
    assert.equal(record.requestContext.approximateInvokeCount, 2);
    assert.deepEqual(record.KinesisBatchInfo, {
      shardId: "shardId-000000000000",
      startSequenceNumber: "1",
      endSequenceNumber: "1",
      approximateArrivalOfFirstRecord: at,
      approximateArrivalOfLastRecord: at,
      batchSize: 1,
      streamArn: STREAM,
    });
    await test.mappings.close(0);
  });

  // The numbers are those that AWS was recorded with: test_kinesis_maximum_record_age_exceeded.
  it("gives records up that become too old while it tries, after seven attempts in a minute", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.functions.handler = failing("bad");
    await test.map({
      ...trim,
      batchSize: 1,
      ageSeconds: 60,
      destinations: { onFailure: DESTINATION },
    });
    test.streams.put("s-0", "k", "bad");
    await test.pass(70_000, 100);
    const [record] = told(test);
    assert.equal(record.requestContext.condition, "RecordAgeExceeded");
    assert.equal(record.requestContext.approximateInvokeCount, 8);
    assert.ok(!("responseContext" in record));
    await test.mappings.close(0);
  });

  it("gives records up that are too old before it tries, and goes on with the others", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.streams.put("s-0", "k", "old");
    test.clock.advance(61_000);
    for (const word of ["1", "2"]) test.streams.put("s-0", "k", word);
    await test.map({ ...trim, ageSeconds: 60, destinations: { onFailure: DESTINATION } });
    await quiet();
    assert.deepEqual(test.functions.events.map(data), [["1", "2"]]);
    const [record] = told(test);
    assert.equal(record.KinesisBatchInfo.batchSize, 1);
    assert.equal(record.requestContext.approximateInvokeCount, 1);
    await test.mappings.close(0);
  });

  it("halves what fails until only the one is given up that fails", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.functions.handler = failing("bad");
    for (const word of ["1", "2", "bad", "4"]) test.streams.put("s-0", "k", word);
    await test.map({ ...trim, retries: 1, bisect: true, destinations: { onFailure: DESTINATION } });
    await test.pass(20_000, 100);
    const done = test.functions.events.map(data).filter((words) => !words.includes("bad"));
    assert.deepEqual(done, [["1", "2"], ["4"]]);
    assert.deepEqual(
      told(test).map((record) => record.KinesisBatchInfo.startSequenceNumber),
      ["3"],
    );
    await test.mappings.close(0);
  });

  it("goes on at the first record that failed, where the function says which did", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    let failures = 1;
    test.functions.handler = (event) => {
      const record = event.Records.find((_, index) => data(event)[index] === "3");
      const { sequenceNumber } = (record?.["kinesis"] ?? {}) as { sequenceNumber?: string };
      return sequenceNumber === undefined || failures-- <= 0
        ? null
        : { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    };
    for (const word of ["1", "2", "3", "4"]) test.streams.put("s-0", "k", word);
    await test.map({ ...trim, responseTypes: ["ReportBatchItemFailures"] });
    await test.pass(2000, 100);
    assert.deepEqual(test.functions.events.map(data), [
      ["1", "2", "3", "4"],
      ["3", "4"],
    ]);
    await test.mappings.close(0);
  });

  it("runs as many batches of a shard at once as it may, and each key in order", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    const seen = new Map<string, number[]>();
    const running = new Set<string>();
    test.functions.handler = async (event) => {
      const keys = new Set(
        event.Records.map(({ kinesis }) => (kinesis as { partitionKey: string }).partitionKey),
      );
      for (const key of keys) assert.ok(!running.has(key), `${key} ran twice at once`);
      for (const key of keys) running.add(key);
      await new Promise((resolve) => setImmediate(resolve));
      for (const key of keys) running.delete(key);
      for (const [index, { kinesis }] of event.Records.entries()) {
        const key = (kinesis as { partitionKey: string }).partitionKey;
        seen.set(key, [...(seen.get(key) ?? []), Number(data(event)[index])]);
      }
    };
    for (let n = 0; n < 200; n += 1) test.streams.put("s-0", `k${n % 20}`, String(n));
    await test.map({ ...trim, factor: 4, batchSize: 5 });
    await test.pass(100, 10);
    assert.ok(test.functions.mostRunning > 1 && test.functions.mostRunning <= 4);
    assert.equal([...seen.values()].flat().length, 200);
    for (const numbers of seen.values())
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    assert.deepEqual(test.defects, []);
    const mappings = await test.again();
    assert.equal([...seen.values()].flat().length, 200);
    await mappings.close(0);
  });

  it("hands the state of a tumbling window on, and ends it when it is over", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.functions.handler = ({ Records, state }) => ({
      state: { sum: ((state as { sum?: number }).sum ?? 0) + Records.length },
    });
    await test.map({ ...trim, batchSize: 1, tumblingSeconds: 60 });
    // The next window begins with the next minute.
    await test.pass(60_000 - (test.clock.now() % 60_000));
    const start = `${new Date(test.clock.now()).toISOString().slice(0, 19)}Z`;
    test.streams.put("s-0", "k", "1");
    test.streams.put("s-0", "k", "2");
    await quiet();
    await test.pass(61_000, 1000);
    const events = test.functions.events.map(({ Records, ...beside }) => ({
      ...beside,
      count: Records.length,
    }));
    const end = `${new Date(Date.parse(start) + 60_000).toISOString().slice(0, 19)}Z`;
    const common = {
      window: { start, end },
      shardId: "s-0",
      eventSourceARN: STREAM,
      isWindowTerminatedEarly: false,
    };
    assert.deepEqual(events, [
      { ...common, state: {}, isFinalInvokeForWindow: false, count: 1 },
      { ...common, state: { sum: 1 }, isFinalInvokeForWindow: false, count: 1 },
      { ...common, state: { sum: 2 }, isFinalInvokeForWindow: true, count: 0 },
    ]);
    await test.mappings.close(0);
  });

  it("keeps the state of a window over a restart", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.functions.handler = ({ Records, state }) => ({
      state: { sum: ((state as { sum?: number }).sum ?? 0) + Records.length },
    });
    await test.map({ ...trim, batchSize: 1, tumblingSeconds: 900 });
    test.streams.put("s-0", "k", "1");
    await quiet();
    const mappings = await test.again();
    test.streams.put("s-0", "k", "2");
    await quiet();
    assert.deepEqual(
      test.functions.events.map(({ state }) => state),
      [{}, { sum: 1 }],
    );
    await mappings.close(0);
  });

  it("goes past what its filters do not let through", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    await test.map({
      ...trim,
      filters: ['{"data":{"kind":["order"]}}', '{"partitionKey":["special"]}'],
    });
    test.streams.put("s-0", "k", '{"kind":"order"}');
    test.streams.put("s-0", "k", '{"kind":"other"}');
    test.streams.put("s-0", "special", "text");
    await quiet();
    assert.deepEqual(test.functions.events.flatMap(data), ['{"kind":"order"}', "text"]);
    const mappings = await test.again();
    assert.equal(test.functions.events.flatMap(data).length, 2);
    await mappings.close(0);
  });

  it("says what came of it", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    const uuid = await test.map({ ...trim, retries: 0 });
    const result = async () => (await test.mappings.get(SCOPE, uuid)).mapping.lastResult;
    assert.equal(await result(), "No records processed");
    test.streams.put("s-0", "k", "1");
    await quiet();
    assert.equal(await result(), "OK");
    test.functions.handler = failing("bad");
    test.streams.put("s-0", "k", "bad");
    await quiet();
    assert.equal(await result(), "PROBLEM: Function call failed");
    await test.mappings.close(0);
  });

  it("waits for its destination before it goes on, and for one that is gone not at all", async () => {
    let broken = true;
    const test = testMappings({
      deliver: async () => {
        if (broken) throw new Error("not now");
      },
    });
    test.streams.shard("s-0");
    test.functions.handler = failing("bad");
    await test.map({ ...trim, batchSize: 1, retries: 0, destinations: { onFailure: DESTINATION } });
    test.streams.put("s-0", "k", "bad");
    test.streams.put("s-0", "k", "good");
    await test.pass(5000, 100);
    assert.deepEqual(test.functions.events.flatMap(data), ["bad"]);
    broken = false;
    await test.pass(10_000, 100);
    assert.deepEqual(test.functions.events.flatMap(data), ["bad", "good"]);
    assert.equal(test.told.length, 1);
    await test.mappings.close(0);
  });

  it("tries a throttled batch again, which counts for no retry", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    let refusals = 5;
    test.functions.handler = () =>
      refusals-- > 0 ? { kind: "refused", why: "Rate Exceeded." } : 1;
    await test.map({ ...trim, retries: 0, destinations: { onFailure: DESTINATION } });
    test.streams.put("s-0", "k", "1");
    await test.pass(30_000, 500);
    assert.equal(test.functions.events.length, 6);
    assert.deepEqual(test.told, []);
    await test.mappings.close(0);
  });

  it("puts the records themselves into a bucket, under a name that says whose they are", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    test.functions.handler = failing("bad");
    const bucket = "arn:aws:s3:::lost";
    const uuid = await test.map({ ...trim, retries: 0, destinations: { onFailure: bucket } });
    test.streams.put("s-0", "k", "bad");
    await quiet();
    const [record] = told(test);
    const { Records } = JSON.parse(record.payload);
    assert.equal(Records[0].kinesis.sequenceNumber, "1");
    const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d";
    assert.match(
      test.told[0]?.object?.key ?? "",
      new RegExp(`^aws/lambda/${uuid}/s-0/\\d{4}/\\d\\d/\\d\\d/${time}-[0-9a-f-]{36}$`),
    );
    await test.mappings.close(0);
  });

  it("hands changes of tables over as DynamoDB tells them, and filters them by their members", async () => {
    const test = testMappings();
    const table = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-11-22T00:00:00.000";
    test.streams.shard("shardId-1");
    const change = (id: string) => ({
      Keys: { id: { S: id } },
      NewImage: { id: { S: id } },
      SequenceNumber: "1",
      SizeBytes: 4,
      StreamViewType: "NEW_IMAGE",
    });
    test.functions.handler = () => {
      throw new Error("no");
    };
    await test.map({
      sourceArn: table,
      position: "TRIM_HORIZON",
      retries: 0,
      filters: ['{"eventName":["INSERT"],"dynamodb":{"Keys":{"id":{"S":["a"]}}}}'],
      destinations: { onFailure: DESTINATION },
    });
    const at = `${new Date(test.clock.now()).toISOString().slice(0, 19)}Z`;
    test.streams.add("shardId-1", "a", {
      kind: "dynamodb",
      eventName: "INSERT",
      change: change("a"),
    });
    test.streams.add("shardId-1", "b", {
      kind: "dynamodb",
      eventName: "REMOVE",
      change: change("b"),
    });
    await quiet();
    const [{ eventID, ...record } = {}, ...others] = test.functions.events.flatMap(
      ({ Records }) => Records,
    );
    assert.match(String(eventID), /^[0-9a-f]{32}$/);
    assert.deepEqual(others, []);
    assert.deepEqual(record, {
      eventName: "INSERT",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "us-east-1",
      dynamodb: change("a"),
      eventSourceARN: table,
    });
    const [lost] = told(test);
    assert.deepEqual(lost.DDBStreamBatchInfo, {
      shardId: "shardId-1",
      startSequenceNumber: "1",
      endSequenceNumber: "1",
      approximateArrivalOfFirstRecord: at,
      approximateArrivalOfLastRecord: at,
      batchSize: 1,
      streamArn: table,
    });
    await test.mappings.close(0);
  });
});
