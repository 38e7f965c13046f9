/** Reading objects: conditions, ranges, parts. */

import { isArchived, type Part, type StoredObject } from "../../domain/object.ts";
import { failedReadCondition, type ReadConditions } from "../../domain/object-conditions.ts";
import { type ByteRange, locate, parseRange } from "../../domain/object-range.ts";
import { BlobMissing } from "../../ports/blobs.ts";
import { findBucket } from "./buckets.ts";
import { objectError } from "./errors.ts";
import { findObject, type VersionName } from "./find-object.ts";
import { type Expiry, expiryIn } from "./lifecycle.ts";
import { partsOf } from "./parts.ts";
import { type CustomerKey, checkCustomerKey, readBlob } from "./sealing.ts";
import type { Bucket, Caller, Store } from "./store.ts";
import { shownVersion } from "./versions.ts";

export interface ReadRequest extends VersionName {
  readonly conditions: ReadConditions;
  /** The Range header, as it came. */
  readonly range?: string;
  readonly part?: number;
  /** The key under which the object lies. */
  readonly customer?: CustomerKey;
}

export interface FoundObject {
  readonly object: StoredObject;
  /** Which version it is, where the bucket keeps or kept versions. */
  readonly version: string | undefined;
  /** When the bucket's rules let it expire, where the request names no version. */
  readonly expiry: Expiry | undefined;
  /** Until when an archived object can be read. */
  readonly restored: number | undefined;
  /** Set where not the whole object was asked for, even if it is what the range comes to. */
  readonly range?: ByteRange;
  /** Set where a part of a multipart object was asked for. */
  readonly part?: { readonly count: number; readonly checksum: string };
}

