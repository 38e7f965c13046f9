/** Checksums on the wire: which one a client claims, and how one is told. */
import {
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithms,
  isChecksumAlgorithm,
} from "../../domain/checksum.ts";
import type { Incoming } from "../../services/objects/index.ts";
import type { AwsContext } from "../context.ts";
import { invalidRequest, s3Error } from "./s3-errors.ts";

/** The members of the model that carry checksums, those of algorithms that are not kept here among them. */
export interface ChecksumMembers {
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumCRC32C?: string | undefined;
  readonly ChecksumCRC64NVME?: string | undefined;
  readonly ChecksumSHA1?: string | undefined;
  readonly ChecksumSHA256?: string | undefined;
  readonly ChecksumSHA512?: string | undefined;
  readonly ChecksumMD5?: string | undefined;
  readonly ChecksumXXHASH64?: string | undefined;
  readonly ChecksumXXHASH3?: string | undefined;
  readonly ChecksumXXHASH128?: string | undefined;
}

interface BodyInput extends ChecksumMembers {
  readonly Body?: AsyncIterable<Uint8Array> | undefined;
  readonly ContentLength?: number | undefined;
  readonly ContentMD5?: string | undefined;
}

/**
 * A body with what the client says of it.
 * @throws AwsError where it does not say how long the body is, or speaks of more than one checksum
 */
export function incomingOf(input: BodyInput, { headers }: AwsContext): Incoming {
  const decoded = headers["x-amz-decoded-content-length"];
  const length = decoded === undefined ? input.ContentLength : Number(decoded);
  if (length === undefined || !Number.isSafeInteger(length) || length < 0)
    throw s3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  const sha256 = headers["x-amz-content-sha256"];
  const checksum = claimedChecksum(input, headers);
  return {
    bytes: input.Body ?? nothing(),
    length,
    ...(input.ContentMD5 !== undefined && { md5: input.ContentMD5 }),
    ...(sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) && { sha256 }),
    ...(checksum && { checksum }),
  };
}

/** The algorithm that a request names. @throws AwsError where S3 would not know it. */
export function algorithmOf(name: string | undefined): ChecksumAlgorithm | undefined {
  if (name === undefined || isChecksumAlgorithm(name)) return name;
  throw invalidRequest(
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${checksumAlgorithms.join(", ")}]`,
  );
}

/** The checksums among the members of an input, by algorithm. @throws AwsError for those that are not kept here. */
export function givenChecksums(input: ChecksumMembers): Partial<Record<ChecksumAlgorithm, string>> {
  const found: Partial<Record<ChecksumAlgorithm, string>> = {};
  for (const [name, value] of Object.entries(input)) {
    if (typeof value !== "string" || !/^Checksum(?!Type$|Algorithm$)/.test(name)) continue;
    const algorithm = algorithmOf(name.slice("Checksum".length));
    if (algorithm !== undefined) found[algorithm] = value;
  }
  return found;
}

/** One checksum as members of an output. `parts`: a composite one shows of how many it is. */
export function checksumMembers(
  { algorithm, value, type }: Pick<Checksum, "algorithm" | "value"> & { type?: string },
  parts?: number,
): ChecksumMembers {
  const shown = type === "COMPOSITE" && parts !== undefined ? `${value}-${parts}` : value;
  return { [`Checksum${algorithm}`]: shown };
}

function claimedChecksum(
  input: ChecksumMembers,
  headers: AwsContext["headers"],
): Incoming["checksum"] {
  const given = Object.entries(givenChecksums(input)) as [ChecksumAlgorithm, string][];
  const trailers = trailingAlgorithms(headers["x-amz-trailer"]);
  if (given.length + trailers.length > 1)
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  for (const [algorithm, value] of given) return { algorithm, early: value, value: () => value };
  for (const algorithm of trailers) {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    return { algorithm, value: () => headers[name] }; // there once the body has been read
  }
  return undefined;
}

/** `x-amz-trailer: x-amz-checksum-crc32` */
function trailingAlgorithms(trailer: string | undefined): ChecksumAlgorithm[] {
  if (trailer === undefined) return [];
  return trailer.split(",").map((name) => {
    const [, suffix = ""] = /^\s*x-amz-checksum-(\w+)\s*$/i.exec(name) ?? [];
    const algorithm = suffix.toUpperCase();
    if (isChecksumAlgorithm(algorithm)) return algorithm;
    throw invalidRequest("The value specified in the x-amz-trailer header is not supported");
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
