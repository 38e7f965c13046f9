/** What the APIs answer, in the words and shapes of Lambda's own. */
import type { IncomingMessage } from "node:http";

/** As much of Node.js's ServerResponse as these APIs need. */
export interface ApiResponse {
  writeHead(status: number, headers?: Readonly<Record<string, string | number>>): ApiResponse;
  end(body?: Uint8Array | string): unknown;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

/** JSON with this status. */
export function sendJson(
  response: ApiResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
    ...headers,
  });
  response.end(body);
}

/** 202: what was sent is taken. */
export function accepted(response: ApiResponse): void {
  sendJson(response, 202, { status: "OK" });
}

/** An error of the API itself. */
export function refuse(
  response: ApiResponse,
  status: number,
  errorType: string,
  errorMessage: string,
): void {
  sendJson(response, status, { errorMessage, errorType });
}

/** The runtime called what it may not call in its state. */
export function wrongState(response: ApiResponse, from: string, to: string): void {
  const why = "Error: State transition is not allowed";
  const message = `State transition from ${from} to ${to} failed for runtime. ${why}`;
  refuse(response, 403, "InvalidStateTransition", message);
}

/** A request's body: its bytes, or why it has none. What is longer than `limit` is read to its end, but not kept. */
export function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<Buffer | "too large" | "truncated"> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else chunks = [];
    });
    request.on("end", () => resolve(bytes > limit ? "too large" : Buffer.concat(chunks)));
    request.on("close", () => resolve("truncated")); // after the end it changes nothing
  });
}

/** A header's value; of several the first. */
export function header({ headers }: IncomingMessage, name: string): string {
  const value = headers[name.toLowerCase()];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
