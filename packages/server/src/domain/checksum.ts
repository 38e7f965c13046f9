/** Checksums of objects as S3 keeps and checks them, beside the entity tag. */
import { createHash } from "node:crypto";
import { combineCrcs, createCrc, type Digester } from "./checksum-crc.ts";

/** In the order in which S3 names them. */
export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Over the whole object's bytes, or over the checksums of its parts. */
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** base64; a composite one without the `-N` that S3 shows behind it. */
  readonly value: string;
}

/** What S3 computes where a client names nothing. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

export const isChecksumAlgorithm = (name: string): name is ChecksumAlgorithm =>
  checksumAlgorithms.some((algorithm) => algorithm === name);

/** Starts a checksum, or the MD5 of an entity tag. */
export function createDigester(algorithm: ChecksumAlgorithm | "MD5"): Digester {
  switch (algorithm) {
    case "CRC32":
    case "CRC32C":
    case "CRC64NVME":
      return createCrc(algorithm);
    default:
      return createHash(algorithm.toLowerCase());
  }
}

/** Bytes of a checksum: a client's value of any other length is no checksum at all. */
export function digestSize(algorithm: ChecksumAlgorithm | "MD5"): number {
  return { CRC32: 4, CRC32C: 4, CRC64NVME: 8, MD5: 16, SHA1: 20, SHA256: 32 }[algorithm];
}

/** Whether the text is the base64 form of a digest of this algorithm. */
export function isDigest(algorithm: ChecksumAlgorithm | "MD5", text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === digestSize(algorithm) && bytes.toString("base64") === text;
}

/** S3's rule for multipart uploads: which types an algorithm can have. */
export function checksumTypesOf(algorithm: ChecksumAlgorithm): readonly ChecksumType[] {
  if (algorithm === "CRC64NVME") return ["FULL_OBJECT"];
  // The first one is the default.
  return algorithm.startsWith("SHA") ? ["COMPOSITE"] : ["COMPOSITE", "FULL_OBJECT"];
}

/** The checksum of an object made of these parts, in order; `value` is base64, `size` in bytes. */
export function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly value: string; readonly size: number }[],
): Checksum {
  const pieces = parts.map(({ value, size }) => ({ digest: Buffer.from(value, "base64"), size }));
  if (type === "FULL_OBJECT" && algorithm !== "SHA1" && algorithm !== "SHA256")
    return { algorithm, type, value: base64(combineCrcs(algorithm, pieces)) };
  const digester = createDigester(algorithm);
  for (const { digest } of pieces) digester.update(digest);
  return { algorithm, type: "COMPOSITE", value: base64(digester.digest()) };
}

/** The entity tag of a multipart object: the MD5 of its parts' MD5s, and how many they were. */
export function etagOfParts(etags: readonly string[]): string {
  const digester = createDigester("MD5");
  for (const etag of etags) digester.update(Buffer.from(etag, "hex"));
  return `${hex(digester.digest())}-${etags.length}`;
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
