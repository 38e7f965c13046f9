/**
 * Objects under a key that only the client has: AES-256 in counter mode, an initial counter for each blob, so that any
 * range of it can be opened. Nothing of the key is kept but its MD5, by which S3 knows the right one.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { ObjectEncryption } from "../../domain/object.ts";
import type { ByteRange } from "../../domain/object-range.ts";
import type { BlobShelf } from "./blob-shelf.ts";
import { objectError } from "./errors.ts";

/** 32 bytes, and their MD5 in base64. */
export interface CustomerKey {
  readonly key: Uint8Array;
  readonly md5: string;
}

/** Bytes as they lie in a blob, and the counter (base64) with which they begin. */
export function seal(bytes: AsyncIterable<Uint8Array>, { key }: CustomerKey) {
  const iv = randomBytes(BLOCK);
  const cipher = createCipheriv(ALGORITHM, key, iv);
  const sealed = (async function* () {
    for await (const chunk of bytes) yield cipher.update(chunk) as Uint8Array;
  })();
  return { iv: iv.toString("base64"), sealed };
}

/** The entity tag of sealed bytes: S3 tells nobody the MD5 of what only the client may read. */
export const sealedEtag = (md5: string, iv: string, { key }: CustomerKey): string =>
  createHmac("md5", key).update(`${md5} ${iv}`).digest("hex");

/** A range of a blob, opened where it is sealed. */
export async function readBlob(
  blobs: BlobShelf,
  { blob, iv }: { readonly blob: string; readonly iv?: string },
  range: ByteRange,
  customer: CustomerKey | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  if (iv === undefined || customer === undefined) return blobs.read(blob, range);
  const skip = range.start % BLOCK;
  const counter = counterAt(Buffer.from(iv, "base64"), (range.start - skip) / BLOCK);
  const decipher = createDecipheriv(ALGORITHM, customer.key, counter);
  const sealed = await blobs.read(blob, { start: range.start - skip, end: range.end });
  return opened(sealed[Symbol.asyncIterator](), decipher, skip);
}

/** An iterator and not a generator: one that is returned before its first byte must let go of its blob, too. */
function opened(
  sealed: AsyncIterator<Uint8Array>,
  decipher: ReturnType<typeof createDecipheriv>,
  skip: number,
): AsyncIterable<Uint8Array> {
  let left = skip;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const result = await sealed.next();
      if (result.done === true) return result;
      const plain = (decipher.update(result.value) as Uint8Array).subarray(left);
      left = Math.max(0, left - result.value.length);
      return { done: false, value: plain };
    },
    async return() {
      await sealed.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** @throws CustomerKeyMissing, CustomerKeyWrong, CustomerKeyNeedless */
export function checkCustomerKey(
  encryption: ObjectEncryption | undefined,
  customer: CustomerKey | undefined,
): void {
  if (encryption?.algorithm !== "customer") {
    if (customer !== undefined) throw objectError("CustomerKeyNeedless");
    return;
  }
  if (customer === undefined) throw objectError("CustomerKeyMissing");
  if (customer.md5 !== encryption.keyMd5) throw objectError("CustomerKeyWrong");
}

const ALGORITHM = "aes-256-ctr";
const BLOCK = 16;

function counterAt(iv: Uint8Array, blocks: number): Uint8Array {
  const start = BigInt(`0x${Buffer.from(iv).toString("hex")}`);
  const counter = BigInt.asUintN(128, start + BigInt(blocks));
  return Buffer.from(counter.toString(16).padStart(2 * BLOCK, "0"), "hex");
}