export interface OpenObject extends FoundObject {
  /** Whoever gets them reads them to the end, or returns their iterator. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What there is to say of an object, without its bytes. */
export async function headObject(
  store: Store,
  caller: Caller,
  request: ReadRequest,
): Promise<FoundObject> {
  const { value: bucket } = await findBucket(store, caller, request);
  const { value: object } = await findObject(store, bucket, request);
  checkReadable(store, object, request);
  const parts = request.part === undefined ? [] : await partsOf(store, bucket, object);
  return {
    ...select(object, parts ?? [], request),
    ...(await standing(store, bucket, request, object)),
  };
}

/** An object with its bytes, all of one state of it: who replaces it meanwhile changes nothing for this reader. */
export async function getObject(
  store: Store,
  caller: Caller,
  request: ReadRequest,
): Promise<OpenObject> {
  const { value: bucket } = await findBucket(store, caller, request);
  return untilSettled(store, bucket, request, async (object) => {
    checkReadable(store, object, request);
    const restored = (object.restored ?? 0) > store.clock.now();
    if (isArchived(object.storageClass) && !restored)
      throw objectError("ObjectArchived", { storageClass: object.storageClass });
    const parts = await partsOf(store, bucket, object);
    if (parts === undefined) return undefined;
    const found = select(object, parts, request);
    const range = found.range ?? { start: 0, end: object.size };
    const bytes = await openParts(store, bucket, request, object, locate(parts, range));
    return bytes && { ...found, ...(await standing(store, bucket, request, object)), bytes };
  });
}

/** An object with all its parts: one where it was put in one piece. */
export async function describeObject(
  store: Store,
  caller: Caller,
  name: VersionName & Pick<ReadRequest, "customer">,
): Promise<Pick<FoundObject, "object" | "version"> & { readonly parts: readonly Part[] }> {
  const { value: bucket } = await findBucket(store, caller, name);
  return untilSettled(store, bucket, name, async (object) => {
    checkCustomerKey(object.encryption, name.customer);
    const parts = await partsOf(store, bucket, object);
    return parts && { object, parts, version: shownVersion(bucket, object) };
  });
}

/** Reads an object again where what belongs to it was gone when it was wanted: somebody replaced it in between. */
async function untilSettled<T>(
  store: Store,
  bucket: Bucket,
  { key, version }: VersionName,
  read: (object: StoredObject) => Promise<T | undefined>,
): Promise<T> {
  for (let missing: string | undefined; ; ) {
    const { value: object } = await findObject(store, bucket, { key, version });
    const result = await read(object);
    if (result !== undefined) return result;
    // The same object twice: nobody replaced it, its bytes are lost. Nothing that a caller did.
    if (missing === object.sequencer)
      throw new Error(`the bytes of an object in ${bucket.name} are gone`);
    missing = object.sequencer;
  }
}

function checkReadable(store: Store, object: StoredObject, request: ReadRequest): void {
  const { conditions, customer } = request;
  checkCustomerKey(object.encryption, customer);
  const failed = failedReadCondition(conditions, object, store.clock.now());
  if (failed === "ifNoneMatch" || failed === "ifModifiedSince")
    throw objectError("ObjectUnchanged", { etag: object.etag, lastModified: object.lastModified });
  if (failed !== undefined)
    throw objectError("ObjectConditionFailed", {
      condition: failed === "ifMatch" ? "If-Match" : "If-Unmodified-Since",
    });
}

/** What the bucket makes of the object. */
async function standing(
  store: Store,
  bucket: Bucket,
  { key, version }: VersionName,
  object: StoredObject,
): Promise<Pick<FoundObject, "version" | "expiry" | "restored">> {
  const expiry =
    version === undefined && bucket.expires
      ? await expiryIn(store, bucket, key, object)
      : undefined;
  const { restored = 0 } = object;
  return {
    version: shownVersion(bucket, object),
    expiry,
    restored: restored > store.clock.now() ? restored : undefined,
  };
}

type Selection = Omit<FoundObject, "version" | "expiry" | "restored">;

function select(object: StoredObject, parts: readonly Part[], request: ReadRequest): Selection {
  if (request.part !== undefined) return selectPart(object, parts, request.part);
  if (request.range === undefined) return { object };
  const range = parseRange(request.range, object.size);
  if (range === "unsatisfiable")
    throw objectError("RangeUnsatisfiable", { range: request.range, size: object.size });
  return { object, ...(range && { range }) };
}

function selectPart(object: StoredObject, parts: readonly Part[], number: number): Selection {
  const index = parts.findIndex((part) => part.number === number);
  const part = parts[index];
  if (part === undefined)
    throw objectError("PartNumberUnsatisfiable", { part: number, count: parts.length });
  const start = parts.slice(0, index).reduce((sum, { size }) => sum + size, 0);
  const whole = object.size === 0; // a range of nothing cannot be written down
  return {
    object,
    ...(!whole && { range: { start, end: start + part.size } }),
    ...(object.body.blob === undefined && {
      part: { count: parts.length, checksum: part.checksum },
    }),
  };
}

type Piece = { readonly piece: Part; readonly range: ByteRange };

/** The bytes of these pieces, one after the other. Undefined where the object was replaced meanwhile. */
async function openParts(
  store: Store,
  bucket: Bucket,
  { key, version, customer }: ReadRequest,
  object: StoredObject,
  pieces: readonly Piece[],
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const unpin = store.blobs.pin(pieces.map(({ piece }) => piece.blob));
  try {
    const open = ({ piece, range }: Piece) => readBlob(store.blobs, piece, range, customer);
    const first = pieces[0] && (await open(pieces[0]));
    // From here on nobody deletes the others: either they were pinned in time, or the object is another one by now.
    const now = pieces.length > 1 ? await findObject(store, bucket, { key, version }) : undefined;
    if (now === undefined || now.value.sequencer === object.sequencer)
      return chain(open, first, pieces.slice(1), unpin);
    unpin();
    await close(first);
    return undefined;
  } catch (error) {
    unpin();
    if (error instanceof BlobMissing) return undefined;
    throw error;
  }
}

/** An iterator and not a generator: one that is returned before its first byte must let go of its blobs, too. */
function chain(
  open: (piece: Piece) => Promise<AsyncIterable<Uint8Array>>,
  first: AsyncIterable<Uint8Array> | undefined,
  rest: readonly Piece[],
  unpin: () => void,
): AsyncIterable<Uint8Array> {
  const left = [...rest];
  let current = first?.[Symbol.asyncIterator]();
  const finish = async (): Promise<IteratorResult<Uint8Array>> => {
    const last = current;
    current = undefined;
    unpin();
    await last?.return?.();
    return { done: true, value: undefined };
  };
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    while (current !== undefined) {
      const result = await current.next();
      if (result.done !== true) return result;
      const piece = left.shift();
      current = piece && (await open(piece))[Symbol.asyncIterator]();
    }
    return finish();
  };
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => next().catch((error: unknown) => finish().then(() => Promise.reject(error))),
    return: finish,
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function close(bytes: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  await bytes?.[Symbol.asyncIterator]().return?.();
}
