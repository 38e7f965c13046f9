import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with buckets and objects. docs/reference/errors.md repeats it. */
export type ObjectErrorCode = keyof typeof OBJECT_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });
const later = (meaning: string): ErrorEntry => ({ fault: "user", retryable: true, meaning });

export const OBJECT_ERRORS = {
  NoSuchBucket: user("There is no bucket of this name in the account."),
  BucketExists: user("The account has a bucket of this name already."),
  BucketNotEmpty: user("A bucket is deleted empty: delete its objects first."),
  BucketNameInvalid: user("The name is none that S3 allows for a bucket."),
  BucketBusy: later(
    "The bucket is being deleted. The same call finds it gone, or back, in a moment.",
  ),
  BucketOwnerMismatch: user("The bucket is not owned by the account that the request expects."),
  LocationInvalid: user("The location constraint names no region."),
  LocationIllegal: user(
    "A regional endpoint creates buckets in its own region, and wants to be told.",
  ),

  NoSuchObject: user("There is no object of this key."),
  NoSuchObjectVersion: user("The object has no version of this id."),
  VersionIdInvalid: user("The version id is none that S3 could have given."),
  VersionIsMarker: user("The version is a delete marker: there is nothing to read or to describe."),
  ObjectArchived: user("The object's storage class is an archive: it cannot be read."),
  ObjectNotArchived: user("Only what is in an archive is restored from there."),
  ObjectKeyTooLong: user("A key has 1 to 1,024 bytes of UTF-8."),
  MetadataTooLarge: user("User metadata has at most 2 KB, names and values together."),
  ObjectTooLarge: user("One put or part has at most 5 GB: use a multipart upload."),
  BodyIncomplete: later("The body ended before, or went on after, the length that was announced."),
  ObjectUnchanged: user("The object is the one that the client has already."),
  ObjectConditionFailed: user("A condition of the request does not hold for the object."),
  ObjectWriteConflict: later("The object was written while the multipart upload was under way."),
  ObjectBusy: later("Too many writers changed the same object at once. Try again."),
  RangeUnsatisfiable: user("The range lies outside of the object."),
  PartNumberUnsatisfiable: user("The object has no part of this number."),
  CopyToItself: user("A copy onto itself must change something besides the bytes."),
  CopySourceTooLarge: user("One copy has at most 5 GB: copy it in parts."),
  CopyRangeInvalid: user("The range lies outside of the copy's source."),

  DigestMalformed: user("Content-MD5 is no base64 of 16 bytes."),
  DigestMismatch: user("The bytes do not have the MD5 that was announced."),
  ChecksumMalformed: user("The checksum is no base64 of its algorithm's size."),
  ChecksumMismatch: user("The bytes do not have the checksum that was announced."),
  ChecksumMissing: user("A trailing checksum was announced and did not come."),
  PayloadHashMismatch: user("The bytes do not have the SHA-256 that was signed."),

  NoSuchUpload: user("The multipart upload does not exist: wrong id, aborted, or completed."),
  UploadMarkerInvalid: user("The upload id marker belongs to another key than the key marker."),
  UploadChecksumMismatch: user("A part's checksum is of another algorithm than the upload's."),
  ChecksumTypeWithoutAlgorithm: user("A checksum type needs a checksum algorithm."),
  ChecksumTypeUnsuitable: user("The algorithm has no checksum of this type."),
  CompletionTypeMismatch: user("The upload was created with another checksum type."),
  CompletionChecksumMissing: user(
    "Every part of a composite upload is completed with its checksum.",
  ),
  CompletionChecksumForeign: user("A part is completed with a checksum of another algorithm."),
  CompletionChecksumMismatch: user(
    "The parts together do not have the checksum that was announced.",
  ),
  CompletionSizeMismatch: user("The parts do not have the size that was announced."),
  PartNumberInvalid: user("Parts are numbered from 1 to 10,000."),
  PartMissing: user("A part was not uploaded, or with another entity tag or checksum."),
  PartsUnordered: user("Parts are listed in ascending order."),
  PartTooSmall: user("Every part but the last has at least 5 MB."),
  PartsMissing: user("A multipart upload is completed with at least one part."),

  ConfigurationMissing: user("The bucket has no configuration of this id."),
  ConfigurationsTooMany: user("A bucket has at most 1,000 configurations of a kind."),
  VersioningPinned: user("A bucket whose versions may be locked keeps versions for good."),
  LockingNeedsVersions: user("Only a bucket that keeps versions can lock them."),
  LockingDisabled: user("The bucket does not lock versions."),
  ObjectLocked: user("The version is locked: nobody may delete it or shorten its retention yet."),
  RetentionPast: user("A version is retained until a time in the future."),

  CustomerKeyMissing: user("The object lies under a key of the client, which the request lacks."),
  CustomerKeyWrong: user("The key is not the one under which the object lies."),
  CustomerKeyNeedless: user("The object lies under no key of a client."),
  UploadKeyMissing: user("The parts of the upload lie under a key of the client."),
  UploadKeyForeign: user("The key is not the one with which the upload began."),
  AclsDisabled: user("The bucket's owner owns its objects: access control lists count nothing."),

  NoTags: user("The bucket has no tags."),
  TagInvalid: user("A tag breaks a rule: see `fault` in the details."),
  TokenInvalid: user("The continuation token is none that a listing gave."),
  NotificationRuleInvalid: user("A notification rule breaks a rule: see `fault` in the details."),
  DestinationMissing: user("A destination of a notification does not exist."),
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table. The door words it; `details` are what its words need. */
export function objectError(
  code: ObjectErrorCode,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError {
  return new YunqueError(code, OBJECT_ERRORS[code].meaning, details);
}
