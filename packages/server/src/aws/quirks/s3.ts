import { escapeXml } from "../codecs/xml.ts";
import { AwsError } from "../error.ts";
import { listOf } from "../header-list.ts";
import { planOf, streamsInput } from "../plan.ts";
import type { Failure, Quirks } from "../quirks.ts";
import type { AwsRequest, AwsResponse } from "../request.ts";
import { unchunk } from "./s3-chunks.ts";
import { checkDigests, checkPayloadHash } from "./s3-digests.ts";
import { bucketOfHost } from "./s3-host.ts";
import { hostIdOf } from "./s3-host-id.ts";
import { checkPresigned, hoistedHeaders } from "./s3-presigned.ts";

/** S3: buckets in host names, bodies in chunks of their own, signed URLs, errors without an envelope. */
export const s3: Quirks = {
  route(request) {
    const bucket = bucketOfHost(request.host);
    if (bucket !== undefined) request.path = `/${bucket}${request.path}`;
    checkPresigned(request, Date.now());
    Object.assign(request.headers, hoistedHeaders(request));
    checkPayloadHash(request);
  },

  body(request, operation, bytes) {
    const decoded = isChunked(request)
      ? unchunk(bytes, (name, value) => addTrailer(request, name, value))
      : bytes;
    // Those of an object are checked while it goes to the disk: it alone is not read whole first.
    return streamsInput(operation.input) ? decoded : checkDigests(request, operation, decoded);
  },

  input(_request, operation, input) {
    for (const { name, place } of operation.input?.members ?? [])
      if (input[name] !== undefined && (place === "header" || place === "prefixHeaders"))
        input[name] = utf8(input[name]);
    const encoding = input["ContentEncoding"];
    if (typeof encoding === "string") input["ContentEncoding"] = withoutChunked(encoding);
  },

  misread(malformed, operation) {
    if (operation?.input === undefined)
      return new AwsError("InvalidURI", "Couldn't parse the specified URI.", { status: 400 });
    const { payload, hasBody } = planOf(operation.input);
    const readsXml = hasBody || (payload !== undefined && !payload.streaming);
    if (readsXml) return malformedXml();
    return new AwsError("InvalidArgument", malformed.message, { status: 400 });
  },

  refuse([violation]) {
    const member = violation?.member;
    if (member === undefined || member.place === "body" || member.place === "payload")
      return malformedXml();
    return new AwsError("InvalidArgument", `Missing required argument ${member.wire}`, {
      status: 400,
      members: { ArgumentName: member.wire, ArgumentValue: null },
    });
  },

  respond(request, operation, response) {
    const { headers } = response;
    delete headers["x-amzn-requestid"];
    headers["x-amz-request-id"] = request.requestId;
    headers["x-amz-id-2"] = hostIdOf(request.requestId);
    headers["server"] = "Yunque";
    for (const name in headers)
      if (name.startsWith("x-amz-meta-")) headers[name] = encodedWord(headers[name] ?? "");
    if (request.method === "OPTIONS" && response.status >= 400 && typeof response.body === "string")
      response.body = inChunks(response.body); // as recorded
    if (operation?.name === "GetBucketLocation" && response.status === 200)
      response.body = unwrapped(response.body);
  },

  fail(request, operation, failure) {
    return bareError(
      request,
      operation === undefined ? unrouted(request, failure) : worded(request, failure),
    );
  },
};

/** Trailers join the headers that announced them (RFC 9110, 6.5.1); no other name is let in. */
function addTrailer({ headers }: AwsRequest, name: string, value: string): void {
  const announced = listOf(headers["x-amz-trailer"]?.toLowerCase() ?? "");
  if (announced.includes(name)) Object.assign(headers, { [name]: value });
}

const isChunked = ({ headers }: AwsRequest): boolean =>
  headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true ||
  /\baws-chunked\b/.test(headers["content-encoding"] ?? "");

/** The transfer's encoding is none of the object's. */
function withoutChunked(encoding: string): string | undefined {
  const left = listOf(encoding).filter((name) => name !== "aws-chunked");
  return left.length === 0 ? undefined : left.join(",");
}

/** Node reads headers as Latin-1; S3 takes them for UTF-8 where they are. Metadata is a map of them. */
function utf8(value: unknown): unknown {
  if (typeof value === "string") return decodeUtf8(value);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, decodeUtf8(text)]));
}

const isMap = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function decodeUtf8(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

/** Metadata beyond ASCII comes back as S3 writes it, in the encoded words of mail: RFC 2047. */
function encodedWord(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const bytes = Buffer.from(text);
  if (bytes.filter((byte) => byte < 0x80).length < [...text].length / 2)
    return `=?UTF-8?B?${bytes.toString("base64")}?=`;
  const quoted = [...bytes].map((byte) => {
    const char = String.fromCharCode(byte);
    if (char === " ") return "_";
    const plain = byte > 0x20 && byte < 0x7f && !"=_?".includes(char);
    return plain ? char : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `=?UTF-8?Q?${quoted.join("")}?=`;
}

/** `<LocationConstraint>eu-west-1</LocationConstraint>` is the whole answer; the model has one element around it. */
function unwrapped(body: AwsResponse["body"]): string {
  const [, region = ""] = /<LocationConstraint>([^<]*)</.exec(String(body)) ?? [];
  const open = 'LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  return `${DECLARATION}<${open}${region === "" ? "/>" : `>${region}</LocationConstraint>`}`;
}

async function* inChunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const malformedXml = () =>
  new AwsError(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    { status: 400 },
  );

/** S3 knows no unknown operations: each method of each path is one that is allowed, or not. */
function unrouted({ method, path }: AwsRequest, failure: Failure): Failure {
  if (failure.code !== "UnknownOperationException") return failure;
  const resource = /^\/[^/]*\/./.test(path) ? "OBJECT" : path === "/" ? "SERVICE" : "BUCKET";
  return {
    ...failure,
    code: "MethodNotAllowed",
    message: "The specified method is not allowed against this resource.",
    status: 405,
    members: { Method: method, ResourceType: resource },
  };
}

/** S3 has a name of its own for a document that is too long, and names the method that a delete marker does not know. */
function worded({ method }: AwsRequest, failure: Failure): Failure {
  if (failure.members["ResourceType"] === "DeleteMarker")
    return { ...failure, members: { Method: method, ...failure.members } };
  if (failure.code !== "RequestEntityTooLargeException") return failure;
  const code = "MaxMessageLengthExceeded";
  return { ...failure, code, message: "Your request was too large.", status: 400 };
}

function bareError(
  request: AwsRequest,
  { code, message, status, members, requestId }: Failure,
): AwsResponse {
  if (status === 304) return notModified(members);
  const internal = code === "InternalFailure";
  const elements = {
    Code: internal ? "InternalError" : code,
    Message: internal ? "We encountered an internal error. Please try again." : message,
    ...members,
    RequestId: requestId,
    HostId: hostIdOf(requestId),
  };
  const inside = Object.entries(elements).map(([name, value]) => element(name, value));
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: request.method === "HEAD" ? undefined : `${DECLARATION}<Error>${inside.join("")}</Error>`,
  };
}

/** `null` stands for an element without content. */
const element = (name: string, value: unknown): string =>
  value === undefined ? "" : `<${name}>${escapeXml(String(value ?? ""))}</${name}>`;

/** Says which object the client has already, and nothing else. */
const notModified = (members: Failure["members"]): AwsResponse => ({
  status: 304,
  headers: { etag: String(members["ETag"]), "last-modified": String(members["LastModified"]) },
  body: undefined,
});
