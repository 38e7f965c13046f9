import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { AwsResponse } from "./request.ts";

/**
 * Sends an answer. Resolves once all of it was handed to the connection, or the client went away.
 * @throws what a streaming body throws, after cutting the connection: its client must not take half for the whole.
 */
export async function send(
  method: string,
  { status, headers, body }: AwsResponse,
  response: ServerResponse,
): Promise<void> {
  for (const name in headers) headers[name] = headerText(headers[name] ?? "");
  if (method === "HEAD" || status === 204 || status === 304) {
    if (status === 204) delete headers["content-type"];
    response.writeHead(status, headers).end();
    if (body !== undefined && !isBytes(body)) await body[Symbol.asyncIterator]().return?.();
  } else if (body === undefined || isBytes(body)) {
    const bytes = typeof body === "string" ? Buffer.from(body) : (body ?? NOTHING);
    headers["content-length"] = String(bytes.length);
    response.writeHead(status, headers);
    // Not as UTF-8 text: Node would write the headers so, too. Short ones go in one write with them, as Latin-1.
    if (bytes.length > ONE_WRITE_BYTES) response.end(bytes);
    else response.end(latin1(bytes), "latin1");
  } else {
    response.writeHead(status, headers);
    await sendStream(body, response);
  }
}

/** Answers up to this size go out in one piece with their head. */
export const ONE_WRITE_BYTES = 16 * 1024;

/** Bytes as a text that Node.js joins with a head. */
export const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("latin1");

const NOTHING = new Uint8Array(0);

const isBytes = (body: AwsResponse["body"]): body is string | Uint8Array =>
  typeof body === "string" || body instanceof Uint8Array;

async function sendStream(
  body: AsyncIterable<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  response.write(NOTHING); // the headers, in Latin-1: flushHeaders() would write them in UTF-8
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    for await (const chunk of body) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await once(response, "drain", { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (gone.signal.aborted) return;
    response.destroy();
    throw error;
  }
}

/** HTTP headers carry bytes: text beyond Latin-1 goes as UTF-8, and control characters do not go at all. */
export function headerText(text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/[\x00-\x08\x0a-\x1f\x7f]/g, "");
}
