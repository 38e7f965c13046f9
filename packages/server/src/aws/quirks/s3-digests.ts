/** What a client says of a small body: checked before it is read as XML. Those of objects are checked on their way to the disk. */
import {
  base64,
  checksumAlgorithms,
  createDigester,
  hex,
  isDigest,
} from "../../domain/checksum.ts";
import { AwsError } from "../error.ts";
import type { Operation } from "../model.ts";
import type { AwsRequest } from "../request.ts";

/** Passes the bytes on. @throws AwsError behind the last one, where they do not have a digest that was announced */
export async function* checkDigests(
  { headers }: AwsRequest,
  operation: Operation,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const claims = claimsOf(headers, operation);
  for await (const chunk of bytes) {
    for (const { digester } of claims) digester.update(chunk);
    yield chunk;
  }
  for (const { digester, matches, refusal } of claims)
    if (!matches(digester.digest())) throw new AwsError(...refusal, { status: 400 });
}

const PAYLOADS = [
  "UNSIGNED-PAYLOAD",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
  "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
];

/** @throws AwsError where a request says of its body what is neither a kind of signing nor a SHA-256 */
export function checkPayloadHash({ headers }: AwsRequest): void {
  const value = headers["x-amz-content-sha256"];
  if (value === undefined || PAYLOADS.includes(value) || /^[0-9a-f]{64}$/.test(value)) return;
  throw new AwsError(
    "InvalidArgument",
    `x-amz-content-sha256 must be ${PAYLOADS.join(", ")} or a valid sha256 value.`,
    { status: 400, members: { ArgumentName: "x-amz-content-sha256", ArgumentValue: value } },
  );
}

type Refusal = readonly [code: string, message: string];

function claimsOf(headers: AwsRequest["headers"], { input }: Operation) {
  // CompleteMultipartUpload speaks of the object in these headers, and not of its own body.
  const isInput = (name: string) => input?.members.some(({ wire }) => wire === name);
  const claim = (
    algorithm: Parameters<typeof createDigester>[0],
    matches: (digest: Uint8Array) => boolean,
    ...refusal: Refusal
  ) => ({ digester: createDigester(algorithm), matches, refusal });
  const claims: ReturnType<typeof claim>[] = [];
  const md5 = headers["content-md5"];
  if (md5 !== undefined) {
    if (!isDigest("MD5", md5))
      throw new AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", {
        status: 400,
        members: { "Content-MD5": md5 },
      });
    const message = "The Content-MD5 you specified did not match what we received.";
    claims.push(claim("MD5", (digest) => base64(digest) === md5, "BadDigest", message));
  }
  for (const algorithm of checksumAlgorithms) {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const value = isInput(name) ? undefined : headers[name];
    const message = `The ${algorithm} you specified did not match the calculated checksum.`;
    if (value !== undefined)
      claims.push(claim(algorithm, (digest) => base64(digest) === value, "BadDigest", message));
  }
  const sha256 = headers["x-amz-content-sha256"];
  if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256)) {
    const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    const matches = (digest: Uint8Array) => hex(digest) === sha256;
    claims.push(claim("SHA256", matches, "XAmzContentSHA256Mismatch", message));
  }
  return claims;
}
