/** Policies of buckets on the wire. They are checked, kept and shown; who may do what comes with identities. */
import { findPolicyFault, isPublicPolicy, POLICY_BYTES } from "../../domain/bucket-policy.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { missingConfiguration, s3Error } from "./s3-errors.ts";
import { publicAccess } from "./s3-settings.ts";

export function policyDoor(objects: Objects): Door<S3Api> {
  const policyOf = async (input: Parameters<typeof bucketName>[0], context: AwsContext) => {
    const name = { ...bucketName(input), kind: "policy" } as const;
    const found = await objects.getConfiguration(callerOf(context), name);
    if (found !== undefined) return (found as { readonly policy: string }).policy;
    throw missingConfiguration(
      "NoSuchBucketPolicy",
      "The bucket policy does not exist",
      input.Bucket,
    );
  };
  return {
    async GetBucketPolicy(input, context) {
      return { Policy: await policyOf(input, context) };
    },

    async GetBucketPolicyStatus(input, context) {
      return { PolicyStatus: { IsPublic: isPublicPolicy(await policyOf(input, context)) } };
    },

    async PutBucketPolicy(input, context) {
      const { Bucket, Policy: policy } = input;
      const name = { ...bucketName(input), kind: "policy" } as const;
      const caller = callerOf(context);
      await objects.headBucket(caller, name);
      if (Buffer.byteLength(policy) > POLICY_BYTES)
        throw s3Error(400, "PolicyTooLarge", "Policy exceeds the maximum allowed document size.");
      const fault = findPolicyFault(policy, Bucket);
      if (fault !== undefined) throw s3Error(400, "MalformedPolicy", fault);
      const block = await publicAccess(objects, input, context);
      if (block?.BlockPublicPolicy === true && isPublicPolicy(policy))
        throw s3Error(
          403,
          "AccessDenied",
          `User: arn:aws:iam::${context.account}:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${Bucket}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
        );
      await objects.putConfiguration(caller, name, { policy });
      context.reply.status = 204;
    },

    async DeleteBucketPolicy(input, context) {
      const name = { ...bucketName(input), kind: "policy" } as const;
      await objects.deleteConfiguration(callerOf(context), name);
    },
  };
}
