/** A stream that invokes a function: AWS's JavaScript clients put records, and see what the function was given. */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { PutRecordsCommand, SplitShardCommand } from "@aws-sdk/client-kinesis";
import { CreateEventSourceMappingCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../deploy.ts";
import { clientSettings } from "../platform.ts";
import { ARN, type KinesisFixture, openKinesis, texts } from "./kinesis.ts";

/** Puts the records that it is invoked with, as events have them, into the other stream. */
const ECHO = `
const { KinesisClient, PutRecordsCommand } = require("@aws-sdk/client-kinesis");
const client = new KinesisClient({});
exports.handler = async ({ Records }) => {
  await client.send(new PutRecordsCommand({
    StreamName: "out",
    Records: Records.map((record) => ({ Data: Buffer.from(JSON.stringify(record)), PartitionKey: "k" })),
  }));
};`;

interface EventRecord {
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    readonly data: string;
  };
}

const KEYS = ["a", "b", "c", "d"];
let kinesis: KinesisFixture;
let lambda: LambdaClient;

before(async () => {
  kinesis = await openKinesis();
  lambda = new LambdaClient(clientSettings(kinesis.platform.origin));
});
after(async () => {
  lambda.destroy();
  await kinesis.stop();
});

it("a function is given the records of a stream, each key's in order, over a split", {
  timeout: 60_000,
}, async () => {
  const StreamName = await kinesis.stream("in", 2);
  await kinesis.stream("out");
  await deploy(lambda, "echo", { "index.js": ECHO });
  const numbers = new Map<string, string | undefined>();
  const put = async (round: number): Promise<void> => {
    const made = Array.from({ length: 10 }, (_, n) =>
      KEYS.map((key) => ({ key, text: `${key} ${round} ${n}` })),
    ).flat();
    const { Records = [] } = await kinesis.client.send(
      new PutRecordsCommand({
        StreamName,
        Records: made.map(({ key, text }) => ({ Data: Buffer.from(text), PartitionKey: key })),
      }),
    );
    for (const [index, { text }] of made.entries())
      numbers.set(text, Records[index]?.SequenceNumber);
  };
  await put(0);
  await lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: "echo",
      EventSourceArn: `${ARN}${StreamName}`,
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 7,
    }),
  );
  await put(1);
  const ShardToSplit = "shardId-000000000000";
  const NewStartingHashKey = String(2n ** 126n);
  await kinesis.client.send(
    new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }),
  );
  await kinesis.settled(StreamName);
  await put(2);
  const found: EventRecord[] = [];
  for (let next = await kinesis.iterator({ StreamName: "out" }); found.length < numbers.size; ) {
    const page = await kinesis.read(next);
    found.push(...texts(page).map((text) => JSON.parse(text) as EventRecord));
    next = page.NextShardIterator ?? "";
  }
  const given = found.map(({ kinesis: { data } }) => String(Buffer.from(data, "base64")));
  for (const key of KEYS)
    assert.deepEqual(
      given.filter((text) => text.startsWith(key)),
      [...numbers.keys()].filter((text) => text.startsWith(key)),
    );
  for (const [index, { eventID, eventSourceARN, kinesis: record }] of found.entries()) {
    assert.equal(record.sequenceNumber, numbers.get(given[index] ?? ""));
    assert.match(eventID, new RegExp(`^shardId-\\d{12}:${record.sequenceNumber}$`));
    assert.equal(eventSourceARN, `${ARN}${StreamName}`);
  }
});
