import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockConfiguration,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { type Answered, newName, type S3Fixture } from "./fixture.ts";

const HOUR = 3_600_000;
const later = (ms: number) => new Date(Math.floor((Date.now() + ms) / 1000) * 1000);
const versionIn = (answered: Answered): string => String(answered["VersionId"]);

/** Locks of versions. */
export function playLocks({ play }: Recordings, s3: () => S3Fixture): void {
  const locking = () => s3().bucket({ ObjectLockEnabledForBucket: true });
  const head = (Bucket: string, Key: string, VersionId?: string) =>
    s3().send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  const hold = (Bucket: string, Key: string, Status: "ON" | "OFF", VersionId?: string) =>
    s3().send(new PutObjectLegalHoldCommand({ Bucket, Key, VersionId, LegalHold: { Status } }));
  const remove = (Bucket: string, Key: string, VersionId?: string) =>
    s3().send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const retain = (Bucket: string, Key: string, VersionId: string, RetainUntilDate: Date) =>
    s3().send(
      new PutObjectRetentionCommand({
        Bucket,
        Key,
        VersionId,
        Retention: { Mode: "GOVERNANCE", RetainUntilDate },
      }),
    );
  const configure = (Bucket: string, configuration: unknown) =>
    s3().send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: configuration as ObjectLockConfiguration,
      }),
    );
  const configured = (Bucket: string) =>
    s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
  const governed = (ms: number) =>
    ({ ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: later(ms) }) as const;

  play(
    "TestS3ObjectLockRetention::test_bucket_config_default_retention",
    async (answers) => {
      const [bucket, key] = [await locking(), "test-default-lock"];
      const DefaultRetention = { Mode: "GOVERNANCE", Days: 1 };
      const lock = { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } };
      answers.equal("put-lock-config", await configure(bucket, lock));
      const one = await s3().put(bucket, key, "test-default-lock");
      answers.equal("put-object-default", one);
      answers.equal("head-object-default", await head(bucket, key, versionIn(one)));
      const two = await s3().put(bucket, key, "test-content-no-lock", governed(HOUR));
      answers.equal("put-object-with-lock", two);
      answers.equal("head-object-with-lock", await head(bucket, key, versionIn(two)));
      const half = { ObjectLockMode: "GOVERNANCE" } as const;
      answers.equal("put-object-with-lock-no-date", await s3().put(bucket, key, "x", half));
    },
    {
      words: [
        "t0I6WA==",
        '"1df86997d49364e87360e3831d87cc46"',
        "l5fLBg==",
        '"f4b85168936b954f2d82998d6d3775c5"',
      ],
    },
  );

  play(
    "TestS3ObjectLockRetention::test_object_lock_delete_markers",
    async (answers) => {
      const [bucket, key] = [await locking(), "key"];
      const put = await s3().put(bucket, key, "test-content-no-lock", governed(HOUR));
      answers.equal("put-object-with-lock", put);
      answers.equal("head-object-with-lock", await head(bucket, key, versionIn(put)));
      const marker = await remove(bucket, key);
      answers.equal("put-delete-marker", marker);
      const VersionId = versionIn(marker);
      const retained = await retain(bucket, key, VersionId, later(HOUR));
      answers.equal("put-object-retention-delete-marker", retained);
      const get = new GetObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId });
      answers.equal("get-object-retention-delete-marker", await s3().send(get));
      answers.equal("head-object-locked-delete-marker", await head(bucket, key, VersionId));
    },
    { words: ["l5fLBg==", '"f4b85168936b954f2d82998d6d3775c5"'] },
  );

  play(
    "TestS3ObjectLockRetention::test_object_lock_extend_duration",
    async (answers) => {
      const [bucket, key] = [await locking(), "key"];
      const put = await s3().put(bucket, key, "test-content-no-lock", governed(HOUR));
      const version = versionIn(put);
      answers.equal("put-object-with-lock", put);
      answers.equal("head-object-with-lock", await head(bucket, key, version));
      const longer = await retain(bucket, key, version, later(2 * HOUR));
      answers.equal("put-object-retention-extend", longer);
      answers.equal("head-object-with-lock-extended", await head(bucket, key, version));
      const shorter = await retain(bucket, key, version, later(HOUR));
      answers.equal("put-object-retention-reduce", shorter);
    },
    { words: ["l5fLBg==", '"f4b85168936b954f2d82998d6d3775c5"'] },
  );

  play("TestS3ObjectLockRetention::test_s3_object_lock_mode_validation", async (answers) => {
    const [Bucket, Key] = [await locking(), "key"];
    const put = (more: object) => s3().put(Bucket, Key, "test", more);
    const ObjectLockRetainUntilDate = later(HOUR);
    answers.equal(
      "put-obj-locked-error-no-retain-date",
      await put({ ObjectLockMode: "GOVERNANCE" }),
    );
    answers.equal("put-obj-locked-error-no-mode", await put({ ObjectLockRetainUntilDate }));
    const bad = { ObjectLockMode: "BAD-VALUE" as "GOVERNANCE", ObjectLockRetainUntilDate };
    answers.equal("put-obj-locked-bad-value", await put(bad));
    const create = new CreateMultipartUploadCommand({ Bucket, Key, ...bad });
    answers.equal("create-mpu-locked-bad-value", await s3().send(create));
  });

  play("TestS3ObjectLockLegalHold::test_delete_locked_object", async (answers) => {
    const [bucket, Key] = [await locking(), "test-delete-locked"];
    const put = await s3().put(bucket, Key, "test");
    const VersionId = versionIn(put);
    answers.equal("put-obj", put);
    answers.equal("put-object-legal-hold", await hold(bucket, Key, "ON"));
    answers.equal("delete-object-locked", await remove(bucket, Key, VersionId));
    const Delete = { Objects: [{ Key, VersionId }] };
    const many = new DeleteObjectsCommand({ Bucket: bucket, Delete });
    answers.equal("delete-objects-locked", await s3().send(many));
    answers.equal("put-object-legal-hold-off", await hold(bucket, Key, "OFF"));
  });

  play("TestS3ObjectLockLegalHold::test_s3_legal_hold_lock_versioned", async (answers) => {
    const [bucket, key] = [await locking(), "key"];
    const one = await s3().put(bucket, key, "test");
    const first = versionIn(one);
    answers.equal("put-object", one);
    answers.equal("put-object-legal-hold-ver1", await hold(bucket, key, "ON", first));
    answers.equal("head-object-ver1", await head(bucket, key, first));
    const two = await s3().put(bucket, key, "test");
    answers.equal("put-object-2", two);
    answers.equal("put-object-legal-hold-ver2", await hold(bucket, key, "ON", versionIn(two)));
    answers.equal("head-object-ver2", await head(bucket, key, versionIn(two)));
    answers.equal("remove-object-legal-hold-ver1", await hold(bucket, key, "OFF", first));
    answers.equal("head-object-ver1-no-lock", await head(bucket, key, first));
    answers.equal("delete-object-ver1", await remove(bucket, key, first));
  });

  play("TestS3ObjectLockLegalHold::test_s3_copy_object_legal_hold", async (answers) => {
    const Bucket = await locking();
    const held = { ObjectLockLegalHoldStatus: "ON" } as const;
    answers.equal("put-object", await s3().put(Bucket, "source", '{"key": "value"}', held));
    answers.equal("head-object", await head(Bucket, "source"));
    const copy = new CopyObjectCommand({ Bucket, Key: "dest", CopySource: `${Bucket}/source` });
    answers.equal("copy-legal-hold", await s3().send(copy));
    answers.equal("head-dest-key", await head(Bucket, "dest"));
  });

  play(
    "TestS3ObjectLock::test_put_object_lock_configuration_on_existing_bucket",
    async (answers) => {
      const Bucket = await s3().bucket();
      const keep = (Status: "Enabled" | "Suspended") =>
        s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
      const put = () => configure(Bucket, { ObjectLockEnabled: "Enabled" });
      answers.equal("get-object-lock-existing-bucket-no-config", await configured(Bucket));
      answers.equal("put-object-lock-existing-bucket-no-versioning", await put());
      answers.equal("suspended-versioning", await keep("Suspended"));
      answers.equal("put-object-lock-existing-bucket-versioning-disabled", await put());
      answers.equal("enabled-versioning", await keep("Enabled"));
      answers.equal("put-object-lock-existing-bucket-enabled", await put());
      answers.equal("get-object-lock-existing-bucket-enabled", await configured(Bucket));
    },
  );

  play("TestS3ObjectLock::test_put_object_lock_configuration_exc", async (answers) => {
    const bucket = await locking();
    const rule = (DefaultRetention: object) => ({
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention },
    });
    const cases: [name: string, configuration: unknown][] = [
      ["no-enabled", { Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } }],
      ["empty", {}],
      ["empty-rule", { ObjectLockEnabled: "Enabled", Rule: {} }],
      ["empty-retention", rule({})],
      ["no-days", rule({ Mode: "GOVERNANCE" })],
      ["bad-mode", rule({ Mode: "BAD-MODE", Days: 1 })],
      ["both-days-years", rule({ Mode: "GOVERNANCE", Days: 1, Years: 1 })],
    ];
    for (const [name, configuration] of cases)
      answers.equal(`put-lock-config-${name}`, await configure(bucket, configuration));
  });

  play("TestS3ObjectLock::test_get_object_lock_configuration_exc", async (answers) => {
    answers.equal("get-lock-config-no-enabled", await configured(await s3().bucket()));
    answers.equal("get-lock-config-bucket-not-exists", await configured(newName()));
  });
}
