/**
 * Reads what a request's signature says: who, where, which service. Whether it is true is not decided here: the place
 * to verify is `createAws`, between reading the request and looking up the operation.
 */
import type { Query } from "./query-string.ts";

export interface Signature {
  /** `v4`, `v4a` (asymmetric, several regions) or S3's old `v2`. */
  readonly version: "v4" | "v4a" | "v2";
  readonly accessKeyId: string;
  /** Where the scope names one. Of v4a: the first of its region set. */
  readonly region: string | undefined;
  /** The signing name: "lambda", "monitoring". Undefined in v2, which is S3's alone. */
  readonly service: string | undefined;
  /** `20261122T174300Z` as signed, or undefined where only the scope's date is known. */
  readonly date: string | undefined;
  readonly signature: string;
  /** Names in lower case. */
  readonly signedHeaders: readonly string[];
  /** Set on presigned URLs: how long they hold after `date`, in seconds. */
  readonly expires: number | undefined;
  readonly presigned: boolean;
  readonly securityToken: string | undefined;
}

type Headers = Readonly<Record<string, string | undefined>>;

const V4 = "AWS4-HMAC-SHA256";
const V4A = "AWS4-ECDSA-P256-SHA256";

/** The signature of a request, from its header or its query, or undefined where it has none that can be read. */
export function readSignature(headers: Headers, query: Query): Signature | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return fromHeader(authorization, headers);
  if (query.pairs.length === 0) return undefined;
  const algorithm = query.get("X-Amz-Algorithm");
  if (algorithm !== undefined) return fromQuery(algorithm, query);
  return query.has("AWSAccessKeyId") ? fromQueryV2(query) : undefined;
}

function fromHeader(header: string, headers: Headers): Signature | undefined {
  const space = header.indexOf(" ");
  const algorithm = header.slice(0, space);
  const rest = header.slice(space + 1);
  if (algorithm === "AWS") return fromHeaderV2(rest, headers);
  if (algorithm !== V4 && algorithm !== V4A) return undefined;
  return scoped(algorithm, part(rest, "Credential="), {
    date: headers["x-amz-date"] ?? headers["date"],
    signature: part(rest, "Signature="),
    signedHeaders: part(rest, "SignedHeaders="),
    regions: headers["x-amz-region-set"],
    securityToken: headers["x-amz-security-token"],
    expires: undefined,
    presigned: false,
  });
}

/** `AWS AKIDEXAMPLE:signature`, before 2014. */
function fromHeaderV2(rest: string, headers: Headers): Signature | undefined {
  const colon = rest.indexOf(":");
  if (colon < 0) return undefined;
  return {
    ...V2,
    accessKeyId: rest.slice(0, colon),
    signature: rest.slice(colon + 1),
    date: headers["x-amz-date"] ?? headers["date"],
    securityToken: headers["x-amz-security-token"],
  };
}

function fromQueryV2(query: Query): Signature {
  return {
    ...V2,
    accessKeyId: query.get("AWSAccessKeyId") ?? "",
    signature: query.get("Signature") ?? "",
    date: undefined,
    // Of v2 this is the moment it ends, in seconds since the epoch.
    expires: wholeNumber(query.get("Expires")),
    presigned: true,
    securityToken: query.get("x-amz-security-token"),
  };
}

const V2 = {
  version: "v2",
  region: undefined,
  service: undefined,
  signedHeaders: [],
  expires: undefined,
  presigned: false,
} as const;

function fromQuery(algorithm: string, query: Query): Signature | undefined {
  return scoped(algorithm, query.get("X-Amz-Credential") ?? "", {
    date: query.get("X-Amz-Date"),
    signature: query.get("X-Amz-Signature") ?? "",
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? "",
    regions: query.get("X-Amz-Region-Set"),
    securityToken: query.get("X-Amz-Security-Token"),
    expires: wholeNumber(query.get("X-Amz-Expires")),
    presigned: true,
  });
}

interface Said {
  readonly date: string | undefined;
  readonly signature: string;
  readonly signedHeaders: string;
  readonly regions: string | undefined;
  readonly securityToken: string | undefined;
  readonly expires: number | undefined;
  readonly presigned: boolean;
}

/** v4: `AKID/20261122/us-east-1/lambda/aws4_request`; v4a has no region there. */
function scoped(algorithm: string, credential: string, said: Said): Signature | undefined {
  const scope = credential.split("/");
  if (scope.pop() !== "aws4_request") return undefined;
  const service = scope.pop();
  const region = algorithm === V4A ? said.regions?.split(",", 1)[0] : scope.pop();
  scope.pop();
  const accessKeyId = scope.join("/");
  if (!service || accessKeyId === "") return undefined;
  const { regions: _, signedHeaders, ...rest } = said;
  return {
    ...rest,
    version: algorithm === V4A ? "v4a" : "v4",
    accessKeyId,
    region: region === "*" || region === "" ? undefined : region,
    service,
    signedHeaders: signedHeaders === "" ? [] : signedHeaders.split(";"),
  };
}

/** The value behind `name` in `Credential=..., SignedHeaders=..., Signature=...`. */
function part(text: string, name: string): string {
  const start = text.indexOf(name);
  if (start < 0) return "";
  const end = text.indexOf(",", start);
  return text.slice(start + name.length, end < 0 ? undefined : end).trim();
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && text !== "" && Number.isSafeInteger(number) ? number : undefined;
}
