/** Function URLs: HTTP in, an event for the function, HTTP out. https://docs.aws.amazon.com/lambda/latest/dg/lambda-urls.html */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { allowsPublicUrl } from "../../domain/function-policy.ts";
import { corsHeaders, preflightHeaders } from "../../domain/function-url.ts";
import type { Invocation, InvocationStream } from "../../domain/invocation.ts";
import type { Functions, Runnable, UrlTarget } from "../../services/functions/index.ts";
import { ClientGone } from "../body.ts";
import { Malformed } from "../codecs/malformed.ts";
import { listOf } from "../header-list.ts";
import { Query } from "../query-string.ts";
import { readSignature, type Signature } from "../signature.ts";
import { tracedRequest, type UrlRequest, urlEvent } from "./url-event.ts";
import {
  commonHeaders,
  readUrlBody,
  respond,
  type UrlExchange,
  urlExchange,
} from "./url-exchange.ts";
import { PRELUDE_TYPE, readPrelude, resumed } from "./url-prelude.ts";
import { FORBIDDEN, Refusal, urlFailure } from "./url-refusal.ts";
import { BadUrlResponse, sendHead, urlHead, urlResponse } from "./url-response.ts";

export interface UrlRouteOptions {
  readonly functions: Pick<Functions, "urlTarget" | "resolve" | "sample" | "invoke" | "stream">;
  /** Twelve digits: whose credentials sign. */
  readonly account: string;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Serves the hosts of function URLs, and `/_url/ID/` where names under localhost cannot be looked up. */
export function createFunctionUrlRoute({ functions, account, onDefect }: UrlRouteOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const call = urlExchange(request, response);
    if (call === undefined) return false;
    serve(call).catch((error) => fail(call, error));
    return true;
  };

  async function serve(call: UrlExchange): Promise<void> {
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
      const headers = listOf(request.headers["access-control-request-headers"] ?? "");
      respond(call, 200, preflightHeaders(cors, origin, asked, headers) ?? {}, "");
      return;
    }
    const extra = cors === undefined || origin === undefined ? {} : corsHeaders(cors, origin);
    const caller = authorized(call, target);
    const body = await readUrlBody(call);
    const qualifier = target.url.qualifier === "$LATEST" ? undefined : target.url.qualifier;
    const runnable = await functions.resolve(target.scope, target.url.functionName, qualifier);
    call.traceId = functions.sample(runnable, call.traceId);
    const asker = urlRequestOf(request);
    const event = urlEvent(asker, body, { ...call, now: Date.now(), caller });
    const http = { http: tracedRequest(asker, call) };
    const invocation = { ...invocationOf(call, runnable, event), ...http };
    if (target.url.invokeMode === "RESPONSE_STREAM")
      await streamed(call, runnable, invocation, extra);
    else await buffered(call, runnable, invocation, extra);
  }

  /** Who calls; undefined for anybody. @throws Refusal */
  function authorized({ request, target }: UrlExchange, { url, policy }: UrlTarget) {
    if (url.authType === "NONE") {
      if (allowsPublicUrl(policy)) return undefined;
    } else {
      const signature = signatureOf(request, target);
      // Verification comes with identities; until then, whoever signs for Lambda is let in.
      if (signature?.service === "lambda") return { account, accessKeyId: signature.accessKeyId };
    }
    throw new Refusal(403, "AccessDeniedException", FORBIDDEN);
  }

  async function buffered(
    call: UrlExchange,
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
    call: UrlExchange,
    runnable: Runnable,
    invocation: Invocation,
    extra: OutgoingHttpHeaders,
  ): Promise<void> {
    const stream = await functions.stream(runnable, invocation);
    const chunks = stream.body[Symbol.asyncIterator]();
    try {
      const body = await begin(call, stream, chunks, { ...commonHeaders(call), ...extra });
      await pipeline(body, call.response, { end: false });
    } finally {
      await chunks.return?.(); // what is not taken to its end would hold the handler back
    }
    // A stream that breaks must not look whole.
    if ((await stream.completion).errorCode === undefined) call.response.end();
    else call.response.destroy();
  }

  /** Sends the head of a streamed answer; what it returns is the body. @throws BadUrlResponse */
  async function begin(
    { response }: UrlExchange,
    { contentType, completion }: InvocationStream,
    chunks: AsyncIterator<Uint8Array>,
    own: OutgoingHttpHeaders,
  ): Promise<AsyncIterable<Uint8Array>> {
    if (contentType === PRELUDE_TYPE) {
      const prelude = await readPrelude(chunks);
      if (prelude === undefined) throw new BadUrlResponse("the stream has no prelude");
      const { status, headers } = urlHead(prelude.head);
      sendHead(response, status, { ...headers, ...own });
      return prelude.body;
    }
    const first = await chunks.next();
    if (first.done && (await completion).errorCode !== undefined)
      throw new BadUrlResponse("the function failed");
    sendHead(response, 200, { "content-type": contentType || "application/octet-stream", ...own });
    return resumed(first.done ? new Uint8Array(0) : first.value, chunks);
  }

  function fail(call: UrlExchange, error: unknown): void {
    const { response, requestId } = call;
    if (error instanceof ClientGone || response.destroyed) return void response.destroy();
    const { status, headers, body, defect } = urlFailure(error);
    if (defect) onDefect(error, requestId);
    if (response.headersSent) return void response.destroy();
    respond(call, status, headers, body);
  }
}

const urlRequestOf = (request: IncomingMessage): UrlRequest => ({
  method: request.method ?? "GET",
  httpVersion: request.httpVersion,
  rawHeaders: request.rawHeaders,
  sourceIp: request.socket.remoteAddress ?? "",
  secure: "encrypted" in request.socket,
});

/** What the request says of its signature, in a header or in the query. */
function signatureOf({ headers }: IncomingMessage, target: string): Signature | undefined {
  const mark = target.indexOf("?");
  try {
    const query = mark < 0 ? Query.EMPTY : Query.parse(target.slice(mark + 1));
    return readSignature(headers as Readonly<Record<string, string | undefined>>, query);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function invocationOf(call: UrlExchange, runnable: Runnable, payload: Uint8Array): Invocation {
  const gone = new AbortController();
  call.response.once("close", () => {
    if (!call.response.writableFinished) gone.abort();
  });
  return {
    requestId: call.requestId,
    kind: "sync",
    payload,
    invokedFunctionArn: runnable.invokedArn,
    traceId: call.traceId,
    signal: gone.signal,
  };
}
