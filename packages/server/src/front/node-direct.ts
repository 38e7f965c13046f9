/** Direct routes as Node.js serves them: for the requests that the fast front end hands over, and where it is off. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type DirectCaller,
  type DirectHead,
  type DirectRoute,
  isBodiless,
} from "../aws/routes/direct.ts";
import { latin1, ONE_WRITE_BYTES } from "../aws/send.ts";
import { MAX_PAYLOAD_BYTES } from "../domain/function-limits.ts";
import { readPayload } from "./payload.ts";
import type { Route } from "./serving.ts";

/** The same route for Node.js. What has no body of a known length, or asks before it sends, is not offered. */
export function overNode(route: DirectRoute): Route {
  return (request, response) => {
    const { headers } = request;
    // HTTP/1.1 needs no length where there is no body; HTTP/2 may have one all the same.
    const bodiless = request.method === "GET" && request.httpVersionMajor === 1;
    const length = Number(headers["content-length"] ?? (bodiless ? 0 : Number.NaN));
    const plain =
      length <= MAX_PAYLOAD_BYTES && // also false for what is no number
      headers["expect"] === undefined &&
      headers["transfer-encoding"] === undefined;
    const call = plain ? route(new NodeHead(request)) : undefined;
    if (call === undefined) return false;
    readPayload(request, length, (body) => call.serve(body, new NodeCaller(response)));
    return true;
  };
}

class NodeHead implements DirectHead {
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get target(): string {
    return this.#request.url ?? "";
  }

  get httpVersion(): string {
    return this.#request.httpVersion;
  }

  get sourceIp(): string {
    return this.#request.socket.remoteAddress ?? "";
  }

  get secure(): boolean {
    return "encrypted" in this.#request.socket;
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }
}

class NodeCaller implements DirectCaller {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get gone(): boolean {
    return this.#response.destroyed;
  }

  onGone(listener: () => void): void {
    const response = this.#response;
    response.once("close", () => {
      if (!response.writableFinished) listener();
    });
  }

  answer(status: number, headers: readonly string[], body: Uint8Array): void {
    const response = this.#response;
    if (response.destroyed) return;
    if (isBodiless(status)) {
      response.writeHead(status, [...headers]).end();
      return;
    }
    response.writeHead(status, [...headers, "Content-Length", String(body.length)]);
    // Node joins a short text with the head into one write; bytes would make it two buffers.
    if (body.length > ONE_WRITE_BYTES) response.end(body);
    else response.end(latin1(body), "latin1");
  }
}
