import { createHash, randomUUID } from "node:crypto";
import {
  CopyObjectCommand,
  DeleteBucketEncryptionCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  type ServerSideEncryptionRule,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { type Answered, botoError, newName, type S3Fixture } from "./fixture.ts";

const ALGORITHM = "AES256";

/** The account of the recording in the place of ours. */
const asRecorded = (answered: Answered): Answered => ({
  ...answered,
  SSEKMSKeyId: String(answered["SSEKMSKeyId"]).replace(":000000000000:", ":111111111111:"),
});

/** Encryption: a bucket's default, and keys that only the client has. */
export function playEncryption({ play }: Recordings, s3: () => S3Fixture): void {
  const get = (Bucket: string) => s3().send(new GetBucketEncryptionCommand({ Bucket }));
  const put = (Bucket: string, ...Rules: unknown[]) =>
    s3().send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: { Rules: Rules as ServerSideEncryptionRule[] },
      }),
    );
  const remove = (Bucket: string) => s3().send(new DeleteBucketEncryptionCommand({ Bucket }));
  const byDefault = (SSEAlgorithm: string, more: object = {}) => ({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...more },
  });
  const head = (Bucket: string, Key: string, more: object = {}) =>
    s3().send(new HeadObjectCommand({ Bucket, Key, ...more }));
  const read = (Bucket: string, Key: string, more: object = {}) =>
    s3().send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED", ...more }));

  play("TestS3BucketEncryption::test_s3_default_bucket_encryption", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("default-bucket-encryption", await get(bucket));
    answers.equal("delete-bucket-encryption", await remove(bucket));
    answers.equal("delete-bucket-encryption-idempotent", await remove(bucket));
    answers.equal("get-bucket-no-encryption", await get(bucket));
  });

  play("TestS3BucketEncryption::test_s3_default_bucket_encryption_exc", async (answers) => {
    const [bucket, nowhere] = [await s3().bucket(), newName()];
    answers.equal("get-bucket-enc-no-bucket", await get(nowhere));
    answers.equal("delete-bucket-enc-no-bucket", await remove(nowhere));
    answers.equal("put-bucket-enc-no-bucket", await put(nowhere, byDefault(ALGORITHM)));
    answers.equal("put-bucket-encryption-no-rules", await put(bucket));
    const two = await put(bucket, byDefault(ALGORITHM), byDefault(ALGORITHM));
    answers.equal("put-bucket-encryption-two-rules", two);
    const keyed = await put(bucket, byDefault(ALGORITHM, { KMSMasterKeyID: "key" }));
    answers.equal("put-bucket-encryption-kms-with-aes", keyed);
  });

  play("TestS3BucketEncryption::test_s3_bucket_encryption_sse_s3", async (answers) => {
    const [bucket, key] = [await s3().bucket(), "key"];
    const rule = { ...byDefault(ALGORITHM), BucketKeyEnabled: true };
    answers.equal("put-bucket-enc", await put(bucket, rule));
    answers.equal("put-object-encrypted", await s3().put(bucket, key, "test-encrypted"));
    answers.equal("head-object-encrypted", await head(bucket, key));
    answers.equal("get-object-encrypted", await read(bucket, key));
  });

  play(
    "TestS3::test_s3_sse_bucket_key_default",
    async (answers) => {
      const bucket = await s3().bucket();
      const [before, after] = ["before", "after"];
      answers.equal("put-obj-default-before-setting", await s3().put(bucket, before, "test-sse"));
      answers.equal("get-obj-default-before-setting", await read(bucket, before));
      const kms = byDefault("aws:kms", { KMSMasterKeyID: randomUUID() });
      answers.equal("put-bucket-encryption", await put(bucket, { ...kms, BucketKeyEnabled: true }));
      answers.equal("get-bucket-encryption", await get(bucket));
      answers.equal("get-obj-default-after-setting", await read(bucket, before));
      answers.equal("put-obj-after-setting", asRecorded(await s3().put(bucket, after, "test-sse")));
      answers.equal("get-obj-after-setting", asRecorded(await read(bucket, after)));
    },
    {
      words: ['"69a4214580de172e3b6dbfaf0b1aaf4a"', '"42832cdec7083e70a9cd6f2d5852e004"'],
    },
  );

  play(
    "TestS3::test_copy_object_kms",
    async (answers) => {
      const Bucket = await s3().bucket();
      await s3().put(Bucket, "source", "hello world");
      answers.equal("get-object", await read(Bucket, "source"));
      const copy = new CopyObjectCommand({
        Bucket,
        Key: "copy",
        CopySource: `${Bucket}/source`,
        ServerSideEncryption: "aws:kms",
        SSEKMSKeyId: `arn:aws:kms:us-east-1:000000000000:key/${randomUUID()}`,
        BucketKeyEnabled: true,
      });
      answers.equal("copy-object", await s3().send(copy));
      answers.equal("get-copied-object", await read(Bucket, "copy"));
    },
    { anything: ["copy-etag", "etag"] },
  );

  const key = Buffer.alloc(32, "k");
  const customer = {
    SSECustomerAlgorithm: ALGORITHM,
    SSECustomerKey: key.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(key).digest("base64"),
  };
  const source = {
    CopySourceSSECustomerAlgorithm: ALGORITHM,
    CopySourceSSECustomerKey: customer.SSECustomerKey,
    CopySourceSSECustomerKeyMD5: customer.SSECustomerKeyMD5,
  };
  const attributes = (Bucket: string, Key: string, wanted: string[], more: object = {}) =>
    s3().send(
      new GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: wanted as ["ETag"],
        ...more,
      }),
    );
  const MD5 = "JMwgiexXqwuPqIPjYFmIZQ==";

  play(
    "TestS3SSECEncryption::test_put_object_lifecycle_with_sse_c",
    async (answers) => {
      const [bucket, name] = [await s3().bucket(), "test-sse-c"];
      answers.equal("put-obj-sse-c", await s3().put(bucket, name, "test_data", customer));
      answers.equal("head-obj-sse-c", await head(bucket, name, customer));
      answers.equal("get-obj-sse-c", await read(bucket, name, customer));
      const wanted = ["ETag", "ObjectSize"];
      answers.equal("get-obj-attrs-sse-c", await attributes(bucket, name, wanted, customer));
      const gone = new DeleteObjectCommand({ Bucket: bucket, Key: name });
      answers.equal("del-obj-sse-c", await s3().send(gone));
    },
    { words: [MD5, '"b84c1aee7b2787381547d4277d117b01"', "b84c1aee7b2787381547d4277d117b01"] },
  );

  play(
    "TestS3SSECEncryption::test_put_object_default_checksum_with_sse_c",
    async (answers) => {
      const [bucket, name] = [await s3().bucket(), "test-sse-c"];
      const headers = {
        "x-amz-server-side-encryption-customer-algorithm": ALGORITHM,
        "x-amz-server-side-encryption-customer-key": customer.SSECustomerKey,
        "x-amz-server-side-encryption-customer-key-md5": customer.SSECustomerKeyMD5,
      };
      await s3().raw("PUT", `/${bucket}/${name}`, { headers, body: "test data.." });
      const checked = { ...customer, ChecksumMode: "ENABLED" };
      answers.equal("head-obj-sse-c", await head(bucket, name, checked));
      answers.equal("get-obj-sse-c", await read(bucket, name, customer));
      const wanted = ["ETag", "Checksum"];
      answers.equal("get-obj-attrs-sse-c", await attributes(bucket, name, wanted, customer));
    },
    { words: [MD5, '"a5d8837e2a881c286b90c0586f2869de"', "a5d8837e2a881c286b90c0586f2869de"] },
  );

  play("TestS3SSECEncryption::test_put_object_validation_sse_c", async (answers) => {
    const bucket = await s3().bucket();
    const step = async (name: string, more: object) =>
      answers.equal(
        `put-obj-sse-c-${name}`,
        await s3().put(bucket, "key", "test", { ...customer, ...more }),
      );
    await step("both-encryption", { ServerSideEncryption: ALGORITHM });
    await step("wrong-algo", { SSECustomerAlgorithm: "KMS" });
    await step("no-algo", { SSECustomerAlgorithm: undefined });
    await step("no-key", { SSECustomerKey: undefined });
    // The SDK makes the MD5 itself: these go without it.
    const raw = async (name: string, secret: Buffer, md5: string | undefined) => {
      const headers = {
        "x-amz-server-side-encryption-customer-algorithm": ALGORITHM,
        "x-amz-server-side-encryption-customer-key": secret.toString("base64"),
        ...(md5 !== undefined && { "x-amz-server-side-encryption-customer-key-md5": md5 }),
      };
      const put = await s3().raw("PUT", `/${bucket}/key`, { headers, body: "test" });
      answers.equal(`put-obj-sse-c-${name}`, botoError(put));
    };
    const md5Of = (text: Buffer) => createHash("md5").update(text).digest("base64");
    const short = Buffer.alloc(16, "k");
    await raw("no-md5", key, undefined);
    await raw("wrong-key-size", short, md5Of(short));
    await raw("bad-md5", key, md5Of(short));
  });

  play(
    "TestS3SSECEncryption::test_copy_object_with_sse_c",
    async (answers) => {
      const [bucket, name] = [await s3().bucket(), "test-sse-c"];
      answers.equal("put-obj-sse-c", await s3().put(bucket, name, "test_data", customer));
      const copy = (Key: string, more: object) =>
        s3().send(
          new CopyObjectCommand({ Bucket: bucket, Key, CopySource: `${bucket}/${name}`, ...more }),
        );
      answers.equal("copy-obj-sse-c-target-no-sse-c", await copy("plain", source));
      answers.equal("copy-obj-sse-c", await copy("sealed", { ...source, ...customer }));
      answers.equal("get-obj-no-sse-c-param", await read(bucket, "sealed"));
      answers.equal("copy-obj-no-src-sse-c", await copy("none", customer));
      const wrong = { ...source, CopySourceSSECustomerAlgorithm: "KMS" };
      answers.equal("copy-obj-wrong-src-sse-c-algo", await copy("none", wrong));
      const target = { ...source, ...customer, SSECustomerAlgorithm: "KMS" };
      answers.equal("copy-obj-wrong-target-sse-c-algo", await copy("none", target));
      const both = { ...source, ...customer, ServerSideEncryption: ALGORITHM };
      answers.equal("copy-obj-target-double-encryption", await copy("none", both));
    },
    { words: [MD5, '"b876fdc9f53c719dd2a6130ba9715a69"', '"5e04d65f8c04ad2392df8d14c98443a5"'] },
  );
}
