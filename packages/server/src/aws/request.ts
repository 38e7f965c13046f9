import type { IncomingMessage } from "node:http";
import type { Malformed } from "./codecs/malformed.ts";
import { Query } from "./query-string.ts";
import { readSignature, type Signature } from "./signature.ts";

/** An HTTP request as the wire sees it, before its body is read. */
export interface AwsRequest {
  readonly method: string;
  /** As sent: percent-encoded, beginning with a slash, without the query. A quirk may rewrite it. */
  path: string;
  readonly query: Query;
  /** Lower-case names; a repeated header is joined with ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The Host header, or the authority of HTTP/2, in lower case. */
  readonly host: string;
  /** What the client says of itself; not verified here. */
  readonly signature: Signature | undefined;
  readonly requestId: string;
  /** Set where the query cannot be read, and was taken for empty: the service words the error. */
  readonly malformed: Malformed | undefined;
}

/** An answer, ready to be sent. Header names in lower case. */
export interface AwsResponse {
  status: number;
  readonly headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
}

/** The head of a request. */
export function readRequest(incoming: IncomingMessage, requestId: string): AwsRequest {
  const target = incoming.url ?? "/";
  const mark = target.indexOf("?");
  let query = Query.EMPTY;
  let malformed: Malformed | undefined;
  try {
    if (mark >= 0) query = Query.parse(target.slice(mark + 1));
  } catch (error) {
    malformed = error as Malformed;
  }
  const headers = joined(incoming.headers);
  return {
    method: incoming.method ?? "GET",
    path: pathOf(mark < 0 ? target : target.slice(0, mark)),
    query,
    headers,
    host: (headers["host"] ?? headers[":authority"] ?? "").toLowerCase(),
    signature: readSignature(headers, query),
    requestId,
    malformed,
  };
}

/** Proxies send the absolute form, `http://host/path`. */
function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  const host = target.indexOf("://");
  const slash = host < 0 ? -1 : target.indexOf("/", host + 3);
  return slash < 0 ? "/" : target.slice(slash);
}

/** Node joins repeated headers itself, except `set-cookie`, which no client sends. */
function joined(headers: IncomingMessage["headers"]): Readonly<Record<string, string | undefined>> {
  for (const name in headers)
    if (Array.isArray(headers[name]))
      return { ...headers, [name]: headers[name].join(", ") } as never;
  return headers as Readonly<Record<string, string | undefined>>;
}
