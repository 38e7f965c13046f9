/** S3's words for what goes wrong with objects. */
import { YunqueError } from "../../domain/errors.ts";
import type { NotificationRule } from "../../domain/notification.ts";
import { limits } from "../../domain/object.ts";
import { OBJECT_ERRORS, type ObjectErrorCode } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { AwsError } from "../error.ts";

// biome-ignore lint/suspicious/noExplicitAny: the details of an error are what its code says; each entry below knows its own.
type Details = Readonly<Record<string, any>>;
type Words = (details: Details) => AwsError;

/** An error as S3 gives it. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const s3Error = (
  status: number,
  code: string,
  message: string,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): AwsError => new AwsError(code, message, { status, members, headers });

/** `InvalidArgument` names the argument and what was given for it. */
export const invalidArgument = (name: string, value: unknown, message: string): AwsError =>
  s3Error(400, "InvalidArgument", message, { ArgumentName: name, ArgumentValue: value });

export const invalidRequest = (message: string): AwsError =>
  s3Error(400, "InvalidRequest", message);

/** A part of S3 that is not here, asked for by a header. */
export const notImplementedHeader = (header: string): AwsError =>
  s3Error(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    { Header: header },
  );

/** A configuration that the bucket does not have. */
export const missingConfiguration = (code: string, message: string, bucket: string): AwsError =>
  s3Error(404, code, message, { BucketName: bucket });

