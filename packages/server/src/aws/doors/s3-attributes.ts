/** What describes an object, from the headers of a request and to those of an answer. */
import {
  type ContentHeaders,
  isStorageClass,
  type ObjectAttributes,
  type StorageClass,
  type StoredObject,
} from "../../domain/object.ts";
import { parseTagging, type Tag } from "../../domain/object-tags.ts";
import type { AwsContext } from "../context.ts";
import { invalidArgument, notImplementedHeader, s3Error } from "./s3-errors.ts";
import { type GrantInput, objectGrants } from "./s3-grants.ts";
import { type EncryptionInput, encryptionMembers, encryptionOf } from "./s3-keys.ts";
import { type LockInput, lockMembers, locksOf } from "./s3-locks.ts";

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

type SettingsInput = GrantInput & EncryptionInput & LockInput;

type ObjectSettings = Pick<ObjectAttributes, "acl" | "encryption" | "retention" | "legalHold">;

/** @throws AwsError where S3 would not take a storage class or the tags. */
export function attributesOf(
  input: AttributeInput & SettingsInput,
  context: AwsContext,
): ObjectAttributes {
  const redirect = input.WebsiteRedirectLocation;
  if (redirect !== undefined && !/^(?:\/|https?:\/\/)/.test(redirect))
    throw s3Error(
      400,
      "InvalidRedirectLocation",
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    );
  return {
    ...descriptionOf(input),
    ...settingsOf(input, context),
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
export function attributeMembers(object: StoredObject, context: AwsContext) {
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
    ...encryptionMembers(object.encryption, context),
    ...lockMembers(object),
    WebsiteRedirectLocation: websiteRedirect,
    ...(storageClass !== "STANDARD" && { StorageClass: storageClass }),
    ...(tags.length > 0 && { TagCount: tags.length }),
  } as const;
}

/** What a request says of an object's owners, keys and locks: none of it is ever copied from elsewhere. @throws AwsError */
export function settingsOf(input: SettingsInput, context: AwsContext): ObjectSettings {
  const acl = objectGrants(input, context.account);
  return {
    ...(acl !== undefined && { acl }),
    ...encryptionOf(input, context),
    ...locksOf(input),
  };
}

/** @throws AwsError for what is a part of directory buckets only. */
export function refuseUnsupported(input: { readonly WriteOffsetBytes?: number | undefined }): void {
  if (input.WriteOffsetBytes !== undefined) throw notImplementedHeader("x-amz-write-offset-bytes");
}
