/** Presigned URLs: their form, how long they hold, and the headers that they carry in the query. */
import { AwsError } from "../error.ts";
import type { AwsRequest } from "../request.ts";

const V4_PARAMETERS = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
  "X-Amz-Expires",
] as const;
const SIGNING = new Set<string>(V4_PARAMETERS.map((name) => name.toLowerCase()));
const CHECKSUM = /^x-amz-(?:sdk-)?checksum-(?!mode$)/;
const WEEK = 7 * 24 * 3600;

/** @throws AwsError where the query looks signed and is not, or not any more. */
export function checkPresigned(request: AwsRequest, now: number): void {
  const { query } = request;
  if (request.headers["authorization"] !== undefined || query.pairs.length === 0) return;
  if (V4_PARAMETERS.some((name) => query.has(name))) checkV4(request, now);
  else if (query.has("AWSAccessKeyId")) checkV2(request, now);
}

/**
 * What a presigned URL says in place of headers: clients move `x-amz-*` headers into the query when they sign it.
 * Such a parameter counts as a header that the client did not send. S3 ignores checksums there, and must: SDKs sign a
 * URL before there is a body, and put the checksum of nothing into it (aws/aws-sdk#480, aws/aws-sdk-go-v2#2610).
 */
export function hoistedHeaders(request: AwsRequest): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  if (request.signature?.presigned !== true) return found;
  for (const [name, value] of request.query.pairs) {
    const header = name.toLowerCase();
    const isHeader = header.startsWith("x-amz-") && !SIGNING.has(header) && !CHECKSUM.test(header);
    if (isHeader && request.headers[header] === undefined) found[header] = value;
  }
  return found;
}

function checkV4({ query }: AwsRequest, now: number): void {
  const [algorithm, credential, , date, , expires] = V4_PARAMETERS.map((name) => query.get(name));
  if (!V4_PARAMETERS.every((name) => query.has(name)))
    throw malformed(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, " +
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  if (!/^AWS4-(HMAC|ECDSA-P256)-SHA256$/.test(algorithm ?? ""))
    throw malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  if (!/^[^/]+(\/[^/]+){3,4}$/.test(credential ?? ""))
    throw malformed(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  const signed = parseDate(date ?? "");
  if (Number.isNaN(signed))
    throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const seconds = Number(expires);
  if (!/^-?\d+$/.test(expires ?? "")) throw malformed("X-Amz-Expires should be a number");
  if (seconds < 0) throw malformed("X-Amz-Expires must be non-negative");
  if (seconds > WEEK)
    throw malformed(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${WEEK} seconds`,
    );
  const end = signed + seconds * 1000;
  if (now > end) throw expired(end, now, { "X-Amz-Expires": expires });
}

function checkV2({ query }: AwsRequest, now: number): void {
  const expires = query.get("Expires");
  if (expires === undefined || !query.has("Signature"))
    throw denied(
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    );
  if (!/^\d+$/.test(expires))
    throw denied(`Invalid date (should be seconds since epoch): ${expires}`);
  const end = Number(expires) * 1000;
  if (now > end) throw expired(end, now, {});
}

/** `20261122T120000Z`, in milliseconds since the epoch; NaN where the text is no such date. */
function parseDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const malformed = (message: string) =>
  new AwsError("AuthorizationQueryParametersError", message, { status: 400 });

const denied = (message: string, members: Record<string, unknown> = {}) =>
  new AwsError("AccessDenied", message, { status: 403, members });

const expired = (end: number, now: number, more: Record<string, unknown>) =>
  denied("Request has expired", {
    ...more,
    Expires: seconds(end),
    ServerTime: seconds(now),
  });

const seconds = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
