import {
  DeleteBucketTaggingCommand,
  DeleteObjectTaggingCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketTaggingCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import type { Recordings } from "../harness.ts";
import { newName, type S3Fixture } from "./fixture.ts";

const tag = (Key: string, Value: string): Tag => ({ Key, Value });

/** Tags of buckets and objects, and which of them are refused. */
export function playTagging({ play }: Recordings, s3: () => S3Fixture): void {
  const bucketTags = (Bucket: string) => s3().send(new GetBucketTaggingCommand({ Bucket }));
  const tagBucket = (Bucket: string, TagSet: Tag[]) =>
    s3().send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  const objectTags = (Bucket: string, Key: string) =>
    s3().send(new GetObjectTaggingCommand({ Bucket, Key }));
  const tagObject = (Bucket: string, Key: string, TagSet: Tag[]) =>
    s3().send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
  const untagObject = (Bucket: string, Key: string) =>
    s3().send(new DeleteObjectTaggingCommand({ Bucket, Key }));
  const get = (Bucket: string, Key: string) =>
    s3().send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));

  play("TestS3BucketObjectTagging::test_bucket_tagging_crud", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("get-bucket-tags-empty", await bucketTags(bucket));
    answers.equal(
      "put-bucket-tags",
      await tagBucket(bucket, [tag("tag1", "tag1"), tag("tag2", "")]),
    );
    answers.equal("get-bucket-tags", await bucketTags(bucket));
    answers.equal("put-bucket-tags-overwrite", await tagBucket(bucket, [tag("tag3", "tag3")]));
    answers.equal("get-bucket-tags-overwritten", await bucketTags(bucket));
    const gone = new DeleteBucketTaggingCommand({ Bucket: bucket });
    answers.equal("delete-bucket-tags", await s3().send(gone));
    answers.equal("put-bucket-tags-empty", await tagBucket(bucket, []));
  });

  play("TestS3BucketObjectTagging::test_put_bucket_tagging_none_value", async (answers) => {
    const bucket = await s3().bucket();
    answers.equal("put-bucket-tags-origin", await tagBucket(bucket, [tag("tag1", "tag1")]));
    answers.equal("put-none-tag-set", await tagBucket(bucket, []));
    answers.equal("no-such-tag-set", await bucketTags(bucket));
  });

  play("TestS3BucketObjectTagging::test_object_tagging_crud", async (answers) => {
    const bucket = await s3().bucket();
    const key = "test-object";
    answers.equal("put-object", await s3().put(bucket, key, "test-tagging"));
    answers.equal("get-object-tags-empty", await objectTags(bucket, key));
    const tags = [tag("tag1", "tag1"), tag("tag2", "")];
    answers.equal("put-object-tags", await tagObject(bucket, key, tags));
    answers.equal("get-object-tags", await objectTags(bucket, key));
    answers.equal("put-object-tags-overwrite", await tagObject(bucket, key, [tag("tag3", "tag3")]));
    answers.equal("get-object-tags-overwritten", await objectTags(bucket, key));
    answers.equal("get-obj-after-tags", await get(bucket, key));
    answers.equal("delete-object-tags", await untagObject(bucket, key));
    answers.equal("get-object-tags-deleted", await objectTags(bucket, key));
    answers.equal("get-obj-after-tags-deleted", await get(bucket, key));
  });

  play("TestS3BucketObjectTagging::test_put_object_with_tags", async (answers) => {
    const bucket = await s3().bucket();
    const key = "test-object";
    const put = (Tagging: string) => s3().put(bucket, key, "test-tagging", { Tagging });
    answers.equal("put-object", await put("tag1=tag1&tag2=tag2&tag="));
    answers.equal("get-object-tags", await objectTags(bucket, key));
    answers.equal("put-object-tags", await tagObject(bucket, key, [tag("tag3", "tag3")]));
    answers.equal("get-object-tags-override", await objectTags(bucket, key));
    const head = new HeadObjectCommand({ Bucket: bucket, Key: key });
    answers.equal("head-obj", await s3().send(head));
    answers.equal("get-obj", await get(bucket, key));
    await put("wrongquery&wrongagain");
    answers.equal("get-object-tags-wrong-format-qs", await objectTags(bucket, key));
    await put("key1&&&key2");
    answers.equal("get-object-tags-wrong-format-qs-2", await objectTags(bucket, key));
  });

  play("TestS3BucketObjectTagging::test_object_tagging_exc", async (answers) => {
    const [bucket, nowhere] = [await s3().bucket(), newName()];
    const tags = [tag("tag1", "tag1")];
    answers.equal("get-no-bucket-tags", await objectTags(nowhere, "fake-key"));
    answers.equal("delete-no-bucket-tags", await untagObject(nowhere, "fake-key"));
    answers.equal("put-no-bucket-tags", await tagObject(nowhere, "fake-key", tags));
    answers.equal("get-no-key-tags", await objectTags(bucket, "fake-key"));
    answers.equal("delete-no-key-tags", await untagObject(bucket, "fake-key"));
    answers.equal("put-no-key-tags", await tagObject(bucket, "fake-key", tags));
    const put = (Tagging: string) => s3().put(bucket, "key", "test", { Tagging });
    answers.equal("put-obj-duplicate-tagging", await put("key1=val1&key1=val2"));
    answers.equal("put-obj-wrong-format", await put("key1=val1,key2=val2"));
  });

  play("TestS3BucketObjectTagging::test_tagging_validation", async (answers) => {
    const bucket = await s3().bucket();
    await s3().put(bucket, "key", "test");
    const none = undefined as unknown as string;
    const twice = [tag("Key1", "Val1"), tag("Key1", "Val1")];
    const cases: [name: string, objects: string, tags: Tag[]][] = [
      ["duplicate-keys", "duplicate-keys", twice],
      ["invalid-key", "invalid-field", [tag("Key1,Key2", "Val1")]],
      ["none-key", "none-key", [tag(none, "Val1")]],
      ["invalid-value", "", [tag("Key1", "Val1,Val2")]],
      ["none-value", "none-value", [tag("Key1", none)]],
      ["aws-prefixed", "aws-prefixed", [tag("aws:prefixed", "Val1")]],
    ];
    for (const [ofBuckets, ofObjects, tags] of cases) {
      answers.equal(`put-bucket-tags-${ofBuckets}`, await tagBucket(bucket, tags));
      if (ofObjects !== "")
        answers.equal(`put-object-tags-${ofObjects}`, await tagObject(bucket, "key", tags));
    }
  });
}
