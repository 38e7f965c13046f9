/** Event source mappings of Kinesis streams. */

import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import {
  type CreateEventSourceMappingCommandInput,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { testMappings } from "../../../../packages/server/src/services/mappings/fixture.ts";
import { clientSettings } from "../../../platform.ts";
import { zipOf } from "../../../zip.ts";
import type { Comparison, Recordings } from "../harness.ts";
import { type Answer, newName, plain, type Scene } from "./fixture.ts";
import { openQueues } from "./mappings.ts";

/** Sends what it is invoked with to the queue in its environment, and answers what that says, or fails. */
const ANSWERING = `
const { SQSClient, SendMessageCommand } = require("@aws-sdk/client-sqs");
const client = new SQSClient({});
exports.handler = async (event) => {
  await client.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: JSON.stringify(event) }));
  if (process.env.ANSWER === undefined) throw new Error("asked to fail");
  return JSON.parse(process.env.ANSWER);
};`;

const HELLO = Buffer.from("hello");
const CREATED = "create_event_source_mapping_response";

function openStreams(at: Scene) {
  const queues = openQueues(at);
  const kinesis = new KinesisClient({ ...clientSettings(at.origin), region: at.region });
  const stage = {
    ...queues,
    async stream(ShardCount = 1) {
      const StreamName = newName("stream");
      await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount }));
      for (;;) {
        const { StreamDescriptionSummary: summary } = await kinesis.send(
          new DescribeStreamSummaryCommand({ StreamName }),
        );
        if (summary?.StreamStatus === "ACTIVE") return { StreamName, arn: summary.StreamARN ?? "" };
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    put: (StreamName: string, records: readonly (readonly [key: string, data: Uint8Array])[]) =>
      kinesis.send(
        new PutRecordsCommand({
          StreamName,
          Records: records.map(([PartitionKey, Data]) => ({ PartitionKey, Data })),
        }),
      ),
    /** A function that answers this, or fails. */
    async answering(answer?: unknown) {
      const out = await queues.queue();
      const FunctionName = newName();
      await at.create({
        FunctionName,
        Runtime: "nodejs22.x",
        Timeout: 10,
        Environment: {
          Variables: {
            OUT: out.url,
            ...(answer === undefined ? {} : { ANSWER: JSON.stringify(answer) }),
          },
        },
        Code: { ZipFile: await zipOf({ "index.js": ANSWERING }) },
      });
      return { FunctionName, out };
    },
    async createdAs(
      answers: Comparison,
      name: string,
      input: CreateEventSourceMappingCommandInput,
    ): Promise<string> {
      const created = await queues.create(input);
      answers.equal(name, created);
      return await queues.enabled(created);
    },
  };
  return stage;
}

