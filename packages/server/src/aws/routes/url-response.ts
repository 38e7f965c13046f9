/** What a function URL answers, made from what the function returned. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** An answer, ready to be sent. Header names in lower case. */
export interface UrlResponse {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** The function's answer cannot be an HTTP response: the caller gets 502. */
export class BadUrlResponse extends Error {
  override readonly name = "BadUrlResponse";
}

/**
 * A buffered result as HTTP: an object with a statusCode says everything itself, any other JSON is the body of a 200,
 * and a text is a body without its quotes.
 * @throws BadUrlResponse
 */
export function urlResponse(payload: Uint8Array): UrlResponse {
  const result = parse(payload);
  if (typeof result === "string") return plain(Buffer.from(result));
  if (!isObject(result) || result["statusCode"] === undefined) return plain(compactJson(payload));
  const { status, headers } = urlHead(result);
  return { status, headers, body: bodyOf(result) };
}

/**
 * Status, headers and cookies as a function gives them, in a result or in the prelude of a stream.
 * @throws BadUrlResponse
 */
export function urlHead(result: Readonly<Record<string, unknown>>): {
  status: number;
  headers: OutgoingHttpHeaders;
} {
  const status = Number(result["statusCode"] ?? 200);
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new BadUrlResponse(`statusCode ${JSON.stringify(result["statusCode"])}`);
  const headers: OutgoingHttpHeaders = Object.create(null);
  headers["content-type"] = "application/json";
  if (isObject(result["headers"]))
    for (const [name, value] of Object.entries(result["headers"])) {
      const lower = name.toLowerCase();
      if (OURS.has(lower) || value === null || value === undefined) continue;
      headers[lower] = Array.isArray(value) ? value.map(String) : String(value);
    }
  if (Array.isArray(result["cookies"])) headers["set-cookie"] = result["cookies"].map(String);
  return { status, headers };
}

/** Headers that belong to the connection, not to the function. */
const OURS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const plain = (body: Uint8Array): UrlResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body,
});

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    throw new BadUrlResponse("the result is no JSON");
  }
}

function bodyOf({ body, isBase64Encoded }: Readonly<Record<string, unknown>>): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body !== "string") return Buffer.from(JSON.stringify(body));
  return Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8");
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON without the spaces between its tokens, as AWS answers it; numbers keep their digits. */
function compactJson(json: Uint8Array): Uint8Array {
  if (!json.some(isSpace)) return json;
  const out = Buffer.allocUnsafe(json.length);
  let size = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (inText && byte === BACKSLASH) {
      out[size++] = byte;
      out[size++] = json[++at] ?? 0;
      continue;
    }
    if (byte === QUOTE) inText = !inText;
    if (inText || !isSpace(byte)) out[size++] = byte;
  }
  return out.subarray(0, size);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Sends an answer whose headers a stranger chose. @throws BadUrlResponse where Node refuses them */
export function sendHead(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
): void {
  try {
    response.writeHead(status, headers);
  } catch (error) {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    throw new BadUrlResponse(error instanceof Error ? error.message : "headers");
  }
}
