/** Small settings of buckets on the wire: owners, acceleration, who pays, logs of accesses, who may be let in. */
import { YunqueError } from "../../domain/errors.ts";
import type { Objects, Ownership } from "../../services/objects/index.ts";
import type {
  BucketLoggingStatus,
  LoggingEnabled,
  PublicAccessBlockConfiguration,
  PutBucketLoggingRequest,
  S3Api,
} from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { invalidRequest, malformedXml, missingConfiguration, s3Error } from "./s3-errors.ts";

export function settingsDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketOwnershipControls(input, context) {
      const bucket = await objects.headBucket(callerOf(context), bucketName(input));
      const { ownership = "BucketOwnerEnforced" } = bucket;
      if (ownership === "none")
        throw missingConfiguration(
          "OwnershipControlsNotFoundError",
          "The bucket ownership controls were not found",
          input.Bucket,
        );
      return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
    },

    async PutBucketOwnershipControls(input, context) {
      const [rule, ...more] = input.OwnershipControls.Rules;
      if (rule === undefined || more.length > 0 || !isOwnership(rule.ObjectOwnership))
        throw malformedXml();
      await objects.putOwnership(callerOf(context), bucketName(input), rule.ObjectOwnership);
    },

    async DeleteBucketOwnershipControls(input, context) {
      await objects.putOwnership(callerOf(context), bucketName(input), "none");
    },

    async GetBucketAccelerateConfiguration(input, context) {
      const name = { ...bucketName(input), kind: "accelerate" } as const;
      const found = await objects.getConfiguration(callerOf(context), name);
      return (found as { readonly Status: "Enabled" } | undefined) ?? {};
    },

    async PutBucketAccelerateConfiguration(input, context) {
      const { Status } = input.AccelerateConfiguration;
      if (Status !== "Enabled" && Status !== "Suspended") throw malformedXml();
      if (input.Bucket.includes("."))
        throw invalidRequest(
          "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        );
      const name = { ...bucketName(input), kind: "accelerate" } as const;
      await objects.putConfiguration(callerOf(context), name, { Status });
    },

    async GetBucketRequestPayment(input, context) {
      const name = { ...bucketName(input), kind: "payment" } as const;
      const found = await objects.getConfiguration(callerOf(context), name);
      return (found as { readonly Payer: "Requester" } | undefined) ?? { Payer: "BucketOwner" };
    },

    async PutBucketRequestPayment(input, context) {
      const { Payer } = input.RequestPaymentConfiguration;
      if (Payer !== "Requester" && Payer !== "BucketOwner") throw malformedXml();
      const name = { ...bucketName(input), kind: "payment" } as const;
      await objects.putConfiguration(callerOf(context), name, { Payer });
    },

    async GetBucketLogging(input, context) {
      const name = { ...bucketName(input), kind: "logging" } as const;
      const found = await objects.getConfiguration(callerOf(context), name);
      return found === undefined ? {} : { LoggingEnabled: found as LoggingEnabled };
    },

    PutBucketLogging: (input, context) => putLogging(objects, input, context),

    async GetPublicAccessBlock(input, context) {
      const found = await publicAccess(objects, input, context);
      if (found !== undefined) return { PublicAccessBlockConfiguration: found };
      throw missingConfiguration(
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
        input.Bucket,
      );
    },

    async PutPublicAccessBlock(input, context) {
      const given = input.PublicAccessBlockConfiguration;
      const document = Object.fromEntries(
        Object.keys(BLOCKED).map((key) => [key, given[key as keyof typeof given] === true]),
      );
      const name = { ...bucketName(input), kind: "public-access" } as const;
      await objects.putConfiguration(callerOf(context), name, document);
    },

    async DeletePublicAccessBlock(input, context) {
      const name = { ...bucketName(input), kind: "public-access" } as const;
      await objects.putConfiguration(callerOf(context), name, { deleted: true });
    },
  };
}

/** As AWS gives it to new buckets. */
const BLOCKED: Required<PublicAccessBlockConfiguration> = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** Undefined where it was deleted. */
export async function publicAccess(
  objects: Objects,
  input: Parameters<typeof bucketName>[0],
  context: AwsContext,
): Promise<PublicAccessBlockConfiguration | undefined> {
  const name = { ...bucketName(input), kind: "public-access" } as const;
  const found = await objects.getConfiguration(callerOf(context), name);
  if (found === undefined) return BLOCKED;
  return "deleted" in found ? undefined : found;
}

export const isOwnership = (name: string | undefined): name is Ownership =>
  name === "BucketOwnerEnforced" || name === "BucketOwnerPreferred" || name === "ObjectWriter";

async function putLogging(objects: Objects, input: PutBucketLoggingRequest, context: AwsContext) {
  const status: BucketLoggingStatus = input.BucketLoggingStatus;
  const caller = callerOf(context);
  const name = { ...bucketName(input), kind: "logging" } as const;
  const bucket = await objects.headBucket(caller, name);
  const { LoggingEnabled: enabled } = status;
  if (enabled === undefined) return objects.deleteConfiguration(caller, name);
  const { TargetBucket } = enabled;
  const target = await objects.headBucket(caller, { bucket: TargetBucket }).catch(unlessMissing);
  if (target === undefined)
    throw s3Error(
      400,
      "InvalidTargetBucketForLogging",
      "The target bucket for logging does not exist",
      { TargetBucket },
    );
  if (target.region !== bucket.region)
    throw s3Error(
      403,
      "CrossLocationLoggingProhibitted",
      "Cross S3 location logging not allowed. ",
      { TargetBucketLocation: target.region },
    );
  return objects.putConfiguration(caller, name, enabled);
}

function unlessMissing(error: unknown): undefined {
  const missing = ["NoSuchBucket", "BucketNameInvalid"];
  if (error instanceof YunqueError && missing.includes(error.code)) return undefined;
  throw error;
}
