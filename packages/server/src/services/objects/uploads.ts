/** Multipart uploads: beginning, listing and giving them up. */
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  checksumTypesOf,
} from "../../domain/checksum.ts";
import type { ObjectAttributes, Part, Upload } from "../../domain/object.ts";
import { type Change, type Listed, RecordConflict, type Versioned } from "../../ports/records.ts";
import { type BucketName, findBucket, findWritableBucket, stillThere } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { checkKey, type ObjectName } from "./find-object.ts";
import { abortIn, type Expiry } from "./lifecycle.ts";
import { checkAttributes } from "./put-object.ts";
import { settled } from "./settings.ts";
import {
  type Bucket,
  type Caller,
  retried,
  type Store,
  uploadPartsSpace,
  uploadsSpace,
} from "./store.ts";

/** How a request names an upload. */
export interface UploadName extends ObjectName {
  readonly upload: string;
}

export async function createUpload(
  store: Store,
  caller: Caller,
  request: ObjectName & {
    readonly attributes: ObjectAttributes;
    readonly algorithm?: ChecksumAlgorithm;
    readonly checksumType?: ChecksumType;
  },
): Promise<Upload & { readonly abort?: Expiry }> {
  const { key, attributes, algorithm, checksumType } = request;
  checkKey(key);
  checkAttributes(attributes);
  const { value: target } = await findWritableBucket(store, caller, request);
  const sequencer = store.sequence();
  const upload: Upload = {
    ...settled(store, target, attributes),
    id: newId(sequencer),
    key,
    initiated: store.clock.now(),
    sequencer,
    ...checksumOf(algorithm, checksumType),
  };
  const abort = await retried(async () => {
    const bucket = await findWritableBucket(store, caller, request);
    const space = uploadsSpace(bucket.value);
    await store.records.commit([
      { put: upload, space, id: recordId(upload), expect: 0 },
      stillThere(bucket),
    ]);
    return abortIn(store, bucket.value, upload);
  });
  return abort === undefined ? upload : { ...upload, abort };
}

/** @throws NoSuchUpload */
export async function findUpload(
  store: Store,
  bucket: Bucket,
  { key, upload }: { readonly key: string; readonly upload: string },
): Promise<Versioned<Upload>> {
  checkKey(key);
  const known = /^[0-9A-F]{18}-[0-9a-f]{24}$/.test(upload);
  const id = recordId({ key, id: upload });
  const found = known ? await store.records.get<Upload>(uploadsSpace(bucket), id) : undefined;
  if (found === undefined) throw objectError("NoSuchUpload", { upload });
  return found;
}

/** Gives up an upload and its parts. */
export async function abortUpload(store: Store, caller: Caller, name: UploadName): Promise<void> {
  const { value: bucket } = await findBucket(store, caller, name);
  const found = await findUpload(store, bucket, name);
  await dropUpload(store, bucket, found).catch((error: unknown) => {
    throw error instanceof RecordConflict
      ? objectError("NoSuchUpload", { upload: name.upload })
      : error;
  });
}

/** Gives up all uploads of a bucket. */
export async function dropUploads(store: Store, bucket: Bucket): Promise<void> {
  for (;;) {
    const uploads = await store.records.list<Upload>(uploadsSpace(bucket));
    if (uploads.length === 0) return;
    for (const upload of uploads) await dropUpload(store, bucket, upload);
  }
}

export interface UploadListing {
  readonly uploads: readonly Upload[];
  readonly prefixes: readonly string[];
  /** What the page ends with: an upload, or a prefix, which has no upload's id. */
  readonly last: { readonly key: string; readonly upload: string } | undefined;
  readonly truncated: boolean;
}

