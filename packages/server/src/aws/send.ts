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
  const bodiless = method === "HEAD" || status === 204 || status === 304;
  for (const name in headers) response.setHeader(name, headerText(headers[name] ?? ""));
  response.statusCode = status;
  if (bodiless || body === undefined || isBytes(body)) {
    const bytes = body === undefined || !isBytes(body) ? "" : body;
    if (bodiless) {
      if (status === 204) response.removeHeader("content-type");
      response.end();
    } else {
      const whole = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
      response.setHeader("content-length", whole.length);
      response.end(whole); // not a string: Node would write the headers in its encoding, too
    }
    if (body !== undefined && !isBytes(body)) await body[Symbol.asyncIterator]().return?.();
    return;
  }
  await sendStream(body, response);
}

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
function headerText(text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/[\x00-\x08\x0a-\x1f\x7f]/g, "");
}
