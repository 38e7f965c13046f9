/** Function URLs: HTTP in, an event for the function, HTTP out. https://docs.aws.amazon.com/lambda/latest/dg/lambda-urls.html */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { YunqueError } from "../../domain/errors.ts";
import { MAX_PAYLOAD_BYTES } from "../../domain/function-limits.ts";
import { allowsPublicUrl } from "../../domain/function-policy.ts";
import { corsHeaders, preflightHeaders } from "../../domain/function-url.ts";
import type { Invocation } from "../../domain/invocation.ts";
import { traceIdOf } from "../../domain/trace-id.ts";
import type { Functions, Runnable, UrlTarget } from "../../services/functions/index.ts";
import { ClientGone, collect, RequestBody } from "../body.ts";
import { AwsError } from "../error.ts";
import { functionUrlOf, urlIdOfHost, urlIdOfPath } from "../function-url-host.ts";
import { Query } from "../query-string.ts";
import { readSignature } from "../signature.ts";
import { urlEvent } from "./url-event.ts";
import { PRELUDE_TYPE, readPrelude } from "./url-prelude.ts";
import { BadUrlResponse, sendHead, urlHead, urlResponse } from "./url-response.ts";

export interface UrlRouteOptions {
  readonly functions: Functions;
  /** Twelve digits: whose credentials sign. */
  readonly account: string;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** One request for a function URL. */
interface UrlRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly traceId: string;
  readonly urlId: string;
  readonly target: string;
  readonly domain: string;
}

/** An answer of the platform's own; `message` null is AWS's. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly type: string;
  readonly body: string;

  constructor(status: number, type: string, message: string | null) {
    super(message ?? type);
    this.status = status;
    this.type = type;
    this.body = JSON.stringify({ Message: message });
  }
}

const FORBIDDEN =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/** Serves the hosts of function URLs, and `/_url/ID/` where names under localhost cannot be looked up. */
export function createFunctionUrlRoute({ functions, account, onDefect }: UrlRouteOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const call = read(request, response);
    if (call === undefined) return false;
    serve(call).catch((error) => fail(call, error));
    return true;
  };

  async function serve(call: UrlRequest): Promise<void> {
    const { request } = call;
    const target = await functions.urlTarget(call.urlId);
    if (target === undefined) throw new Refusal(403, "AccessDeniedException", null);
    const { cors } = target.url;
    const origin = request.headers.origin;
    const asked = request.headers["access-control-request-method"];
    if (
      cors !== undefined &&
      origin !== undefined &&
      asked !== undefined &&
      request.method === "OPTIONS"
    ) {
      const headers = request.headers["access-control-request-headers"]?.split(/ *, */) ?? [];
      respond(call, 200, preflightHeaders(cors, origin, asked, headers) ?? {}, "");
      return;
    }
    const extra = cors === undefined || origin === undefined ? {} : corsHeaders(cors, origin);
    const caller = authorized(call, target);
    const body = await readBody(call);
    const event = urlEvent(request, body, { ...call, now: Date.now(), caller });
    const qualifier = target.url.qualifier === "$LATEST" ? undefined : target.url.qualifier;
    const runnable = await functions.resolve(target.scope, target.url.functionName, qualifier);
    const invocation = invocationOf(call, runnable, event);
    if (target.url.invokeMode === "RESPONSE_STREAM")
      await streamed(call, runnable, invocation, extra);
    else await buffered(call, runnable, invocation, extra);
  }

  /** Who calls; undefined for anybody. @throws Refusal */
  function authorized({ request, target }: UrlRequest, { url, policy }: UrlTarget) {
    if (url.authType === "NONE") {
      if (allowsPublicUrl(policy)) return undefined;
    } else {
      const headers = request.headers as Readonly<Record<string, string | undefined>>;
      const mark = target.indexOf("?");
      const query = mark < 0 ? Query.EMPTY : Query.parse(target.slice(mark + 1));
      const signature = readSignature(headers, query);
      // Verification comes with identities; until then, whoever signs for Lambda is let in.
      if (signature?.service === "lambda") return { account, accessKeyId: signature.accessKeyId };
    }
    throw new Refusal(403, "AccessDeniedException", FORBIDDEN);
  }

  async function buffered(
    call: UrlRequest,
    runnable: Runnable,
    invocation: Invocation,
    extra: OutgoingHttpHeaders,
  ): Promise<void> {
    const result = await functions.invoke(runnable, invocation);
    if (result.functionError !== undefined) throw new BadUrlResponse("the function failed");
    const { status, headers, body } = urlResponse(result.payload);
    respond(call, status, { ...headers, ...extra }, body);
  }

  async function streamed(
    call: UrlRequest,
    runnable: Runnable,
    invocation: Invocation,
    extra: OutgoingHttpHeaders,
  ): Promise<void> {
    const stream = await functions.stream(runnable, invocation);
    const own = { ...common(call), ...extra };
    if (stream.contentType === PRELUDE_TYPE) {
      const prelude = await readPrelude(stream.body);
      if (prelude === undefined) throw new BadUrlResponse("the stream has no prelude");
      const { status, headers } = urlHead(prelude.head);
      sendHead(call.response, status, { ...headers, ...own });
      await pipeline(prelude.body, call.response, { end: false });
    } else {
      const type = stream.contentType || "application/octet-stream";
      const chunks = stream.body[Symbol.asyncIterator]();
      const first = await chunks.next();
      if (first.done && (await stream.completion).errorCode !== undefined)
        throw new BadUrlResponse("the function failed");
      sendHead(call.response, 200, { "content-type": type, ...own });
      if (!first.done) await pipeline(resumed(first.value, chunks), call.response, { end: false });
    }
    // A stream that breaks must not look whole.
    if ((await stream.completion).errorCode === undefined) call.response.end();
    else call.response.destroy();
  }

  function fail(call: UrlRequest, error: unknown): void {
    const { response, requestId } = call;
    if (error instanceof ClientGone || response.destroyed) return void response.destroy();
    const known = refusalOf(error);
    if (known === undefined) onDefect(error, requestId);
    if (response.headersSent) return void response.destroy();
    if (error instanceof BadUrlResponse) {
      respond(call, 502, { "content-type": "application/json" }, "Internal Server Error");
      return;
    }
    const { status, type, body } =
      known ?? new Refusal(500, "ServiceException", "Internal Server Error");
    respond(call, status, { "content-type": "application/json", "x-amzn-errortype": type }, body);
  }
}

