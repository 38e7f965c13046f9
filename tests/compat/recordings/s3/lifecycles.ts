import {
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadObjectCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import type { Answered, S3Fixture } from "./fixture.ts";

/** Rules by which objects expire, and what objects say of them. */
export function playLifecycles({ play }: Recordings, s3: () => S3Fixture): void {
  const put = (Bucket: string, Rules: Partial<LifecycleRule>[]) =>
    s3().send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules: Rules as LifecycleRule[] },
      }),
    );
  const get = (Bucket: string) => s3().send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  const head = (Bucket: string, Key: string, VersionId?: string) =>
    s3().send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  const versionIn = (answered: Answered) => String(answered["VersionId"]);
  const enabled = { Status: "Enabled" } as const;

  play(
    "TestS3BucketLifecycle::test_delete_lifecycle_configuration_on_bucket_deletion",
    async (answers) => {
      const bucket = await s3().bucket();
      await put(bucket, [
        { ...enabled, ID: "wholebucket", Filter: { Prefix: "" }, Expiration: { Days: 7 } },
      ]);
      answers.equal("get-bucket-lifecycle-conf", await get(bucket));
      await s3().send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
      answers.equal("get-bucket-lifecycle-exc", await get(bucket));
    },
  );

  play("TestS3BucketLifecycle::test_bucket_lifecycle_multiple_rules", async (answers) => {
    const bucket = await s3().bucket();
    await put(bucket, [
      { ...enabled, ID: "rule_one", Filter: { Prefix: "testobject" }, Expiration: { Days: 3 } },
      { ...enabled, ID: "rule_two", Filter: { Prefix: "test" }, Expiration: { Days: 2 } },
      { ...enabled, ID: "rule_three", Filter: { Prefix: "t" }, Expiration: { Days: 4 } },
    ]);
    answers.equal("get-bucket-lifecycle-conf", await get(bucket));
    const object = (key: string) => s3().put(bucket, key, "test");
    answers.equal("put-object-match-both-rules", await object("testobject-1"));
    answers.equal("put-object-match-rule-2", await object("test"));
    answers.equal("put-object-no-match", await object("no-rules"));
  });

  play("TestS3BucketLifecycle::test_lifecycle_expired_object_delete_marker", async (answers) => {
    const bucket = await s3().bucket();
    const Expiration = { ExpiredObjectDeleteMarker: true };
    await put(bucket, [{ ...enabled, ID: "rule-marker", Filter: {}, Expiration } as LifecycleRule]);
    answers.equal("get-bucket-lifecycle-conf", await get(bucket));
    answers.equal("put-object", await s3().put(bucket, "test-object", "test"));
    answers.equal("head-object", await head(bucket, "test-object"));
  });

  play(
    "TestS3BucketLifecycle::test_bucket_lifecycle_configuration_object_expiry_versioned",
    async (answers) => {
      const [Bucket, key] = [await s3().bucket(), "test-object-expiry"];
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      await put(Bucket, [
        {
          ...enabled,
          ID: "rule2",
          Filter: {} as NonNullable<LifecycleRule["Filter"]>,
          Expiration: { Days: 7 },
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        },
      ]);
      answers.equal("get-bucket-lifecycle-conf", await get(Bucket));
      const one = await s3().put(Bucket, key, "test");
      answers.equal("head-object-expiry", await head(Bucket, key));
      const two = await s3().put(Bucket, key, "test");
      const old = await head(Bucket, key, versionIn(one));
      answers.equal("head-object-expiry-noncurrent", old);
      const named = await head(Bucket, key, versionIn(two));
      answers.equal("head-object-expiry-current-with-version-id", named);
      const current = await head(Bucket, key);
      answers.equal("head-object-expiry-current-without-version-id", current);
    },
  );
}