/** Uploads under way, by key and then by age. `afterKey` alone leaves out all of that key. */
export async function listUploads(
  store: Store,
  caller: Caller,
  request: BucketName & {
    readonly prefix: string;
    readonly delimiter?: string | undefined;
    readonly afterKey: string;
    readonly afterUpload: string;
    readonly max: number;
  },
): Promise<UploadListing> {
  const { prefix, delimiter = "", afterKey, afterUpload, max } = request;
  checkKey(prefix);
  checkKey(afterKey);
  const { value: bucket } = await findBucket(store, caller, request);
  if (afterKey !== "" && afterUpload !== "")
    await checkMarker(store, bucket, afterKey, afterUpload);
  const uploads: Upload[] = [];
  const prefixes = new Set<string>();
  let last: UploadListing["last"];
  const listing = (truncated: boolean) => ({ uploads, prefixes: [...prefixes], last, truncated });
  let after = afterKey && recordId({ key: afterKey, id: afterUpload || LAST });
  for (;;) {
    const page = await store.records.list<Upload>(uploadsSpace(bucket), { prefix, after });
    for (const { value } of page) {
      const at = delimiter === "" ? -1 : value.key.indexOf(delimiter, prefix.length);
      const rolled = at < 0 ? undefined : value.key.slice(0, at + delimiter.length);
      if (rolled !== undefined && (prefixes.has(rolled) || rolled === afterKey)) continue;
      if (uploads.length + prefixes.size >= max) return listing(max > 0);
      last = { key: rolled ?? value.key, upload: rolled === undefined ? value.id : "" };
      if (rolled === undefined) uploads.push(value);
      else prefixes.add(rolled);
    }
    const end = page.at(-1);
    if (end === undefined) return listing(false);
    after = end.id;
  }
}

/** The parts of an upload, by number. */
export function partsOfUpload(store: Store, bucket: Bucket, id: string): Promise<Listed<Part>[]> {
  return store.records.list<Part>(uploadPartsSpace(bucket, id), { limit: 10_000 });
}

/**
 * Deletes what is left of an upload that is in the records no more: parts that arrived while it ended. None comes
 * later, because a part is committed only as long as its upload is there.
 */
export async function clearParts(store: Store, bucket: Bucket, id: string): Promise<void> {
  const left = await partsOfUpload(store, bucket, id);
  if (left.length > 0) await store.records.commit(deletions(bucket, id, left));
  await store.blobs.discard(left.map((part) => part.value.blob));
}

/** Deletes part records; with what was read of them as a condition. */
export function deletions(bucket: Bucket, id: string, parts: readonly Listed<Part>[]): Change[] {
  const space = uploadPartsSpace(bucket, id);
  return parts.map((part) => ({ delete: true, space, id: part.id, expect: part.revision }));
}

/** @throws RecordConflict where it ended meanwhile */
export async function dropUpload(
  store: Store,
  bucket: Bucket,
  { value, revision }: Versioned<Upload>,
): Promise<void> {
  const space = uploadsSpace(bucket);
  await store.records.commit([{ delete: true, space, id: recordId(value), expect: revision }]);
  await clearParts(store, bucket, value.id);
}

async function checkMarker(store: Store, bucket: Bucket, key: string, upload: string) {
  await findUpload(store, bucket, { key, upload }).catch(() => {
    throw objectError("UploadMarkerInvalid", { upload });
  });
}

function checksumOf(
  algorithm: ChecksumAlgorithm | undefined,
  type: ChecksumType | undefined,
): Pick<Upload, "checksum"> {
  if (algorithm === undefined) {
    if (type !== undefined) throw objectError("ChecksumTypeWithoutAlgorithm");
    return {};
  }
  const types = checksumTypesOf(algorithm);
  const chosen = type ?? types[0];
  if (chosen === undefined || !types.includes(chosen))
    throw objectError("ChecksumTypeUnsuitable", { algorithm, type });
  return { checksum: { algorithm, type: chosen } };
}

/** Of a kind that no key can hold, and that sorts before all others. */
const SEPARATOR = "\u0001";
const LAST = "\u{10FFFF}";
export const recordId = ({ key, id }: { readonly key: string; readonly id: string }): string =>
  `${key}${SEPARATOR}${id}`;

/** Sorted by age, and not to be guessed. */
const newId = (sequencer: string): string =>
  `${sequencer}-${Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString("hex")}`;
