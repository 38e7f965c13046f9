/** Putting, getting, describing, copying and deleting objects on the wire. */
import { limits } from "../../domain/object.ts";
import { contentRange } from "../../domain/object-range.ts";
import type { Deletion, FoundObject, Objects } from "../../services/objects/index.ts";
import type {
  CopyObjectRequest,
  DeleteObjectsRequest,
  GetObjectRequest,
  HeadObjectRequest,
  PutObjectRequest,
  S3Api,
} from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { AwsError } from "../error.ts";
import {
  attributeMembers,
  attributesOf,
  descriptionOf,
  refuseUnsupported,
  settingsOf,
  storageClassOf,
  taggingOf,
} from "./s3-attributes.ts";
import { bucketName, callerOf, objectName, versionName } from "./s3-caller.ts";
import { algorithmOf, checksumMembers, incomingOf } from "./s3-checksums.ts";
import { readConditions, writeConditions } from "./s3-conditions.ts";
import { copySource } from "./s3-copy-source.ts";
import { invalidRequest, malformedXml, notImplementedHeader } from "./s3-errors.ts";
import { customerKey, encryptionMembers } from "./s3-keys.ts";
import { expirationMember } from "./s3-lifecycle.ts";
import { inWords } from "./s3-words.ts";

export function objectDoor(objects: Objects): Door<S3Api> {
  return {
    async PutObject(input, context) {
      refuseUnsupported(input);
      const attributes = attributesOf(input, context);
      checkLockedBody(input);
      const put = await objects.putObject(callerOf(context), {
        ...objectName(input),
        attributes,
        body: { ...incomingOf(input, context), ...customerKey(input) },
        conditions: writeConditions(input),
        event: "Put",
      });
      const { checksum } = put;
      return {
        ETag: `"${put.etag}"`,
        ...encryptionMembers(put.encryption, context),
        ...checksumMembers(checksum),
        ChecksumType: checksum.type,
        VersionId: put.version,
        ...expirationMember(put.expiry),
      };
    },

    async GetObject(input, context) {
      const found = await objects.getObject(callerOf(context), readRequest(input));
      return { ...describe(found, input, context), Body: found.bytes };
    },

    async HeadObject(input, context) {
      const found = await objects.headObject(callerOf(context), readRequest(input));
      return describe(found, input, context);
    },

    CopyObject: (input, context) => copy(objects, input, context),

    async DeleteObject(input, context) {
      const { IfMatch, IfMatchLastModifiedTime, IfMatchSize, VersionId } = input;
      if (IfMatchLastModifiedTime) throw notImplementedHeader("x-amz-if-match-last-modified-time");
      if (IfMatchSize !== undefined) throw notImplementedHeader("x-amz-if-match-size");
      const version = VersionId || undefined;
      const bypass = input.BypassGovernanceRetention === true;
      const deletion = { ...objectName(input), ifMatch: IfMatch, version, bypass };
      const { marker } = await objects.deleteObject(callerOf(context), deletion);
      return { VersionId: version ?? marker, ...(marker !== undefined && { DeleteMarker: true }) };
    },

    DeleteObjects: (input, context) => deleteMany(objects, input, context),
  };
}

/** @throws AwsError where a version is to be kept and nobody says what its bytes must be. */
function checkLockedBody(input: PutObjectRequest): void {
  const locked =
    input.ObjectLockMode ?? input.ObjectLockRetainUntilDate ?? input.ObjectLockLegalHoldStatus;
  const claims = Object.keys(input).some((name) => /^(?:ContentMD5$|Checksum)/.test(name));
  if (locked !== undefined && !claims)
    throw invalidRequest(
      "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
    );
}

type ReadInput = GetObjectRequest | HeadObjectRequest;

function readRequest(input: ReadInput) {
  const { Range, PartNumber } = input;
  if (Range !== undefined && PartNumber !== undefined)
    throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  return {
    ...versionName(input),
    ...customerKey(input),
    conditions: readConditions(input),
    ...(Range !== undefined && { range: Range }),
    ...(PartNumber !== undefined && { part: PartNumber }),
  };
}