function read(request: IncomingMessage, response: ServerResponse): UrlRequest | undefined {
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
    traceId: traceIdOf(request.headers["x-amzn-trace-id"] as string | undefined, Date.now()),
    urlId,
    target: byPath?.rest ?? target,
    domain: byPath === undefined ? host : new URL(functionUrlOf(urlId, `http://${host}`)).host,
  };
}

async function readBody({ request, response }: UrlRequest): Promise<Uint8Array> {
  const body = new RequestBody(request, response);
  if (!body.present) return new Uint8Array(0);
  const tooLarge = () => new AwsError("RequestTooLargeException", "Request Entity Too Large");
  body.checkLength(MAX_PAYLOAD_BYTES, tooLarge);
  return await collect(body.bytes(), MAX_PAYLOAD_BYTES, tooLarge);
}

function invocationOf(call: UrlRequest, runnable: Runnable, payload: Uint8Array): Invocation {
  const gone = new AbortController();
  call.response.once("close", () => gone.abort());
  return {
    requestId: call.requestId,
    kind: "sync",
    payload,
    invokedFunctionArn: runnable.invokedArn,
    traceId: call.traceId,
    signal: gone.signal,
  };
}

const common = ({ requestId, traceId }: UrlRequest): OutgoingHttpHeaders => ({
  "x-amzn-requestid": requestId,
  "x-amzn-trace-id": traceId,
});

function respond(
  call: UrlRequest,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Uint8Array,
): void {
  const { response, request } = call;
  const bodiless = status === 204 || status === 304 || request.method === "HEAD";
  const length = bodiless ? {} : { "content-length": Buffer.byteLength(body) };
  sendHead(response, status, { ...headers, ...common(call), ...length });
  response.end(bodiless ? undefined : body);
  request.resume(); // what nobody read
}

async function* resumed(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The service's refusals as a URL answers them; undefined for what is a defect of ours. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof BadUrlResponse) return new Refusal(502, "", null);
  if (error instanceof AwsError) return new Refusal(413, error.code, error.message);
  if (!(error instanceof YunqueError)) return undefined;
  switch (error.code) {
    case "FunctionThrottled":
      return new Refusal(429, "TooManyRequestsException", error.message);
    case "FunctionNotFound":
      return new Refusal(404, "ResourceNotFoundException", error.message);
    case "RuntimeUnavailable":
      return new Refusal(502, "InvalidRuntimeException", error.message);
    case "InvocationFailed":
    case "FunctionsClosing":
      return new Refusal(503, "ServiceException", error.message);
    default:
      return undefined;
  }
}
