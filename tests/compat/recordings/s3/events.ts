import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  type Event,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { deploy } from "../../../deploy.ts";
import { clientSettings } from "../../../platform.ts";
import type { Recordings } from "../harness.ts";
import { newName, type S3Fixture } from "./fixture.ts";

/** Puts each event that it gets into the bucket SINK. */
const HANDLER = `
const { S3Client, PutObjectCommand } = require("@aws-sdk/client-s3");
const s3 = new S3Client({ forcePathStyle: true });
exports.handler = async (event, context) => {
  const Key = context.awsRequestId;
  await s3.send(new PutObjectCommand({ Bucket: process.env.SINK, Key, Body: JSON.stringify(event) }));
};`;

type Message = { readonly eventName: string };
const BETWEEN_RUNS = ["amz-id", "amz-request-id", "sequencer"];

/** What functions hear of their buckets. The recordings are of queues, which get the very same messages. */
export function playEvents({ play }: Recordings, s3: () => S3Fixture): void {
  /** A bucket whose events go to a function of its region, and the way to what that function got. */
  async function listening(events: Event[], region = "us-east-1") {
    const [bucket, sink] = [await s3().bucket(...inRegion(region)), await s3().bucket()];
    const LambdaFunctionArn = await deployTo(sink, s3().origin, region);
    const Events = events.length > 0 ? events : undefined;
    const NotificationConfiguration = {
      LambdaFunctionConfigurations: [{ LambdaFunctionArn, Events }],
    };
    await s3()
      .client(region)
      .send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: bucket,
          NotificationConfiguration,
        }),
      );
    return { bucket, heard: (count: number) => collect(s3(), sink, count) };
  }

  play(
    "TestS3NotificationsToSQS::test_object_created_copy",
    async (answers) => {
      const { bucket, heard } = await listening(["s3:ObjectCreated:Copy"]);
      await s3().put(bucket, "src", "something");
      const CopySource = `${bucket}/src`;
      await s3().send(new CopyObjectCommand({ Bucket: bucket, Key: newName(), CopySource }));
      answers.equal("receive_messages", { messages: await heard(1) });
    },
    { anything: BETWEEN_RUNS },
  );

  play(
    "TestS3NotificationsToSQS::test_object_created_and_object_removed",
    async (answers) => {
      const { bucket, heard } = await listening(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]);
      const [source, copied] = [newName(), newName()];
      await s3().put(bucket, source, "something");
      const CopySource = `${bucket}/${source}`;
      await s3().send(new CopyObjectCommand({ Bucket: bucket, Key: copied, CopySource }));
      await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: source }));
      answers.equal("receive_messages", { messages: await heard(3) });
    },
    { anything: BETWEEN_RUNS },
  );

  play(
    "TestS3NotificationsToSQS::test_key_encoding",
    async (answers) => {
      const { bucket, heard } = await listening(["s3:ObjectCreated:*"]);
      await s3().put(bucket, "a@b", "something");
      answers.equal("receive_messages", { messages: await heard(1) });
    },
    { anything: BETWEEN_RUNS },
  );

  play(
    "TestS3NotificationsToSQS::test_object_created_put_with_presigned_url_upload",
    async (answers) => {
      for (const [name, region] of [
        ["", "us-east-1"],
        ["_region_2", "us-west-2"],
      ] as const) {
        const { bucket, heard } = await listening(["s3:ObjectCreated:*"], region);
        const put = new PutObjectCommand({ Bucket: bucket, Key: "key-by-hostname" });
        const url = await getSignedUrl(s3().client(region), put);
        await fetch(url, { method: "PUT", body: "something" });
        answers.equal(`receive_messages${name}`, { messages: await heard(1) });
      }
    },
    { anything: BETWEEN_RUNS },
  );

  play(
    "TestS3NotificationsToSQS::test_object_tagging_put_event",
    async (answers) => {
      const { bucket, heard } = await listening(["s3:ObjectTagging:Put"]);
      const Key = newName();
      await s3().put(bucket, Key, "FooBarBlitz");
      const Tagging = { TagSet: [{ Key: "Foo", Value: "Bar" }] };
      await s3().send(new PutObjectTaggingCommand({ Bucket: bucket, Key, Tagging }));
      answers.equal("receive_messages", { messages: await heard(1) });
    },
    { anything: BETWEEN_RUNS },
  );
}

const inRegion = (region: string) =>
  region === "us-east-1"
    ? []
    : ([{ CreateBucketConfiguration: { LocationConstraint: region as "us-west-2" } }] as const);

async function deployTo(sink: string, origin: string, region: string): Promise<string> {
  const lambda = new LambdaClient({ ...clientSettings(origin), region });
  const settings = { Timeout: 30, Environment: { Variables: { SINK: sink } } };
  const arn = await deploy(lambda, newName(), { "index.js": HANDLER }, settings);
  lambda.destroy();
  return arn;
}

/** The records of so many messages, by the name of the event. Waits for them; one that is too much is seen, too. */
async function collect(s3: S3Fixture, sink: string, count: number): Promise<Message[]> {
  let keys: string[] = [];
  while (keys.length < count) {
    const listing = await s3.client().send(new ListObjectsV2Command({ Bucket: sink }));
    keys = (listing.Contents ?? []).map(({ Key }) => Key ?? "");
    if (keys.length < count) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const messages: Message[] = [];
  for (const Key of keys) {
    const { Body } = await s3.client().send(new GetObjectCommand({ Bucket: sink, Key }));
    messages.push(...JSON.parse((await Body?.transformToString()) ?? "{}").Records);
  }
  return messages.sort((a, b) => (a.eventName < b.eventName ? -1 : 1));
}