/** The headers of an object, for the range or part that was asked for. */
function describe(found: FoundObject, input: ReadInput, context: AwsContext) {
  const { object, range, part } = found;
  const { start, end } = range ?? { start: 0, end: object.size };
  if (range !== undefined) context.reply.status = 206;
  return {
    ...attributeMembers(object, context),
    VersionId: found.version,
    ...expirationMember(found.expiry),
    ...(found.restored !== undefined && {
      Restore: `ongoing-request="false", expiry-date="${new Date(found.restored).toUTCString()}"`,
    }),
    ContentLength: end - start,
    ...(range && { ContentRange: contentRange(range, object.size) }),
    ...(part && { PartsCount: part.count }),
    ...(input.ChecksumMode === "ENABLED" && checksumOf(found)),
    ...overrides(input),
  };
}

/** Of the whole where the whole is sent; of a part where S3 keeps one of its own. */
function checksumOf({ object, range, part }: FoundObject) {
  const { checksum, body, size } = object;
  const type = { ChecksumType: checksum.type };
  if (part !== undefined)
    return checksum.type === "COMPOSITE"
      ? { ...checksumMembers({ ...checksum, type: "", value: part.checksum }), ...type }
      : {};
  if (range !== undefined && range.end - range.start < size) return {};
  const parts = body.blob === undefined ? body.parts : undefined;
  return { ...checksumMembers(checksum, parts), ...type };
}

/** `response-content-type` and its like: what the answer's headers shall be. */
function overrides(input: ReadInput) {
  const given = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires?.toUTCString(),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function copy(objects: Objects, input: CopyObjectRequest, context: AwsContext) {
  const replaces = input.MetadataDirective === "REPLACE";
  const retags = input.TaggingDirective === "REPLACE";
  const { websiteRedirect } = attributesOf(input, context);
  const storageClass = storageClassOf(input.StorageClass);
  const algorithm = algorithmOf(input.ChecksumAlgorithm);
  const copied = await objects.copyObject(callerOf(context), {
    ...objectName(input),
    source: copySource(input),
    ...(replaces && { describe: descriptionOf(input) }),
    ...(retags && { tags: taggingOf(input.Tagging) }),
    ...(storageClass && { storageClass }),
    ...(websiteRedirect !== undefined && { websiteRedirect }),
    ...(algorithm && { algorithm }),
    ...customerKey(input),
    settings: settingsOf(input, context),
    encrypted: (input.ServerSideEncryption ?? input.SSECustomerAlgorithm) !== undefined,
    conditions: writeConditions(input),
  });
  const made = copied.object;
  return {
    CopySourceVersionId: copied.sourceVersion,
    VersionId: copied.version,
    ...expirationMember(copied.expiry),
    CopyObjectResult: {
      ETag: `"${made.etag}"`,
      LastModified: new Date(made.lastModified),
      ...checksumMembers(made.checksum),
      ChecksumType: made.checksum.type,
    },
    ...encryptionMembers(made.encryption, context),
  };
}

async function deleteMany(objects: Objects, input: DeleteObjectsRequest, context: AwsContext) {
  const { Objects: wanted, Quiet } = input.Delete;
  if (wanted.length === 0 || wanted.length > limits.keysPerDelete) throw malformedXml();
  const deletions: Deletion[] = wanted.map((each) => ({
    key: each.Key,
    ifMatch: each.ETag,
    version: each.VersionId || undefined,
    bypass: input.BypassGovernanceRetention === true,
  }));
  const results = await objects.deleteObjects(callerOf(context), bucketName(input), deletions);
  const named = wanted.map(({ Key, VersionId }) => ({ Key, ...(VersionId && { VersionId }) }));
  const errors = results.flatMap(({ failure }, index) =>
    failure === undefined ? [] : [{ ...named[index], ...codeAndMessage(failure) }],
  );
  const deleted = results.flatMap(({ failure, marker }, index) =>
    failure !== undefined
      ? []
      : [
          {
            ...named[index],
            ...(marker !== undefined && { DeleteMarker: true, DeleteMarkerVersionId: marker }),
          },
        ],
  );
  return {
    ...(Quiet !== true && deleted.length > 0 && { Deleted: deleted }),
    ...(errors.length > 0 && { Errors: errors }),
  };
}

function codeAndMessage(failure: unknown): { readonly Code: string; readonly Message: string } {
  const error = inWords(failure);
  if (error instanceof AwsError) return { Code: error.code, Message: error.message };
  return { Code: "InternalError", Message: "We encountered an internal error. Please try again." };
}
