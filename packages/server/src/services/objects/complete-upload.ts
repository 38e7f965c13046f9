/** From the parts of a multipart upload to an object, without copying a byte. */
import {
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
  checksumAlgorithms,
  checksumOfParts,
  DEFAULT_ALGORITHM,
  etagOfParts,
} from "../../domain/checksum.ts";
import { limits, type Part, type StoredObject, type Upload } from "../../domain/object.ts";
import type { WriteConditions } from "../../domain/object-conditions.ts";
import type { Change, Listed } from "../../ports/records.ts";
import { findBucket, findWritableBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { lookUpObject } from "./find-object.ts";
import { type Expiry, expiryIn } from "./lifecycle.ts";
import type { PartList } from "./parts.ts";
import { type NewObject, tryToReplace } from "./replace-object.ts";
import {
  type Bucket,
  type Caller,
  partListsSpace,
  retried,
  type Store,
  uploadsSpace,
} from "./store.ts";
import {
  clearParts,
  deletions,
  findUpload,
  partsOfUpload,
  recordId,
  type UploadName,
} from "./uploads.ts";

/** A part as the client names it. */
export interface ChosenPart {
  readonly number: number;
  /** With or without quotes. */
  readonly etag: string;
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

export interface CompleteRequest extends UploadName {
  readonly parts: readonly ChosenPart[];
  /** What the client believes of the whole. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  readonly checksumType?: ChecksumType;
  readonly size?: number;
  readonly conditions: WriteConditions;
}

/** One commit makes the object and ends the upload. Asking again for the same gives the same answer. */
export async function completeUpload(
  store: Store,
  caller: Caller,
  request: CompleteRequest,
): Promise<StoredObject & { readonly expiry?: Expiry }> {
  const made = await complete(store, caller, request);
  const { value: bucket } = await findBucket(store, caller, request);
  const expiry = await expiryIn(store, bucket, request.key, made);
  return expiry === undefined ? made : { ...made, expiry };
}

function complete(store: Store, caller: Caller, request: CompleteRequest): Promise<StoredObject> {
  return retried(async () => {
    const { value: bucket } = await findWritableBucket(store, caller, request);
    const done = await findCompleted(store, bucket, request);
    if (done !== undefined) return done;
    const { value: upload, revision } = await findUpload(store, bucket, request);
    checkOrder(request);
    const listed = await partsOfUpload(store, bucket, upload.id);
    const parts = choose(request, upload, listed);
    const object = assemble(request, upload, parts);
    const space = partListsSpace(bucket);
    const list: PartList = { parts };
    const also: Change[] = [
      { put: list, space, id: upload.id },
      { delete: true, space: uploadsSpace(bucket), id: recordId(upload), expect: revision },
      ...deletions(bucket, upload.id, listed), // a part that is replaced meanwhile fails them all
    ];
    const { conditions } = request;
    const event = "CompleteMultipartUpload";
    const since = upload.sequencer;
    const replacement = { object, conditions, event, also, since } as const;
    const made = await tryToReplace(store, caller, request, replacement);
    const used = new Set(parts.map((part) => part.blob));
    const unused = listed.map((part) => part.value.blob).filter((blob) => !used.has(blob));
    await store.blobs.discard(unused);
    await clearParts(store, bucket, upload.id);
    return made;
  });
}

/** The client may not have heard of its success. */
async function findCompleted(store: Store, bucket: Bucket, { key, upload }: CompleteRequest) {
  const object = (await lookUpObject(store, bucket, key))?.value;
  const same = object?.body.blob === undefined && object?.body.upload === upload;
  return same ? object : undefined;
}

function checkOrder({ parts, upload }: CompleteRequest): void {
  if (parts.length === 0) throw objectError("PartsMissing");
  for (const [index, part] of parts.entries())
    if (index > 0 && part.number <= (parts[index - 1]?.number ?? 0))
      throw objectError("PartsUnordered", { upload });
}

function choose(request: CompleteRequest, upload: Upload, listed: readonly Listed<Part>[]): Part[] {
  const uploaded = new Map(listed.map(({ value }) => [value.number, value]));
  const parts = request.parts.map((chosen) => {
    const part = uploaded.get(chosen.number);
    const etag = chosen.etag.replace(/^"(.*)"$/, "$1");
    if (part?.etag !== etag)
      throw objectError("PartMissing", { part: chosen.number, etag, upload: upload.id });
    checkChecksum(chosen, part, upload);
    return part;
  });
  for (const { size, number, etag } of parts.slice(0, -1))
    if (size < limits.smallestPart) throw objectError("PartTooSmall", { size, part: number, etag });
  return parts;
}

function checkChecksum({ number, checksums }: ChosenPart, part: Part, upload: Upload): void {
  const missing = () =>
    objectError("PartMissing", { part: number, etag: part.etag, upload: upload.id });
  const given = checksumAlgorithms.filter((algorithm) => checksums[algorithm] !== undefined);
  if (upload.checksum === undefined) {
    if (given.length > 0) throw missing();
    return;
  }
  const { algorithm, type } = upload.checksum;
  const foreign = given.find((other) => other !== algorithm);
  if (foreign !== undefined)
    throw objectError("CompletionChecksumForeign", { algorithm: foreign, part: number });
  const value = checksums[algorithm];
  if (value === undefined && type === "COMPOSITE")
    throw objectError("CompletionChecksumMissing", { algorithm, part: number });
  if (value !== undefined && value !== part.checksum) throw missing();
}

function assemble(request: CompleteRequest, upload: Upload, parts: readonly Part[]): NewObject {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (request.size !== undefined && request.size !== size)
    throw objectError("CompletionSizeMismatch", { announced: request.size, size });
  const { id, key: _, initiated, sequencer: __, checksum: ___, ...attributes } = upload;
  return {
    ...attributes,
    size,
    etag: etagOfParts(parts.map((part) => part.etag)),
    checksum: wholeChecksum(request, upload, parts),
    lastModified: initiated, // S3 dates the object back to the beginning of its upload
    body: { upload: id, parts: parts.length },
  };
}

function wholeChecksum(request: CompleteRequest, upload: Upload, parts: readonly Part[]): Checksum {
  const { algorithm, type } = upload.checksum ?? {
    algorithm: DEFAULT_ALGORITHM,
    type: "FULL_OBJECT",
  };
  if (request.checksumType !== undefined && request.checksumType !== upload.checksum?.type)
    throw objectError("CompletionTypeMismatch", { type: upload.checksum?.type ?? null });
  const checksum = checksumOfParts(
    algorithm,
    type,
    parts.map((part) => ({ value: part.checksum, size: part.size })),
  );
  const claimed = request.checksum;
  const shown = type === "COMPOSITE" ? `${checksum.value}-${parts.length}` : checksum.value;
  const matches =
    claimed === undefined ||
    (claimed.algorithm === algorithm && [checksum.value, shown].includes(claimed.value));
  if (!matches) throw objectError("CompletionChecksumMismatch", { algorithm });
  return checksum;
}
