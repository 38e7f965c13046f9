/** S3's words for what goes wrong with buckets and what they are told of themselves. */
import type { NotificationRule } from "../../domain/notification.ts";
import type { ObjectErrorCode } from "../../services/objects/index.ts";
import type { AwsError } from "../error.ts";
import { type Details, invalidArgument, invalidRequest, s3Error, type Words } from "./s3-errors.ts";

export const BUCKET_WORDS = {
  NoSuchBucket: ({ bucket }) =>
    s3Error(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName: bucket }),
  BucketExists: ({ bucket }) =>
    s3Error(
      409,
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
      { BucketName: bucket },
    ),
  BucketNotEmpty: ({ bucket }) =>
    s3Error(409, "BucketNotEmpty", "The bucket you tried to delete is not empty", {
      BucketName: bucket,
    }),
  BucketNameInvalid: ({ bucket }) =>
    s3Error(400, "InvalidBucketName", "The specified bucket is not valid.", { BucketName: bucket }),
  BucketBusy: () =>
    s3Error(
      409,
      "OperationAborted",
      "A conflicting conditional operation is currently in progress against this resource. Please try again.",
    ),
  BucketOwnerMismatch: () => s3Error(403, "AccessDenied", "Access Denied"),
  LocationInvalid: ({ location }) =>
    s3Error(400, "InvalidLocationConstraint", "The specified location-constraint is not valid", {
      LocationConstraint: location,
    }),
  LocationIllegal: ({ location = "unspecified" }) =>
    s3Error(
      400,
      "IllegalLocationConstraintException",
      `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    ),
  ConfigurationMissing: () =>
    s3Error(404, "NoSuchConfiguration", "The specified configuration does not exist."),
  ConfigurationsTooMany: () =>
    s3Error(
      400,
      "TooManyConfigurations",
      "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
    ),
  VersioningPinned: () =>
    s3Error(
      409,
      "InvalidBucketState",
      "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    ),
  LockingNeedsVersions: () =>
    s3Error(
      409,
      "InvalidBucketState",
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    ),
  LockingDisabled: () => invalidRequest("Bucket is missing Object Lock Configuration"),
  AclsDisabled: () =>
    s3Error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"),
  NoTags: ({ bucket }) =>
    s3Error(404, "NoSuchTagSet", "The TagSet does not exist", { BucketName: bucket }),
  TagInvalid: tagInvalid,
  TokenInvalid: () =>
    s3Error(400, "InvalidArgument", "The continuation token provided is incorrect", {
      ArgumentName: "continuation-token",
    }),
  NotificationRuleInvalid: ruleInvalid,
  DestinationMissing: ({ missing }) => destinationMissing(missing),
} satisfies Partial<Record<ObjectErrorCode, Words>>;

function tagInvalid({ fault, key, value, bucket, limit }: Details): AwsError {
  if (fault === "tooMany")
    return s3Error(
      400,
      "BadRequest",
      bucket
        ? `Bucket tag count cannot be greater than ${limit}`
        : `Object tags cannot be greater than ${limit}`,
    );
  const reserved = bucket
    ? "System tags cannot be added/updated by requester"
    : "Your TagKey cannot be prefixed with aws:";
  const messages: Readonly<Record<string, string>> = {
    duplicate: "Cannot provide multiple Tags with the same key",
    key: "The TagKey you have provided is invalid",
    value: "The TagValue you have provided is invalid",
    reserved,
  };
  const members = { TagKey: key, ...(fault === "value" && { TagValue: value }) };
  return s3Error(400, "InvalidTag", messages[fault] ?? "", members);
}

function ruleInvalid({ fault, event }: Details): AwsError {
  if (fault === "event")
    return invalidArgument("Event", event, "A specified event is not supported for notifications");
  const messages: Readonly<Record<string, string>> = {
    sameId: "Same ID used for multiple configurations. IDs must be unique",
    overlap:
      "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
    ambiguous:
      "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
  };
  return s3Error(400, "InvalidArgument", messages[fault] ?? "");
}

function destinationMissing(missing: readonly NotificationRule[]): AwsError {
  const names = { function: "Lambda function", queue: "queue", topic: "topic" };
  const members = missing.flatMap(({ kind, destination }, index) => [
    [`ArgumentName${index + 1}`, destination],
    [`ArgumentValue${index + 1}`, `The destination ${names[kind]} does not exist`],
  ]);
  return s3Error(
    400,
    "InvalidArgument",
    "Unable to validate the following destination configurations",
    Object.fromEntries(members),
  );
}
