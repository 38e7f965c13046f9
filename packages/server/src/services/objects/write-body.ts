/** From a client's bytes to a durable blob, in one pass: size, entity tag and checksums come on the way. */
import {
  base64,
  type ChecksumAlgorithm,
  createDigester,
  hex,
  isDigest,
} from "../../domain/checksum.ts";
import { limits } from "../../domain/object.ts";
import type { BlobShelf } from "./blob-shelf.ts";
import { objectError } from "./errors.ts";
import { type CustomerKey, seal, sealedEtag } from "./sealing.ts";

/** Bytes, and what the client says of them. */
export interface Incoming {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Bytes that were announced. */
  readonly length?: number;
  /** Content-MD5, base64. */
  readonly md5?: string;
  /** Hexadecimal SHA-256 that the signature covers. */
  readonly sha256?: string;
  readonly checksum?: ClaimedChecksum;
  /** The bytes lie under this key. */
  readonly customer?: CustomerKey;
}

/** `value` is asked for after the last byte: a trailer comes behind them. */
export interface ClaimedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: () => string | undefined;
  /** The checksum stands before the body, so that nonsense can be refused at once. */
  readonly early?: string;
}

export interface Written {
  readonly blob: string;
  /** Of sealed bytes. */
  readonly iv?: string;
  readonly size: number;
  /** Hexadecimal MD5, of sealed bytes something that looks so. */
  readonly etag: string;
  /** base64, of each algorithm that was wanted or claimed. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

/**
 * Stores the bytes and computes the wanted checksums beside the claimed one.
 * @throws YunqueError where the bytes are not what was announced; nothing stays behind then.
 */
export async function writeBody(
  blobs: BlobShelf,
  incoming: Incoming,
  wanted: readonly ChecksumAlgorithm[],
): Promise<Written> {
  checkClaims(incoming);
  const claimed = incoming.checksum ? [incoming.checksum.algorithm] : [];
  const meter = createMeter(new Set([...wanted, ...claimed]), incoming.sha256 !== undefined);
  const { customer } = incoming;
  const measured = measure(incoming, meter);
  const { iv, sealed } = customer ? seal(measured, customer) : { iv: undefined, sealed: measured };
  const { id, size } = await blobs.put(sealed);
  const md5 = hex(meter.md5());
  return {
    blob: id,
    size,
    checksums: meter.checksums(),
    ...(iv === undefined || customer === undefined
      ? { etag: md5 }
      : { etag: sealedEtag(md5, iv, customer), iv }),
  };
}

function checkClaims({ length = 0, md5, checksum }: Incoming): void {
  if (length > limits.putBytes) throw objectError("ObjectTooLarge", { size: length });
  if (md5 !== undefined && !isDigest("MD5", md5)) throw objectError("DigestMalformed", { md5 });
  if (checksum?.early !== undefined) checkForm(checksum.algorithm, checksum.early);
}

function checkForm(algorithm: ChecksumAlgorithm, value: string): void {
  if (!isDigest(algorithm, value)) throw objectError("ChecksumMalformed", { algorithm });
}

/** Passes the bytes on, and throws behind the last one where they are not what was announced. */
async function* measure(incoming: Incoming, meter: Meter): AsyncGenerator<Uint8Array> {
  const { length } = incoming;
  let size = 0;
  for await (const chunk of incoming.bytes) {
    size += chunk.length;
    if (length !== undefined && size > length) throw bodyIncomplete(length, size);
    if (size > limits.putBytes) throw objectError("ObjectTooLarge", { size });
    meter.update(chunk);
    yield chunk;
  }
  if (length !== undefined && size !== length) throw bodyIncomplete(length, size);
  verify(incoming, meter);
}

/** `provided`: as far as they were read. */
const bodyIncomplete = (expected: number, provided: number) =>
  objectError("BodyIncomplete", { expected, provided });

function verify({ md5, sha256, checksum }: Incoming, meter: Meter): void {
  const calculated = base64(meter.md5());
  if (md5 !== undefined && md5 !== calculated)
    throw objectError("DigestMismatch", { expected: md5, calculated });
  if (sha256 !== undefined && sha256 !== meter.sha256())
    throw objectError("PayloadHashMismatch", { expected: sha256, calculated: meter.sha256() });
  if (checksum === undefined) return;
  const { algorithm } = checksum;
  const value = checksum.value();
  if (value === undefined) throw objectError("ChecksumMissing", { algorithm });
  checkForm(algorithm, value);
  if (value !== meter.checksums()[algorithm]) throw objectError("ChecksumMismatch", { algorithm });
}

/** Several digests over the same bytes. The results may be asked for again and again, once all bytes went in. */
interface Meter {
  update(chunk: Uint8Array): void;
  md5(): Uint8Array;
  sha256(): string;
  checksums(): Partial<Record<ChecksumAlgorithm, string>>;
}

function createMeter(algorithms: Set<ChecksumAlgorithm>, signed: boolean): Meter {
  const all = new Set<ChecksumAlgorithm | "MD5">(algorithms).add("MD5");
  if (signed) all.add("SHA256");
  const digesters = [...all].map((name) => [name, createDigester(name)] as const);
  let digests: ReadonlyMap<string, Uint8Array> | undefined;
  const digest = (name: string): Uint8Array => {
    digests ??= new Map(digesters.map(([key, digester]) => [key, digester.digest()]));
    return digests.get(name) ?? new Uint8Array();
  };
  return {
    update(chunk) {
      for (const [, digester] of digesters) digester.update(chunk);
    },
    md5: () => digest("MD5"),
    sha256: () => hex(digest("SHA256")),
    checksums: () =>
      Object.fromEntries([...algorithms].map((name) => [name, base64(digest(name))])),
  };
}
