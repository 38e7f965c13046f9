/** The parts of a multipart upload. */
import { type ChecksumAlgorithm, DEFAULT_ALGORITHM } from "../../domain/checksum.ts";
import { limits, type ObjectEncryption, type Part, type Upload } from "../../domain/object.ts";
import { parseCopyRange } from "../../domain/object-range.ts";
import type { Change } from "../../ports/records.ts";
import { findBucket, findWritableBucket, stillThere } from "./buckets.ts";
import { type CopySource, checkCopySize, openSource } from "./copy-object.ts";
import { objectError } from "./errors.ts";
import { abortIn, type Expiry } from "./lifecycle.ts";
import { keepingNothing } from "./put-object.ts";
import type { CustomerKey } from "./sealing.ts";
import {
  type Bucket,
  type Caller,
  retried,
  type Store,
  uploadPartsSpace,
  uploadsSpace,
} from "./store.ts";
import { findUpload, partsOfUpload, recordId, type UploadName } from "./uploads.ts";
import { type Incoming, type Written, writeBody } from "./write-body.ts";

export interface PartName extends UploadName {
  readonly number: number;
}

export interface StoredPart {
  readonly part: Part;
  /** Its upload's. */
  readonly encryption?: ObjectEncryption | undefined;
  /** What the client hears of its checksum: nothing of one that it did not ask for. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  /** Which version was copied, where the source has versions. */
  readonly sourceVersion?: string | undefined;
}

export async function uploadPart(
  store: Store,
  caller: Caller,
  request: PartName & { readonly body: Incoming },
): Promise<StoredPart> {
  const { body } = request;
  const { value: bucket } = await findWritableBucket(store, caller, request);
  checkNumber(request.number);
  const { value: upload } = await findUpload(store, bucket, request);
  checkSameKey(upload, body.customer);
  const claimed = body.checksum?.algorithm;
  if (claimed !== undefined && upload.checksum && claimed !== upload.checksum.algorithm)
    throw objectError("UploadChecksumMismatch", {
      expected: upload.checksum.algorithm,
      actual: claimed,
    });
  const algorithm = upload.checksum?.algorithm ?? DEFAULT_ALGORITHM;
  const written = await writeBody(store.blobs, body, [algorithm]);
  const part = await keepPart(store, caller, request, algorithm, written);
  const shown = upload.checksum ? algorithm : claimed;
  const value = shown && written.checksums[shown];
  const { encryption } = upload;
  return {
    part,
    encryption,
    ...(shown && value !== undefined && { checksum: { algorithm: shown, value } }),
  };
}

/** Copies a range of an object, or all of it, to a part. */
export async function copyPart(
  store: Store,
  caller: Caller,
  request: PartName & {
    readonly source: CopySource & { readonly range?: string };
    readonly customer?: CustomerKey;
  },
): Promise<StoredPart> {
  const { source } = request;
  const { value: bucket } = await findWritableBucket(store, caller, request);
  checkNumber(request.number);
  const { value: upload } = await findUpload(store, bucket, request);
  checkSameKey(upload, request.customer);
  if (source.range !== undefined && parseCopyRange(source.range) === undefined)
    throw objectError("CopyRangeInvalid", { range: source.range });
  const { object, range, bytes } = await openSource(store, caller, source);
  try {
    checkCopySize(range === undefined ? object.size : range.end - range.start);
    const end = source.range === undefined ? 0 : (parseCopyRange(source.range)?.end ?? 0);
    if (end > object.size)
      throw objectError("CopyRangeInvalid", { range: source.range, size: object.size });
    const algorithm = upload.checksum?.algorithm ?? DEFAULT_ALGORITHM;
    const { customer } = request;
    const body = { bytes, ...(customer && { customer }) };
    const written = await writeBody(store.blobs, body, [algorithm]);
    const part = await keepPart(store, caller, request, algorithm, written);
    return {
      part,
      encryption: upload.encryption,
      sourceVersion: object.version,
      ...(upload.checksum && { checksum: { algorithm, value: part.checksum } }),
    };
  } finally {
    await bytes[Symbol.asyncIterator]().return?.();
  }
}

export interface PartListing {
  readonly upload: Upload;
  readonly parts: readonly Part[];
  readonly truncated: boolean;
  /** When the bucket's rules give the upload up. */
  readonly abort: Expiry | undefined;
}

export async function listParts(
  store: Store,
  caller: Caller,
  request: UploadName & { readonly after: number; readonly max: number },
): Promise<PartListing> {
  const { value: bucket } = await findBucket(store, caller, request);
  const { value: upload } = await findUpload(store, bucket, request);
  const { after, max } = request;
  const found = (await partsOfUpload(store, bucket, upload.id))
    .map((part) => part.value)
    .filter((part) => part.number > after);
  const abort = await abortIn(store, bucket, upload);
  return { upload, parts: found.slice(0, max), truncated: found.length > max, abort };
}

/** Commits a part, as long as its upload is there, and gives up the one of the same number. */
function keepPart(
  store: Store,
  caller: Caller,
  name: PartName,
  algorithm: ChecksumAlgorithm,
  written: Written,
): Promise<Part> {
  const { number } = name;
  const { blob, iv, size, etag } = written;
  const checksum = written.checksums[algorithm] ?? "";
  const lastModified = store.clock.now();
  const sealed = iv === undefined ? {} : { iv };
  const part: Part = { number, blob, ...sealed, size, etag, checksum, lastModified };
  return keepingNothing(store, [blob], () =>
    retried(async () => {
      const bucket = await findWritableBucket(store, caller, name);
      const upload = await findUpload(store, bucket.value, name);
      const at = { space: uploadPartsSpace(bucket.value, name.upload), id: partId(number) };
      const old = await store.records.get<Part>(at.space, at.id);
      await store.records.commit([
        { put: part, ...at, expect: old?.revision ?? 0 },
        stillUnderWay(bucket.value, upload.value, upload.revision),
        stillThere(bucket),
      ]);
      if (old !== undefined) await store.blobs.discard([old.value.blob]);
      return part;
    }),
  );
}

/** Every part of an upload lies under the same key, or under none. */
function checkSameKey({ encryption }: Upload, customer: CustomerKey | undefined): void {
  const md5 = encryption?.algorithm === "customer" ? encryption.keyMd5 : undefined;
  if (md5 === customer?.md5) return;
  throw objectError(customer === undefined ? "UploadKeyMissing" : "UploadKeyForeign");
}

const stillUnderWay = (bucket: Bucket, upload: Upload, expect: number): Change => ({
  check: true,
  space: uploadsSpace(bucket),
  id: recordId(upload),
  expect,
});

const partId = (number: number): string => String(number).padStart(5, "0");

function checkNumber(number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > limits.parts)
    throw objectError("PartNumberInvalid", { number });
}
