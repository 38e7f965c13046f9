/** Tags of buckets and objects on the wire. */
import { YunqueError } from "../../domain/errors.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { S3Api, Tag } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf, versionName } from "./s3-caller.ts";

export function taggingDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketTagging(input, context) {
      return { TagSet: shown(await objects.getBucketTags(callerOf(context), bucketName(input))) };
    },

    async PutBucketTagging(input, context) {
      const tags = given(input.Tagging.TagSet);
      await objects.putBucketTags(callerOf(context), bucketName(input), tags);
    },

    async DeleteBucketTagging(input, context) {
      await objects.putBucketTags(callerOf(context), bucketName(input), []);
    },

    async GetObjectTagging(input, context) {
      const found = objects.getObjectTags(callerOf(context), versionName(input));
      const { tags, version } = await found.catch(withBucket);
      return { TagSet: shown(tags), VersionId: version };
    },

    async PutObjectTagging(input, context) {
      const tags = given(input.Tagging.TagSet);
      const put = await objects.putObjectTags(callerOf(context), versionName(input), tags);
      return { VersionId: put.version };
    },

    async DeleteObjectTagging(input, context) {
      const put = await objects.putObjectTags(callerOf(context), versionName(input), []);
      return { VersionId: put.version };
    },
  };
}

/** As recorded: here, and nowhere else, S3 names a key that is not there with its bucket. */
function withBucket(error: unknown): never {
  if (!(error instanceof YunqueError) || error.code !== "NoSuchObject") throw error;
  const { bucket, key } = error.details;
  throw new YunqueError(error.code, error.message, { ...error.details, key: `${bucket}/${key}` });
}

const given = (tags: readonly Tag[]) => tags.map(({ Key, Value }) => ({ key: Key, value: Value }));

const shown = (tags: readonly { readonly key: string; readonly value: string }[]) =>
  tags.map(({ key, value }) => ({ Key: key, Value: value }));
