/** Versions of objects on the wire: whether a bucket keeps them, and their listing. */
import type { ListedVersion, Objects, Versioning } from "../../services/objects/index.ts";
import type { ListObjectVersionsRequest, S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { bucketName, callerOf, ownerOf } from "./s3-caller.ts";
import { invalidArgument, malformedXml, s3Error } from "./s3-errors.ts";
import { checkEncoding, encoder, pageSize } from "./s3-listings.ts";

export function versionDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketVersioning(input, context) {
      const status = await objects.getVersioning(callerOf(context), bucketName(input));
      return status === undefined ? {} : { Status: status };
    },

    async PutBucketVersioning(input, context) {
      const { Status: status, MFADelete } = input.VersioningConfiguration;
      if (status === undefined)
        throw s3Error(
          400,
          "IllegalVersioningConfigurationException",
          "The Versioning element must be specified",
        );
      if (MFADelete === "Enabled")
        throw s3Error(
          501,
          "NotImplemented",
          "Yunque has no devices for multi-factor authentication",
        );
      await objects.putVersioning(callerOf(context), bucketName(input), versioningOf(status));
    },

    ListObjectVersions: (input, context) => list(objects, input, context),
  };
}

function versioningOf(status: string): Versioning {
  if (status === "Enabled" || status === "Suspended") return status;
  throw malformedXml();
}

async function list(objects: Objects, input: ListObjectVersionsRequest, context: AwsContext) {
  const { Prefix = "", Delimiter, KeyMarker = "", EncodingType } = input;
  const version = input.VersionIdMarker || undefined;
  if (version !== undefined && KeyMarker === "")
    throw invalidArgument(
      "version-id-marker",
      version,
      "A version-id marker cannot be specified without a key marker.",
    );
  checkEncoding(EncodingType);
  const max = pageSize("max-keys", input.MaxKeys, "maxKeys");
  const found = await objects.listVersions(callerOf(context), {
    ...bucketName(input),
    prefix: Prefix,
    delimiter: Delimiter,
    afterKey: KeyMarker,
    afterVersion: version,
    max,
  });
  const text = encoder(EncodingType);
  const owner = ownerOf(context.account);
  const { prefixes, next } = found;
  const markers = found.versions.filter(({ value }) => "marker" in value);
  const versions = found.versions.filter(({ value }) => !("marker" in value));
  return {
    IsTruncated: next !== undefined,
    KeyMarker: text(KeyMarker),
    VersionIdMarker: version ?? "",
    ...(next && { NextKeyMarker: text(next.key) }),
    ...(next?.version !== undefined && { NextVersionIdMarker: next.version }),
    ...(versions.length > 0 && {
      Versions: versions.map((each) => ({ ...common(each, text, owner), ...described(each) })),
    }),
    ...(markers.length > 0 && { DeleteMarkers: markers.map((each) => common(each, text, owner)) }),
    Name: input.Bucket,
    Prefix: text(Prefix),
    ...(Delimiter && { Delimiter: text(Delimiter) }),
    MaxKeys: max,
    ...(prefixes.length > 0 && {
      CommonPrefixes: prefixes.map((prefix) => ({ Prefix: text(prefix) })),
    }),
    ...(EncodingType !== undefined && { EncodingType }),
  };
}

const common = (
  { key, latest, value }: ListedVersion,
  text: (key: string) => string,
  owner: { readonly ID: string },
) => ({
  Key: text(key),
  VersionId: value.version ?? "null",
  IsLatest: latest,
  LastModified: new Date(value.lastModified),
  Owner: owner,
});

function described({ value }: ListedVersion) {
  if ("marker" in value) return {};
  const { etag, checksum, size, storageClass } = value;
  return {
    ETag: `"${etag}"`,
    ChecksumAlgorithm: [checksum.algorithm],
    ChecksumType: checksum.type,
    Size: size,
    StorageClass: storageClass as "STANDARD",
  };
}