export const malformedXml = (): AwsError =>
  s3Error(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

/** Makes every method of a door speak S3's errors. */
export function wording(door: Door<S3Api>): Door<S3Api> {
  type Method = (input: unknown, context: AwsContext) => Promise<unknown>;
  const methods = Object.entries(door).map(([name, method]) => [
    name,
    (input: unknown, context: AwsContext) =>
      (method as Method)(input, context).catch((error: unknown) => {
        throw inWords(error);
      }),
  ]);
  return Object.fromEntries(methods);
}

/** What S3 says of an error; what is none of the objects' passes through. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (error.code === "StorageBusy") return slowDown();
  if (error.code === "StorageFull" || error.code === "StorageClosed")
    return s3Error(503, "ServiceUnavailable", "Service is unable to handle request.");
  return Object.hasOwn(OBJECT_ERRORS, error.code)
    ? WORDS[error.code as ObjectErrorCode](error.details)
    : error;
}

const slowDown = () => s3Error(503, "SlowDown", "Please reduce your request rate.");
const lower = (algorithm: unknown) => String(algorithm).toLowerCase();

const WORDS: Readonly<Record<ObjectErrorCode, Words>> = {
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

  NoSuchObject: ({ key, marker }) =>
    s3Error(
      404,
      "NoSuchKey",
      "The specified key does not exist.",
      { Key: key },
      marker === undefined ? {} : { "x-amz-delete-marker": "true", "x-amz-version-id": marker },
    ),
  NoSuchObjectVersion: ({ version, key }) =>
    s3Error(404, "NoSuchVersion", "The specified version does not exist.", {
      Key: key,
      VersionId: version,
    }),
  VersionIdInvalid: ({ version }) =>
    invalidArgument("versionId", version, "Invalid version id specified"),
  VersionIsMarker: ({ version, lastModified }) =>
    s3Error(
      405,
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
      { ResourceType: "DeleteMarker" },
      {
        allow: "DELETE",
        "x-amz-delete-marker": "true",
        "x-amz-version-id": version,
        "last-modified": new Date(lastModified).toUTCString(),
      },
    ),
  ObjectArchived: ({ storageClass }) =>
    s3Error(
      403,
      "InvalidObjectState",
      "The operation is not valid for the object's storage class",
      { StorageClass: storageClass },
    ),
  ObjectNotArchived: ({ storageClass }) =>
    s3Error(
      403,
      "InvalidObjectState",
      "Restore is not allowed for the object's current storage class",
      { StorageClass: storageClass },
    ),
  ObjectKeyTooLong: ({ size }) =>
    size > limits.keyBytes
      ? s3Error(400, "KeyTooLongError", "Your key is too long", {
          Size: size,
          MaxSizeAllowed: limits.keyBytes,
        })
      : s3Error(400, "InvalidURI", "Couldn't parse the specified URI."),
  MetadataTooLarge: ({ size }) =>
    s3Error(
      400,
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size",
      { Size: size, MaxSizeAllowed: limits.metadataBytes },
    ),
  ObjectTooLarge: ({ size }) =>
    s3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
      ProposedSize: size,
      MaxSizeAllowed: limits.putBytes,
    }),
  BodyIncomplete: ({ expected, provided }) =>
    s3Error(
      400,
      "IncompleteBody",
      "You did not provide the number of bytes specified by the Content-Length HTTP header",
      { NumberBytesExpected: expected, NumberBytesProvided: provided },
    ),
  ObjectUnchanged: ({ etag, lastModified }) =>
    s3Error(304, "NotModified", "Not Modified", {
      ETag: `"${etag}"`,
      LastModified: new Date(lastModified).toUTCString(),
    }),
  ObjectConditionFailed: ({ condition }) =>
    s3Error(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      { Condition: condition },
    ),
  ObjectWriteConflict: ({ condition, key }) =>
    s3Error(
      409,
      "ConditionalRequestConflict",
      "The conditional request cannot succeed due to a conflicting operation against this resource.",
      { Condition: condition, Key: key },
    ),
  ObjectBusy: slowDown,
  RangeUnsatisfiable: ({ range, size }) =>
    s3Error(416, "InvalidRange", "The requested range is not satisfiable", {
      RangeRequested: range,
      ActualObjectSize: size,
    }),
  PartNumberUnsatisfiable: ({ part, count }) =>
    s3Error(416, "InvalidPartNumber", "The requested partnumber is not satisfiable", {
      PartNumberRequested: part,
      ActualPartCount: count,
    }),
  CopyToItself: () =>
    invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    ),
  CopySourceTooLarge: () =>
    invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${limits.putBytes}`,
    ),
  CopyRangeInvalid: ({ range, size }) =>
    invalidArgument(
      "x-amz-copy-source-range",
      range,
      size === undefined
        ? "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
        : `Range specified is not valid for source object of size: ${size}`,
    ),

  DigestMalformed: ({ md5 }) =>
    s3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {
      "Content-MD5": md5,
    }),
  DigestMismatch: ({ expected, calculated }) =>
    s3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.", {
      ExpectedDigest: expected,
      CalculatedDigest: calculated,
    }),
  ChecksumMalformed: ({ algorithm }) =>
    invalidRequest(`Value for x-amz-checksum-${lower(algorithm)} header is invalid.`),
  ChecksumMismatch: ({ algorithm }) =>
    s3Error(
      400,
      "BadDigest",
      `The ${algorithm} you specified did not match the calculated checksum.`,
    ),
  ChecksumMissing: () =>
    s3Error(
      400,
      "MalformedTrailerError",
      "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    ),
  PayloadHashMismatch: ({ expected, calculated }) =>
    s3Error(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: calculated },
    ),

  NoSuchUpload: ({ upload }) =>
    s3Error(
      404,
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      { UploadId: upload },
    ),
  UploadMarkerInvalid: ({ upload }) =>
    invalidArgument("upload-id-marker", upload, "Invalid uploadId marker"),
  UploadChecksumMismatch: ({ expected, actual }) =>
    invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${lower(expected)}, actual checksum Type: ${lower(actual)}`,
    ),
  ChecksumTypeWithoutAlgorithm: () =>
    invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    ),
  ChecksumTypeUnsuitable: ({ type, algorithm }) =>
    invalidRequest(
      `The ${type} checksum type cannot be used with the ${lower(algorithm)} checksum algorithm.`,
    ),
  CompletionTypeMismatch: ({ type }) =>
    invalidRequest(
      `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
    ),
  CompletionChecksumMissing: ({ algorithm, part }) =>
    invalidRequest(
      `The upload was created using a ${lower(algorithm)} checksum. The complete request must include the checksum for each part. It was missing for part ${part} in the request.`,
    ),
  CompletionChecksumForeign: ({ algorithm, part }) =>
    s3Error(
      400,
      "BadDigest",
      `The ${lower(algorithm)} you specified for part ${part} did not match what we received.`,
    ),
  CompletionChecksumMismatch: ({ algorithm }) =>
    s3Error(
      400,
      "BadDigest",
      `The ${lower(algorithm)} you specified did not match the calculated checksum.`,
    ),
  CompletionSizeMismatch: ({ announced, size }) =>
    invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${announced} does not match what was computed: ${size}`,
    ),
  PartNumberInvalid: ({ number }) =>
    invalidArgument(
      "partNumber",
      number,
      "Part number must be an integer between 1 and 10000, inclusive",
    ),
  PartMissing: ({ part, etag, upload }) =>
    s3Error(
      400,
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { ETag: etag, PartNumber: part, UploadId: upload },
    ),
  PartsUnordered: ({ upload }) =>
    s3Error(
      400,
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
      { UploadId: upload },
    ),
  PartTooSmall: ({ size, part, etag }) =>
    s3Error(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      { ETag: etag, MinSizeAllowed: limits.smallestPart, PartNumber: part, ProposedSize: size },
    ),
  PartsMissing: () => invalidRequest("You must specify at least one part"),

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
  ObjectLocked: () =>
    s3Error(403, "AccessDenied", "Access Denied because object protected by object lock."),
  RetentionPast: () =>
    s3Error(400, "InvalidArgument", "The retain until date must be in the future!"),
  CustomerKeyMissing: () =>
    invalidRequest(
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    ),
  CustomerKeyWrong: () => s3Error(403, "AccessDenied", "Access Denied"),
  CustomerKeyNeedless: () =>
    invalidRequest("The encryption parameters are not applicable to this object."),
  UploadKeyMissing: () =>
    invalidRequest(
      "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
    ),
  UploadKeyForeign: () =>
    invalidRequest("The provided encryption parameters did not match the ones used originally."),
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
};

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
