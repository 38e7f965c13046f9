/** Tags of buckets and objects on the wire. */
import { YunqueError } from "../../domain/errors.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { S3Api, Tag } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf, objectName } from "./s3-caller.ts";
import { refuseVersion } from "./s3-objects.ts";

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
      refuseVersion(input.VersionId, input.Key);
      const tags = objects.getObjectTags(callerOf(context), objectName(input));
      return { TagSet: shown(await tags.catch(withBucket)) };
    },

    async PutObjectTagging(input, context) {
      refuseVersion(input.VersionId, input.Key);
      const tags = given(input.Tagging.TagSet);
      await objects.putObjectTags(callerOf(context), objectName(input), tags);
      return {};
    },

    async DeleteObjectTagging(input, context) {
      refuseVersion(input.VersionId, input.Key);
      await objects.putObjectTags(callerOf(context), objectName(input), []);
      return {};
    },
  };
}

/** As recorded: here, and nowhere else, S3 names a key that is not there with its bucket. */
function withBucket(error: unknown): never {
  if (!(error instanceof YunqueError) || error.code !== "NoSuchObject") throw error;
  const { bucket, key } = error.details;
  throw new YunqueError(error.code, error.message, { key: `${bucket}/${key}` });
}

const given = (tags: readonly Tag[]) => tags.map(({ Key, Value }) => ({ key: Key, value: Value }));

const shown = (tags: readonly { readonly key: string; readonly value: string }[]) =>
  tags.map(({ key, value }) => ({ Key: key, Value: value }));
