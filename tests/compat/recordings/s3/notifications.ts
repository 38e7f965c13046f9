import {
  type Event,
  type FilterRuleName,
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { newName, type S3Fixture } from "./fixture.ts";

const CREATED: Event[] = ["s3:ObjectCreated:*"];

/** Rules for the events of buckets. What functions get is in events.ts. */
export function playNotifications({ play }: Recordings, s3: () => S3Fixture): void {
  const put = (
    Bucket: string,
    NotificationConfiguration: NotificationConfiguration,
    more: object = {},
  ) =>
    s3().send(
      new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration, ...more }),
    );
  const get = (Bucket: string) =>
    s3().send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const queues = (...arns: string[]) => ({
    QueueConfigurations: arns.map((QueueArn, n) => ({ Id: `id${n}`, QueueArn, Events: CREATED })),
  });
  const arn = (name: string) => `arn:aws:sqs:us-east-1:111111111111:${name}`;

  play("TestS3::test_get_bucket_notification_configuration_no_such_bucket", async (answers) => {
    answers.equal("expected_error", await get(newName()));
  });

  play("TestS3NotificationsToSns::test_bucket_not_exist", async (answers) => {
    const TopicArn = "arn:aws:sns:us-east-1:111111111111:my-topic";
    const topics = { TopicConfigurations: [{ TopicArn, Events: CREATED }] };
    answers.equal("bucket_not_exists", await put(newName(), topics));
  });

  play(
    "TestS3BucketNotificationConfiguration::test_bucket_notification_with_invalid_filter_rules",
    async (answers) => {
      const rule = { Name: "INVALID" as FilterRuleName, Value: "value" };
      const Filter = { Key: { FilterRules: [rule] } };
      const QueueConfigurations = [{ QueueArn: arn("my-queue"), Events: CREATED, Filter }];
      answers.equal("invalid_filter_name", await put(await s3().bucket(), { QueueConfigurations }));
    },
  );

  play("TestS3NotificationsToSQS::test_invalid_sqs_arn", async (answers) => {
    const bucket = await s3().bucket();
    const skip = { SkipDestinationValidation: true };
    answers.equal("invalid_not_skip", await put(bucket, queues("invalid-queue")));
    answers.equal("invalid_skip", await put(bucket, queues("invalid-queue"), skip));
    answers.equal("queue-does-not-exist", await put(bucket, queues(arn("my-queue"))));
    const QueueConfigurations = [{ Id: "id123", QueueArn: arn("my-queue"), Events: CREATED }];
    await put(bucket, { QueueConfigurations }, skip);
    answers.equal("skip_destination_validation", await get(bucket));
  });

  play("TestS3NotificationsToSQS::test_multiple_invalid_sqs_arns", async (answers) => {
    const bucket = await s3().bucket();
    const event = (QueueArn: string, Events: Event[]) => ({ QueueArn, Events });
    const refused = (...QueueConfigurations: { QueueArn: string; Events: Event[] }[]) =>
      put(bucket, { QueueConfigurations });
    const removed: Event[] = ["s3:ObjectRemoved:*"];
    answers.equal(
      "two-queue-arns-invalid",
      await refused(event("invalid_arn", CREATED), event("invalid_arn_2", removed)),
    );
    answers.equal(
      "one-queue-invalid-one-not-existent",
      await refused(event("invalid_arn_2", CREATED), event(arn("my-queue"), removed)),
    );
    answers.equal(
      "multiple-queues-do-not-exist",
      await refused(event(arn("my-queue"), CREATED), event(arn("my-queue-2"), removed)),
    );
  });

  play("TestS3NotificationsToSQS::test_filter_rules_empty_value", async (answers) => {
    const bucket = await s3().bucket();
    const Filter = { Key: { FilterRules: [{ Name: "suffix" as FilterRuleName, Value: "" }] } };
    const QueueConfigurations = [{ QueueArn: arn("my-queue-1"), Events: CREATED, Filter }];
    await put(bucket, { QueueConfigurations }, { SkipDestinationValidation: true });
    answers.equal("bucket_notification_configuration", await get(bucket));
  });
}
