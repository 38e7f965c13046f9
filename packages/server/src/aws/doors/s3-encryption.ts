/** How a bucket's new objects are encrypted where their requests say nothing, on the wire. */
import type { BucketEncryption, Objects } from "../../services/objects/index.ts";
import type { S3Api, ServerSideEncryptionRule } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { malformedXml, s3Error } from "./s3-errors.ts";

export function encryptionDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketEncryption(input, context) {
      const bucket = await objects.headBucket(callerOf(context), bucketName(input));
      const { algorithm, key, bucketKey = false } = bucket.encryption ?? { algorithm: "AES256" };
      if (algorithm === "none") return {};
      const ApplyServerSideEncryptionByDefault = {
        SSEAlgorithm: algorithm,
        ...(key !== undefined && { KMSMasterKeyID: key }),
      };
      return {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault, BucketKeyEnabled: bucketKey }],
        },
      };
    },

    async PutBucketEncryption(input, context) {
      const caller = callerOf(context);
      await objects.headBucket(caller, bucketName(input));
      const [rule, ...more] = input.ServerSideEncryptionConfiguration.Rules;
      if (rule === undefined || more.length > 0) throw malformedXml();
      await objects.putEncryption(caller, bucketName(input), encryptionOf(rule));
    },

    async DeleteBucketEncryption(input, context) {
      await objects.putEncryption(callerOf(context), bucketName(input), { algorithm: "none" });
    },
  };
}

function encryptionOf(rule: ServerSideEncryptionRule): BucketEncryption {
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: key } =
    rule.ApplyServerSideEncryptionByDefault ?? {};
  const bucketKey = rule.BucketKeyEnabled === true;
  if (algorithm === "AES256") {
    if (key === undefined) return { algorithm: "AES256", bucketKey };
    throw s3Error(
      400,
      "InvalidArgument",
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      { ArgumentName: "ApplyServerSideEncryptionByDefault" },
    );
  }
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") throw malformedXml();
  return { algorithm: algorithm as "aws:kms", bucketKey, ...(key !== undefined && { key }) };
}
