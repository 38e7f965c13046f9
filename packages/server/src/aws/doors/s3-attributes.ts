/** What describes an object, from the headers of a request and to those of an answer. */
import {
  type ContentHeaders,
  isStorageClass,
  type ObjectAttributes,
  type StorageClass,
  type StoredObject,
} from "../../domain/object.ts";
import { parseTagging, type Tag } from "../../domain/object-tags.ts";
import { invalidArgument, invalidRequest, notImplementedHeader, s3Error } from "./s3-errors.ts";

export interface AttributeInput {
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly StorageClass?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

/** S3 encrypts everything so, and says so. Bytes here lie as the disk keeps them: docs/reference/s3.md. */
export const ENCRYPTION = "AES256";

/** @throws AwsError where S3 would not take a storage class or the tags. */
export function attributesOf(input: AttributeInput): ObjectAttributes {
  const redirect = input.WebsiteRedirectLocation;
  if (redirect !== undefined && !/^(?:\/|https?:\/\/)/.test(redirect))
    throw s3Error(
      400,
      "InvalidRedirectLocation",
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    );
  return {
    ...descriptionOf(input),
    tags: taggingOf(input.Tagging),
    storageClass: storageClassOf(input.StorageClass) ?? "STANDARD",
    ...(redirect !== undefined && { websiteRedirect: redirect }),
  };
}

/** What a copy replaces with the directive REPLACE. */
export function descriptionOf(input: AttributeInput): {
  readonly headers: ContentHeaders;
  readonly metadata: Record<string, string>;
} {
  const headers = {
    type: input.ContentType,
    encoding: input.ContentEncoding,
    disposition: input.ContentDisposition,
    language: input.ContentLanguage,
    cacheControl: input.CacheControl,
    expires: input.Expires,
  };
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return { headers: Object.fromEntries(given), metadata: { ...input.Metadata } };
}

export function taggingOf(header: string | undefined): readonly Tag[] {
  if (header === undefined) return [];
  const tags = parseTagging(header);
  if (tags !== undefined) return tags;
  throw invalidArgument(
    "x-amz-tagging",
    header,
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
  );
}

export function storageClassOf(name: string | undefined): StorageClass | undefined {
  if (name === undefined || isStorageClass(name)) return name;
  throw s3Error(400, "InvalidStorageClass", "The storage class you specified is not valid");
}

/** The headers that come back with an object, whole or in part. */
export function attributeMembers(object: StoredObject) {
  const { headers, metadata, tags, storageClass, websiteRedirect } = object;
  return {
    AcceptRanges: "bytes",
    LastModified: new Date(object.lastModified),
    ETag: `"${object.etag}"`,
    ContentType: headers.type ?? "binary/octet-stream",
    ContentEncoding: headers.encoding,
    ContentDisposition: headers.disposition,
    ContentLanguage: headers.language,
    CacheControl: headers.cacheControl,
    Expires: headers.expires,
    Metadata: metadata,
    ServerSideEncryption: ENCRYPTION,
    WebsiteRedirectLocation: websiteRedirect,
    ...(storageClass !== "STANDARD" && { StorageClass: storageClass }),
    ...(tags.length > 0 && { TagCount: tags.length }),
  } as const;
}

interface UnsupportedInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly WriteOffsetBytes?: number | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

/** Refuses what would otherwise be acknowledged and not done: keys of one's own, locks, grants. @throws AwsError */
export function refuseUnsupported(input: UnsupportedInput): void {
  const { ServerSideEncryption: encryption, ACL } = input;
  if (encryption !== undefined && encryption !== ENCRYPTION) {
    if (!/^aws:kms(?::dsse)?$/.test(encryption))
      throw s3Error(400, "InvalidArgument", "The encryption method specified is not supported", {
        ArgumentName: "x-amz-server-side-encryption",
        ArgumentValue: encryption,
      });
    throw notImplementedHeader("x-amz-server-side-encryption");
  }
  if (input.SSECustomerAlgorithm ?? input.CopySourceSSECustomerAlgorithm)
    throw notImplementedHeader("x-amz-server-side-encryption-customer-algorithm");
  if (input.WriteOffsetBytes !== undefined) throw notImplementedHeader("x-amz-write-offset-bytes");
  const lock =
    input.ObjectLockMode ?? input.ObjectLockRetainUntilDate ?? input.ObjectLockLegalHoldStatus;
  if (lock !== undefined) throw invalidRequest("Bucket is missing Object Lock Configuration");
  const grants =
    input.GrantFullControl ?? input.GrantRead ?? input.GrantReadACP ?? input.GrantWriteACP;
  // S3 gives new buckets the ownership BucketOwnerEnforced, under which these two are the only ones that it takes.
  const owned = ACL === undefined || ACL === "private" || ACL === "bucket-owner-full-control";
  if (!owned || grants !== undefined)
    throw s3Error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
}
