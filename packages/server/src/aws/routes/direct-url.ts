/**
 * The short way of a function URL: one that is in memory, open to everybody, and answers in one piece, asked under its
 * own host by no page of another site. `function-url.ts` serves the others.
 */
import { randomUUID } from "node:crypto";
import { allowsPublicUrl } from "../../domain/function-policy.ts";
import type { Invocation } from "../../domain/invocation.ts";
import { traceIdOf } from "../../domain/trace-id.ts";
import type { Functions, UrlTarget } from "../../services/functions/index.ts";
import { urlIdOfHost } from "../function-url-host.ts";
import type { DirectCall, DirectCaller, DirectHead, DirectRoute } from "./direct.ts";
import { tracedRequest, type UrlRequest, urlEvent } from "./url-event.ts";
import { FORBIDDEN, Refusal, urlFailure } from "./url-refusal.ts";
import { BadUrlResponse, urlResponse } from "./url-response.ts";

/** What a function URL needs of the service. */
type UrlFunctions = Pick<
  Functions,
  "peek" | "resolve" | "sample" | "invoke" | "peekUrl" | "urlTarget"
>;

export interface DirectUrlOptions {
  readonly functions: UrlFunctions;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Answers to these have no body, or are made by the platform. */
const OTHER_METHODS: ReadonlySet<string> = new Set(["HEAD", "OPTIONS"]);

export function createDirectUrlRoute({ functions, onDefect }: DirectUrlOptions): DirectRoute {
  return (head) => {
    const domain = head.header("host") ?? "";
    const urlId = urlIdOfHost(domain);
    if (urlId === undefined || OTHER_METHODS.has(head.method)) return undefined;
    const plain = head.header("origin") === undefined && isPlain(functions.peekUrl(urlId));
    return plain ? new UrlCall(functions, onDefect, head, domain, urlId) : undefined;
  };
}

const isOpen = (target: UrlTarget | undefined): target is UrlTarget =>
  target?.url.authType === "NONE" && allowsPublicUrl(target.policy);

const isPlain = (target: UrlTarget | undefined): boolean =>
  isOpen(target) && target.url.invokeMode !== "RESPONSE_STREAM";

/** One request that was claimed. */
class UrlCall implements DirectCall, UrlRequest {
  readonly method: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly sourceIp: string;
  readonly secure: boolean;
  readonly target: string;
  readonly domain: string;
  readonly urlId: string;
  readonly requestId = randomUUID();
  traceId: string;
  readonly #functions: UrlFunctions;
  readonly #onDefect: DirectUrlOptions["onDefect"];

  constructor(
    functions: UrlFunctions,
    onDefect: DirectUrlOptions["onDefect"],
    head: DirectHead,
    domain: string,
    urlId: string,
  ) {
    this.#functions = functions;
    this.#onDefect = onDefect;
    this.method = head.method;
    this.httpVersion = head.httpVersion;
    this.rawHeaders = head.rawHeaders;
    this.sourceIp = head.sourceIp;
    this.secure = head.secure;
    this.target = head.target;
    this.domain = domain;
    this.urlId = urlId;
    this.traceId = traceIdOf(
      head.header("x-amzn-trace-id"),
      head.header("traceparent"),
      Date.now(),
    );
  }

  serve(body: Uint8Array, caller: DirectCaller): void {
    this.#serve(body, caller).catch((error) => {
      if (caller.gone) return;
      const { status, headers, body, defect } = urlFailure(error);
      if (defect) this.#onDefect(error, this.requestId);
      this.#answer(caller, status, headers, Buffer.from(body));
    });
  }

  async #serve(body: Uint8Array, caller: DirectCaller): Promise<void> {
    const functions = this.#functions;
    const { urlId, target, domain, requestId } = this;
    // Looked up only now: while the body came the URL may have been closed, or deleted.
    const found = functions.peekUrl(urlId) ?? (await functions.urlTarget(urlId));
    if (!isOpen(found)) throw new Refusal(403, "AccessDeniedException", FORBIDDEN);
    const { functionName, qualifier } = found.url;
    const asked = qualifier === "$LATEST" ? undefined : qualifier;
    const runnable =
      functions.peek(found.scope, functionName, asked) ??
      (await functions.resolve(found.scope, functionName, asked));
    const traceId = functions.sample(runnable, this.traceId);
    this.traceId = traceId;
    const call = { urlId, target, domain, requestId, traceId, now: Date.now(), caller: undefined };
    const invocation = invocationOf(this, urlEvent(this, body, call), runnable.invokedArn, caller);
    const result = await functions.invoke(runnable, invocation);
    if (result.functionError !== undefined) throw new BadUrlResponse("the function failed");
    const response = urlResponse(result.payload);
    this.#answer(caller, response.status, response.headers, response.body);
  }

  #answer(
    caller: DirectCaller,
    status: number,
    headers: Readonly<Record<string, unknown>>,
    body: Uint8Array,
  ): void {
    const { requestId, traceId } = this;
    const all = { ...headers, "x-amzn-requestid": requestId, "x-amzn-trace-id": traceId };
    const flat: string[] = [];
    for (const [name, value] of Object.entries(all))
      for (const one of Array.isArray(value) ? value : [value]) flat.push(name, String(one));
    try {
      caller.answer(status, flat, body);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new BadUrlResponse(error.message); // a header that is none
    }
  }
}

const invocationOf = (
  url: UrlCall,
  payload: Uint8Array,
  invokedFunctionArn: string,
  caller: DirectCaller,
): Invocation => ({
  requestId: url.requestId,
  kind: "sync",
  payload,
  invokedFunctionArn,
  traceId: url.traceId,
  get http() {
    return tracedRequest(url, url);
  },
  get abandoned() {
    return caller.gone;
  },
});
