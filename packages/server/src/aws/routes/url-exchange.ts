import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { MAX_PAYLOAD_BYTES } from "../../domain/function-limits.ts";
import { traceIdOf } from "../../domain/trace-id.ts";
import { collect, RequestBody } from "../body.ts";
import { AwsError } from "../error.ts";
import { functionUrlOf, urlIdOfHost, urlIdOfPath } from "../function-url-host.ts";
import { sendHead } from "./url-response.ts";

/** One request for a function URL, and its answer. */
export interface UrlExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  traceId: string;
  readonly urlId: string;
  /** Path and query as the function sees them. */
  readonly target: string;
  /** The URL's host, with its port. */
  readonly domain: string;
  readonly body: RequestBody;
}

/** Takes a request apart; undefined where it is for no function URL. */
export function urlExchange(
  request: IncomingMessage,
  response: ServerResponse,
): UrlExchange | undefined {
  const host = request.headers.host ?? "";
  const byHost = urlIdOfHost(host);
  const target = request.url ?? "/";
  const byPath = byHost === undefined ? urlIdOfPath(target) : undefined;
  const urlId = byHost ?? byPath?.id;
  if (urlId === undefined) return undefined;
  return {
    request,
    response,
    requestId: randomUUID(),
    traceId: traceIdOf(
      request.headers["x-amzn-trace-id"] as string | undefined,
      request.headers["traceparent"] as string | undefined,
      Date.now(),
    ),
    urlId,
    target: byPath?.rest ?? target,
    domain: byPath === undefined ? host : domainOf(urlId, host),
    body: new RequestBody(request, response),
  };
}

/** The host that the URL would have; a client may send anything for its own. */
function domainOf(urlId: string, host: string): string {
  const origin = `http://${host}`;
  return new URL(functionUrlOf(urlId, URL.canParse(origin) ? origin : "http://localhost")).host;
}

/** The body, at most 6 MB. @throws ClientGone, or AwsError where there is more */
export async function readUrlBody({ body }: UrlExchange): Promise<Uint8Array> {
  if (!body.present) return new Uint8Array(0);
  const tooLarge = () => new AwsError("RequestTooLargeException", "Request Entity Too Large");
  body.checkLength(MAX_PAYLOAD_BYTES, tooLarge);
  return await collect(body.bytes(), MAX_PAYLOAD_BYTES, tooLarge);
}

/** The headers of every answer. */
export const commonHeaders = ({ requestId, traceId }: UrlExchange): OutgoingHttpHeaders => ({
  "x-amzn-requestid": requestId,
  "x-amzn-trace-id": traceId,
});

/** Answers with a whole body. @throws BadUrlResponse where the headers cannot be sent */
export function respond(
  call: UrlExchange,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Uint8Array,
): void {
  const { response, request } = call;
  call.body.settle();
  const bodiless = status === 204 || status === 304 || request.method === "HEAD";
  const length = bodiless ? {} : { "content-length": Buffer.byteLength(body) };
  sendHead(response, status, { ...headers, ...commonHeaders(call), ...length });
  response.end(bodiless ? undefined : body);
  call.body.discard();
}
