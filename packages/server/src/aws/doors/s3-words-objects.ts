/** S3's words for what goes wrong with objects and their versions. */
import { limits } from "../../domain/object.ts";
import type { ObjectErrorCode } from "../../services/objects/index.ts";
import { invalidArgument, invalidRequest, s3Error, slowDown, type Words } from "./s3-errors.ts";

export const OBJECT_WORDS = {
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
} satisfies Partial<Record<ObjectErrorCode, Words>>;
