import type { Part, StoredObject } from "../../domain/object.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { GetObjectAttributesRequest, S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { callerOf, versionName } from "./s3-caller.ts";
import { checksumMembers } from "./s3-checksums.ts";
import { invalidArgument } from "./s3-errors.ts";
import { customerKey } from "./s3-keys.ts";
import { pageSize } from "./s3-listings.ts";

const ATTRIBUTES: readonly string[] = [
  "ETag",
  "Checksum",
  "ObjectParts",
  "StorageClass",
  "ObjectSize",
];

/** What somebody wants to know of an object without its bytes, and no more than that. */
export function objectAttributesDoor(objects: Objects): Door<S3Api> {
  return {
    async GetObjectAttributes(input, context) {
      const { ObjectAttributes: wanted } = input;
      const unknown = wanted.find((name) => !ATTRIBUTES.includes(name));
      if (unknown !== undefined)
        throw invalidArgument(
          "x-amz-object-attributes",
          unknown,
          "Invalid attribute name specified.",
        );
      const name = { ...versionName(input), ...customerKey(input) };
      const { object, parts, version } = await objects.describeObject(callerOf(context), name);
      const { checksum } = object;
      const wants = (name: (typeof wanted)[number]) => wanted.includes(name);
      return {
        LastModified: new Date(object.lastModified),
        VersionId: version,
        ...(wants("ETag") && { ETag: object.etag }),
        ...(wants("Checksum") && {
          Checksum: { ...checksumMembers(checksum), ChecksumType: checksum.type },
        }),
        ...(wants("ObjectParts") &&
          object.body.blob === undefined && {
            ObjectParts: partsOf(object, parts, input),
          }),
        ...(wants("StorageClass") && { StorageClass: object.storageClass }),
        ...(wants("ObjectSize") && { ObjectSize: object.size }),
      };
    },
  };
}

/** The parts one by one are known only of objects that keep a checksum of each. */
function partsOf(
  { checksum }: StoredObject,
  parts: readonly Part[],
  input: GetObjectAttributesRequest,
) {
  const total = { TotalPartsCount: parts.length };
  if (checksum.type !== "COMPOSITE") return total;
  const { PartNumberMarker: after = 0 } = input;
  const max = pageSize("max-parts", input.MaxParts);
  const rest = parts.filter((part) => part.number > after);
  const page = rest.slice(0, max).map((part) => ({
    PartNumber: part.number,
    Size: part.size,
    ...checksumMembers({ algorithm: checksum.algorithm, value: part.checksum }),
  }));
  return {
    ...total,
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.PartNumber ?? 0,
    MaxParts: max,
    IsTruncated: rest.length > max,
    ...(page.length > 0 && { Parts: page }),
  };
}
