/** The recordings of Kinesis: answers of AWS, compared member by member with the platform's. */
import { after, before, describe } from "node:test";
import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DescribeStreamConsumerCommand,
  KinesisClient,
  ListStreamConsumersCommand,
  ListTagsForStreamCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";
import { openRecordings } from "../harness.ts";

/** The account in the recordings. */
const ACCOUNT = "111111111111";
const recordings = openRecordings("kinesis/kinesis.json");

describe("what AWS answered of Kinesis", () => {
  let platform: TestPlatform;
  let client: KinesisClient;
  before(async () => {
    platform = await startPlatform({ flags: ["--account", ACCOUNT] });
    client = new KinesisClient(clientSettings(platform.origin));
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  async function stream(StreamName: string): Promise<{ StreamName: string; StreamARN: string }> {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await waitUntilStreamExists({ client, maxWaitTime: 20, minDelay: 1 }, { StreamName });
    return { StreamName, StreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}` };
  }

  recordings.play("TestKinesis::test_add_tags_to_stream", async (answers) => {
    const { StreamName } = await stream("tagged");
    await client.send(new AddTagsToStreamCommand({ StreamName, Tags: { foo: "bar" } }));
    const { Tags } = await client.send(new ListTagsForStreamCommand({ StreamName }));
    answers.equal("Tags", Tags?.[0]);
  });

  recordings.play(
    "TestKinesis::test_stream_consumers",
    async (answers) => {
      const { StreamARN } = await stream("consumed");
      const ConsumerName = "consumer";
      await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
      const { Consumers } = await client.send(new ListStreamConsumersCommand({ StreamARN }));
      answers.equal("One_consumer_by_list_stream", Consumers);
      const { ConsumerDescription } = await client.send(
        new DescribeStreamConsumerCommand({ StreamARN, ConsumerName }),
      );
      answers.equal("One_consumer_by_describe_stream", ConsumerDescription);
    },
    { anything: ["<stream-name>", "<stream-consumer>", "timestamp"] },
  );

  recordings.play(
    "TestKinesis::test_subscribe_to_shard_with_sequence_number_as_iterator",
    async (answers) => {
      const { StreamName, StreamARN } = await stream("pushed");
      const { Consumer } = await client.send(
        new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "consumer" }),
      );
      const put = await client.send(
        new PutRecordsCommand({
          StreamName,
          Records: Array.from({ length: 5 }, (_, n) => ({
            Data: Buffer.from(`Hello world_${n}`),
            PartitionKey: "1",
          })),
        }),
      );
      const { EventStream = [] } = await client.send(
        new SubscribeToShardCommand({
          ConsumerARN: Consumer?.ConsumerARN,
          ShardId: "shardId-000000000000",
          StartingPosition: {
            Type: "AT_SEQUENCE_NUMBER",
            SequenceNumber: put.Records?.[0]?.SequenceNumber,
          },
        }),
      );
      const found: object[] = [];
      for await (const { SubscribeToShardEvent: event } of EventStream) {
        for (const { Data = new Uint8Array(), ...record } of event?.Records ?? [])
          found.push({ ...record, Data: `b'${Buffer.from(Data)}'` });
        if (found.length >= 5) break;
      }
      answers.equal("Records", found);
    },
    { anything: ["timestamp"] },
  );

  recordings.finish(3);
});