export function playStreamMappings({ play }: Recordings, scene: () => Scene): void {
  play("TestKinesisSource::test_create_kinesis_event_source_mapping", async (answers) => {
    const { stream, put, echo, events, createdAs } = openStreams(scene());
    const { StreamName, arn } = await stream();
    const { FunctionName, out } = await echo();
    const more = { EventSourceArn: arn, StartingPosition: "LATEST" } as const;
    await createdAs(answers, CREATED, { FunctionName, ...more });
    await put(
      StreamName,
      Array.from({ length: 10 }, (_, n) => [`test_${n}`, HELLO] as const),
    );
    const all = await events(out.url, (some) => recordsOf(some).length === 10);
    answers.equal("kinesis_records", { Records: recordsOf(all) });
  });

  play("TestKinesisSource::test_disable_kinesis_event_source_mapping", async (answers) => {
    const at = scene();
    const { stream, put, echo, events, createdAs } = openStreams(at);
    const { StreamName, arn } = await stream();
    const { FunctionName, out } = await echo();
    const UUID = await createdAs(answers, CREATED, {
      FunctionName,
      EventSourceArn: arn,
      StartingPosition: "LATEST",
      BatchSize: 10,
    });
    const ten = Array.from(
      { length: 10 },
      (_, n) => ["test", Buffer.from(`{"record_id": ${n}}`)] as const,
    );
    await put(StreamName, ten);
    const first = await events(out.url, ({ length }) => length === 1);
    await at.client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    for (;;) {
      const { State } = await at.client.send(new GetEventSourceMappingCommand({ UUID }));
      if (State === "Disabled") break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await put(StreamName, ten);
    answers.equal("invocation_events", first);
  });

  play("TestKinesisSource::test_duplicate_event_source_mappings", async (answers) => {
    const at = scene();
    const { stream, create } = openStreams(at);
    const { arn } = await stream();
    const FunctionName = newName();
    await at.create({ FunctionName });
    const input = { FunctionName, EventSourceArn: arn, StartingPosition: "LATEST" } as const;
    answers.equal("create", await create(input));
    answers.equal("error", await create(input));
  });

  play(
    "TestKinesisSource::test_create_kinesis_event_source_mapping_multiple_lambdas_single_kinesis_event_stream",
    async (answers) => {
      const { stream, put, echo, events, createdAs } = openStreams(scene());
      const { StreamName, arn } = await stream();
      const [a, b] = [await echo(), await echo()];
      const more = { EventSourceArn: arn, StartingPosition: "TRIM_HORIZON" } as const;
      const { FunctionName } = a;
      await createdAs(answers, `${CREATED}-a`, { FunctionName, ...more });
      await createdAs(answers, `${CREATED}-b`, { FunctionName: b.FunctionName, ...more });
      await put(StreamName, [["test_1", HELLO]]);
      for (const [name, { out }] of [
        ["a", a],
        ["b", b],
      ] as const) {
        const [event] = await events(out.url, ({ length }) => length === 1);
        answers.equal(`kinesis_records-${name}`, event);
      }
    },
  );

  play(
    "TestKinesisSource::test_kinesis_event_source_mapping_with_on_failure_destination_config",
    async (answers) => {
      const { stream, put, answering, queue, received, createdAs } = openStreams(scene());
      const { StreamName, arn } = await stream();
      const { FunctionName } = await answering();
      const destination = await queue();
      await createdAs(answers, CREATED, {
        FunctionName,
        EventSourceArn: arn,
        ...LOST,
        MaximumRetryAttempts: 1,
        DestinationConfig: { OnFailure: { Destination: destination.arn } },
      });
      await put(StreamName, [["test", HELLO]]);
      answers.equal("sqs_payload", await received(destination.url));
    },
    TIMES,
  );

  for (const [name, answer] of [
    ["empty_list_success", []],
    ["null_success", null],
    ["empty_batch_item_failure_success", { batchItemFailures: [] }],
    ["null_batch_item_failure_success", { batchItemFailures: null }],
  ] as const)
    play(
      `TestKinesisSource::test_kinesis_report_batch_item_success_scenarios[${name}]`,
      async (answers) => {
        const { stream, put, answering, events, createdAs } = openStreams(scene());
        const { StreamName, arn } = await stream();
        const { FunctionName, out } = await answering(answer);
        await createdAs(answers, CREATED, { FunctionName, EventSourceArn: arn, ...REPORTS });
        await put(StreamName, [["test", HELLO]]);
        answers.equal("kinesis_events", await events(out.url, ({ length }) => length === 1));
      },
    );

  for (const [name, answer] of [
    ["null_item_identifier_failure", { batchItemFailures: [{ itemIdentifier: null }] }],
    ["invalid_key_foo_failure", { batchItemFailures: [{ foo: "bar" }] }],
    ["item_identifier_not_present_failure", { batchItemFailures: [{ itemIdentifier: "none" }] }],
  ] as const)
    play(
      `TestKinesisSource::test_kinesis_report_batch_item_failure_scenarios[${name}]`,
      async (answers) => {
        const { stream, put, answering, queue, received, events, createdAs } = openStreams(scene());
        const { StreamName, arn } = await stream();
        const { FunctionName, out } = await answering(answer);
        const destination = await queue();
        await createdAs(answers, CREATED, {
          FunctionName,
          EventSourceArn: arn,
          ...REPORTS,
          DestinationConfig: { OnFailure: { Destination: destination.arn } },
        });
        await put(StreamName, [["test", HELLO]]);
        answers.equal("sqs_payload", await received(destination.url));
        answers.equal("kinesis_events", await events(out.url, ({ length }) => length === 3));
      },
      TIMES,
    );

  for (const [name, BatchSize, MaximumRetryAttempts] of [
    ["test_kinesis_maximum_record_age_exceeded[expire-while-retrying]", 1, -1],
    ["test_kinesis_maximum_record_age_exceeded[expire-before-ingestion]", 1, 0],
    ["test_kinesis_maximum_record_age_exceeded_discard_records", 10, 0],
  ] as const)
    play(
      `TestKinesisSource::${name}`,
      async (answers) => {
        const at = scene();
        const { stream, queue, send, received, createdAs } = openStreams(at);
        const { arn } = await stream();
        const destination = await queue();
        const FunctionName = newName();
        await at.create({ FunctionName });
        await createdAs(answers, CREATED, {
          FunctionName,
          EventSourceArn: arn,
          ...LOST,
          BatchSize,
          MaximumRetryAttempts,
          MaximumRecordAgeInSeconds: 60,
          DestinationConfig: { OnFailure: { Destination: destination.arn } },
        });
        // Nobody waits a minute: the same mapping once more, with a clock that is turned by hand.
        const test = testMappings();
        const shard = "shardId-000000000000";
        test.streams.shard(shard);
        const early = name.includes("retrying");
        if (!early) {
          test.streams.put(shard, "test", "stream-data");
          test.clock.advance(61_000);
        }
        if (name.includes("discard"))
          for (const n of [1, 2, 3, 4, 5]) test.streams.put(shard, "test", `stream-data-${n}`);
        test.functions.handler = () => {
          if (early) throw new Error("asked to fail");
        };
        await test.map({
          functionName: at.arn(FunctionName),
          sourceArn: arn,
          position: "TRIM_HORIZON",
          batchSize: BatchSize,
          retries: MaximumRetryAttempts,
          ageSeconds: 60,
          windowSeconds: 1,
          destinations: { onFailure: destination.arn },
        });
        if (early) test.streams.put(shard, "test", "stream-data");
        await test.pass(70_000, 100);
        for (const { body } of test.told) await send(destination.url, Buffer.from(body).toString());
        await test.mappings.close(0);
        answers.equal("record_age_exceeded_payload", await received(destination.url));
        if (name.includes("discard"))
          answers.equal(
            "Records",
            test.functions.events.flatMap(({ Records }) => plain(Records) as Answer[]),
          );
      },
      TIMES,
    );
}

const TIMES = { anything: ["<timestamp:2022-07-13T13:48:01.000Z>"] };
const LOST = {
  StartingPosition: "TRIM_HORIZON",
  BatchSize: 1,
  MaximumBatchingWindowInSeconds: 1,
} as const;
const REPORTS = {
  ...LOST,
  MaximumRetryAttempts: 2,
  FunctionResponseTypes: ["ReportBatchItemFailures" as const],
};

const recordsOf = (events: readonly Answer[]): Answer[] =>
  events.flatMap(({ Records }) => plain(Records) as Answer[]);
