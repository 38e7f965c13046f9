/**
 * The short way of an invocation: no model, no codec, and of a synchronous one no record. It takes what is plain; everything else (ARNs, odd
 * headers, large bodies) goes through the model and says what is wrong there.
 */
import { randomUUID } from "node:crypto";
import type { Invocation, InvocationResult } from "../../domain/invocation.ts";
import type { Scope } from "../../domain/scope.ts";
import { traceIdOf } from "../../domain/trace-id.ts";
import type { Functions, Runnable } from "../../services/functions/index.ts";
import { checkEvent, checkJson, clientContextOf, payloadOf } from "../invocation-input.ts";
import type { DirectCall, DirectCaller, DirectHead, DirectRoute } from "./direct.ts";
import { answerLambdaError } from "./lambda-failure.ts";

/** Where requests belong and where defects are told. */
export interface InvokeRouteOptions {
  /** Without `accept` events are for the wire. */
  readonly functions: Pick<Functions, "peek" | "resolve" | "follow" | "invoke"> &
    Partial<Pick<Functions, "accept">>;
  /** Twelve digits. */
  readonly account: string;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

const TARGET =
  /^\/2015-03-31\/functions\/([a-zA-Z0-9-_]{1,64})\/invocations(?:\?Qualifier=([a-zA-Z0-9-_]{1,128}))?$/;
/** `aws-global` is no region but the usual one's other name: the wire knows which that is. */
const REGION =
  /Credential=[^/,]{1,128}\/\d{8}\/(?!aws-global\/)([a-z0-9][a-z0-9-]{0,31})\/lambda\/aws4_request/;
/** What is for the wire to judge. */
const OTHERS = [
  "origin", // pages of other sites
  "sec-fetch-site",
  "content-encoding",
  "x-amz-tenant-id",
  "x-amz-durable-execution-name",
];
const TYPES: ReadonlySet<string> = new Set(["RequestResponse", "Event", "DryRun"]);
const LOGS: ReadonlySet<string> = new Set(["None", "Tail"]);

/** Serves the invocations that it knows how to; the others are not claimed. */
export function createInvokeRoute(options: InvokeRouteOptions): DirectRoute {
  return (head) => {
    if (head.method !== "POST") return undefined;
    const target = TARGET.exec(head.target);
    if (target === null) return undefined;
    for (const name of OTHERS) if (head.header(name) !== undefined) return undefined;
    const type = head.header("x-amz-invocation-type") ?? "RequestResponse";
    const log = head.header("x-amz-log-type") ?? "None";
    if (!TYPES.has(type) || !LOGS.has(log)) return undefined;
    if (type === "Event" && options.functions.accept === undefined) return undefined;
    // Unsigned requests and presigned URLs are for the wire; here a signature will be verified.
    const region = REGION.exec(head.header("authorization") ?? "")?.[1];
    if (region === undefined) return undefined;
    const scope = { account: options.account, region };
    return new InvokeCall(options, scope, target[1] ?? "", target[2], type, log === "Tail", head);
  };
}

/** One request, and the invocation that it asks for. Its signal is made only for who asks. */
class InvokeCall implements DirectCall, Invocation {
  readonly requestId = randomUUID();
  readonly kind = "sync";
  payload: Uint8Array = NOTHING;
  invokedFunctionArn = "";
  traceId: string;
  clientContext?: string;
  readonly #options: InvokeRouteOptions;
  readonly #scope: Scope;
  readonly #name: string;
  readonly #qualifier: string | undefined;
  readonly #type: string;
  readonly wantsLog: boolean;
  readonly #encodedContext: string | undefined;
  #caller: DirectCaller | undefined;
  #gone: AbortController | undefined;

  constructor(
    options: InvokeRouteOptions,
    scope: Scope,
    name: string,
    qualifier: string | undefined,
    type: string,
    tail: boolean,
    head: DirectHead,
  ) {
    this.#options = options;
    this.#scope = scope;
    this.#name = name;
    this.#qualifier = qualifier;
    this.#type = type;
    this.wantsLog = tail;
    this.#encodedContext = head.header("x-amz-client-context");
    this.traceId = traceIdOf(
      head.header("x-amzn-trace-id"),
      head.header("traceparent"),
      Date.now(),
    );
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      const controller = new AbortController();
      if (this.#caller?.gone) controller.abort();
      else this.#caller?.onGone(() => controller.abort());
      this.#gone = controller;
    }
    return this.#gone.signal;
  }

  get abandoned(): boolean {
    return this.#caller?.gone === true;
  }

  serve(body: Uint8Array, caller: DirectCaller): void {
    this.#caller = caller;
    this.payload = payloadOf(body);
    this.#serve(caller).catch((error) =>
      answerLambdaError(caller, error, this.requestId, this.#options.onDefect),
    );
  }

  async #serve(caller: DirectCaller): Promise<void> {
    const { functions } = this.#options;
    // Looked up only now: while the body came the function may have been updated or deleted.
    const runnable =
      functions.peek(this.#scope, this.#name, this.#qualifier) ??
      (await functions.resolve(this.#scope, this.#name, this.#qualifier));
    const clientContext = clientContextOf(this.#encodedContext);
    if (clientContext !== undefined) this.clientContext = clientContext;
    this.invokedFunctionArn = runnable.invokedArn;
    if (this.#type === "RequestResponse") {
      this.traceId = functions.follow(runnable, this.traceId);
      const result = await functions.invoke(runnable, this);
      // The handler never saw what is no JSON: that is the caller's mistake, not the function's failure.
      if (result.functionError !== undefined) checkJson(this.payload);
      caller.answer(200, this.#headersOf(runnable, result), result.payload);
    } else if (this.#type === "Event") {
      checkEvent(this.payload);
      await functions.accept?.(runnable, this);
      caller.answer(202, ["X-Amzn-Trace-Id", this.traceId, ...this.#id], NOTHING);
    } else caller.answer(204, this.#id, NOTHING);
  }

  get #id(): string[] {
    return ["x-amzn-RequestId", this.requestId];
  }

  #headersOf({ deployment }: Runnable, result: InvocationResult): string[] {
    const headers = [
      "Content-Type",
      "application/json",
      "x-amzn-RequestId",
      this.requestId,
      "X-Amz-Executed-Version",
      deployment.version,
      "X-Amzn-Trace-Id",
      this.traceId,
    ];
    if (result.functionError !== undefined)
      headers.push("X-Amz-Function-Error", result.functionError);
    if (this.wantsLog)
      headers.push("X-Amz-Log-Result", Buffer.from(result.logTail).toString("base64"));
    return headers;
  }
}

const NOTHING = new Uint8Array(0);
