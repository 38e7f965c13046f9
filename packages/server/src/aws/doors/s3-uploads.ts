/** Multipart uploads on the wire. */
import type { Checksum, ChecksumType } from "../../domain/checksum.ts";
import type { Part, Upload } from "../../domain/object.ts";
import type { ChosenPart, Objects, StoredPart } from "../../services/objects/index.ts";
import type { CompletedPart, CompleteMultipartUploadRequest, S3Api } from "../api/s3.ts";
import type { AwsContext, Door } from "../context.ts";
import { attributesOf } from "./s3-attributes.ts";
import { callerOf, objectName, ownerOf, uploadName } from "./s3-caller.ts";
import { algorithmOf, checksumMembers, givenChecksums, incomingOf } from "./s3-checksums.ts";
import { writeConditions } from "./s3-conditions.ts";
import { copySource } from "./s3-copy-source.ts";
import { invalidRequest, malformedXml } from "./s3-errors.ts";
import { customerKey, encryptionMembers } from "./s3-keys.ts";
import { abortMembers, expirationMember } from "./s3-lifecycle.ts";
import { pageSize } from "./s3-listings.ts";
import { objectUrl } from "./s3-url.ts";

export function uploadDoor(objects: Objects): Door<S3Api> {
  return {
    async CreateMultipartUpload(input, context) {
      const algorithm = algorithmOf(input.ChecksumAlgorithm);
      const checksumType = typeOf(input.ChecksumType);
      const upload = await objects.createUpload(callerOf(context), {
        ...objectName(input),
        attributes: attributesOf(input, context),
        ...(algorithm && { algorithm }),
        ...(checksumType && { checksumType }),
      });
      return {
        Bucket: input.Bucket,
        Key: input.Key,
        UploadId: upload.id,
        ...abortMembers(upload.abort),
        ...encryptionMembers(upload.encryption, context),
        ...kindOfChecksum(upload),
      };
    },

    async UploadPart(input, context) {
      const body = { ...incomingOf(input, context), ...customerKey(input) };
      const request = { ...uploadName(input), number: input.PartNumber, body };
      const stored = await objects.uploadPart(callerOf(context), request);
      return {
        ETag: `"${stored.part.etag}"`,
        ...encryptionMembers(stored.encryption, context),
        ...shownChecksum(stored),
      };
    },

    async UploadPartCopy(input, context) {
      const range = input.CopySourceRange;
      const source = { ...copySource(input), ...(range !== undefined && { range }) };
      const name = { ...uploadName(input), ...customerKey(input) };
      const request = { ...name, number: input.PartNumber, source };
      const stored = await objects.copyPart(callerOf(context), request);
      return {
        CopyPartResult: {
          ETag: `"${stored.part.etag}"`,
          LastModified: new Date(stored.part.lastModified),
          ...shownChecksum(stored),
        },
        CopySourceVersionId: stored.sourceVersion,
        ...encryptionMembers(stored.encryption, context),
      };
    },

    CompleteMultipartUpload: (input, context) => complete(objects, input, context),

    async AbortMultipartUpload(input, context) {
      await objects.abortUpload(callerOf(context), uploadName(input));
      return {};
    },

    async ListParts(input, context) {
      const { PartNumberMarker: after = 0, MaxParts } = input;
      const max = pageSize("max-parts", MaxParts);
      const request = { ...uploadName(input), after, max };
      const found = await objects.listParts(callerOf(context), request);
      const { upload, parts, truncated } = found;
      return {
        Bucket: input.Bucket,
        Key: input.Key,
        UploadId: upload.id,
        PartNumberMarker: after,
        NextPartNumberMarker: parts.at(-1)?.number ?? 0,
        MaxParts: max,
        IsTruncated: truncated,
        ...abortMembers(found.abort),
        ...(parts.length > 0 && { Parts: parts.map((part) => listedPart(part, upload)) }),
        ...people(context),
        StorageClass: upload.storageClass,
        ...kindOfChecksum(upload),
      };
    },
  };
}

async function complete(
  objects: Objects,
  input: CompleteMultipartUploadRequest,
  context: AwsContext,
) {
  const { Bucket, Key, MpuObjectSize: size } = input;
  if (input.MultipartUpload === undefined)
    throw invalidRequest("You must specify at least one part");
  const parts = (input.MultipartUpload.Parts ?? []).map(chosenPart);
  const [claimed] = Object.entries(givenChecksums(input));
  const checksumType = typeOf(input.ChecksumType);
  const object = await objects.completeUpload(callerOf(context), {
    ...uploadName(input),
    parts,
    conditions: writeConditions(input),
    ...(claimed && {
      checksum: { algorithm: claimed[0] as Checksum["algorithm"], value: claimed[1] },
    }),
    ...(checksumType && { checksumType }),
    ...(size !== undefined && { size }),
  });
  return {
    Location: objectUrl(context, Bucket, Key),
    Bucket,
    Key,
    ETag: `"${object.etag}"`,
    ...encryptionMembers(object.encryption, context),
    ...checksumMembers(object.checksum, parts.length),
    ChecksumType: object.checksum.type,
    VersionId: object.version,
    ...expirationMember(object.expiry),
  };
}

function chosenPart(part: CompletedPart): ChosenPart {
  if (part.PartNumber === undefined || part.ETag === undefined) throw malformedXml();
  return { number: part.PartNumber, etag: part.ETag, checksums: givenChecksums(part) };
}

function typeOf(name: string | undefined): ChecksumType | undefined {
  if (name === undefined || name === "COMPOSITE" || name === "FULL_OBJECT") return name;
  throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
}

export const kindOfChecksum = ({ checksum }: Upload) =>
  checksum && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type };

const shownChecksum = ({ checksum }: StoredPart) => checksum && checksumMembers(checksum);

const listedPart = (part: Part, { checksum }: Upload) => ({
  PartNumber: part.number,
  LastModified: new Date(part.lastModified),
  ETag: `"${part.etag}"`,
  Size: part.size,
  ...(checksum && checksumMembers({ algorithm: checksum.algorithm, value: part.checksum })),
});

/** Who began an upload and who owns what comes of it: the account, here as there. */
export const people = ({ account }: AwsContext) => ({
  Owner: ownerOf(account),
  Initiator: { ...ownerOf(account), DisplayName: account },
});
