/**
 * The short way of a warm, synchronous invocation: no model, no codec, no record. It takes what is plain and known;
 * everything else (unknown names, ARNs, odd headers, large bodies) goes through the model and says what is wrong there.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_PAYLOAD_BYTES } from "../../domain/function-limits.ts";
import type { Invocation, InvocationResult } from "../../domain/invocation.ts";
import type { Scope } from "../../domain/scope.ts";
import { traceIdOf } from "../../domain/trace-id.ts";
import type { Functions, Runnable } from "../../services/functions/index.ts";
import { checkJson, clientContextOf, payloadOf } from "../invocation-input.ts";
import { sendLambdaError } from "./lambda-failure.ts";
import { readPayload } from "./payload.ts";

/** Where requests belong and where defects are told. */
export interface InvokeRouteOptions {
  readonly functions: Pick<Functions, "peek" | "resolve" | "invoke">;
  /** Twelve digits. */
  readonly account: string;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

const TARGET =
  /^\/2015-03-31\/functions\/([a-zA-Z0-9-_]{1,64})\/invocations(?:\?Qualifier=([a-zA-Z0-9-_]{1,128}))?$/;
const REGION = /Credential=[^/,]{1,128}\/\d{8}\/([a-z0-9-]{1,32})\/lambda\/aws4_request/;

/** Whom a request names. */
interface Called {
  readonly scope: Scope;
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** Serves the invocations that it knows how to; the others are not claimed. */
export function createInvokeRoute({ functions, account, onDefect }: InvokeRouteOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== "POST") return false;
    const target = TARGET.exec(request.url ?? "");
    if (target === null) return false;
    const { headers } = request;
    const length = Number(headers["content-length"]);
    const plain =
      length <= MAX_PAYLOAD_BYTES && // also false for what is no number
      headers["expect"] === undefined &&
      headers["origin"] === undefined && // pages are for the wire to judge
      headers["content-encoding"] === undefined &&
      headers["transfer-encoding"] === undefined &&
      headers["x-amz-tenant-id"] === undefined &&
      headers["x-amz-durable-execution-name"] === undefined &&
      isOneOf(headers["x-amz-invocation-type"], "RequestResponse") &&
      isOneOf(headers["x-amz-log-type"], "None", "Tail");
    // Unsigned requests and presigned URLs are for the wire; here a signature will be verified.
    const region = plain ? REGION.exec(headers["authorization"] ?? "")?.[1] : undefined;
    if (region === undefined) return false;
    const called: Called = {
      scope: { account, region },
      name: target[1] ?? "",
      qualifier: target[2],
    };
    if (peek(called) === undefined) return false;
    const requestId = randomUUID();
    readPayload(request, length, (payload) => {
      answer(request, response, called, requestId, payload).catch((error) =>
        sendLambdaError(response, error, requestId, onDefect),
      );
    });
    return true;
  };

  function peek({ scope, name, qualifier }: Called): Runnable | undefined {
    return functions.peek(scope, name, qualifier);
  }

  async function answer(
    { headers }: IncomingMessage,
    response: ServerResponse,
    called: Called,
    requestId: string,
    payload: Uint8Array,
  ): Promise<void> {
    // Looked up again: while the body came the function may have been updated or deleted.
    const runnable =
      peek(called) ?? (await functions.resolve(called.scope, called.name, called.qualifier));
    const clientContext = clientContextOf(headers["x-amz-client-context"] as string | undefined);
    const traceId = traceIdOf(headers["x-amzn-trace-id"] as string | undefined, Date.now());
    const invocation = new HttpInvocation(
      response,
      requestId,
      payloadOf(payload),
      runnable.invokedArn,
      traceId,
      clientContext,
      headers["x-amz-log-type"] === "Tail",
    );
    const result = await functions.invoke(runnable, invocation);
    // The handler never saw what is no JSON: that is the caller's mistake, not the function's failure.
    if (result.functionError !== undefined) checkJson(invocation.payload);
    send(response, runnable, traceId, result, invocation.wantsLog);
  }
}

const isOneOf = (value: string | string[] | undefined, ...usual: string[]): boolean =>
  value === undefined || usual.includes(value as string);

function send(
  response: ServerResponse,
  { deployment }: Runnable,
  traceId: string,
  result: InvocationResult,
  tail: boolean,
): void {
  const payload = Buffer.from(
    result.payload.buffer,
    result.payload.byteOffset,
    result.payload.length,
  );
  const head = [
    "Content-Type",
    "application/json",
    "Content-Length",
    String(payload.length),
    "x-amzn-RequestId",
    result.requestId,
    "X-Amz-Executed-Version",
    deployment.version,
    "X-Amzn-Trace-Id",
    traceId,
  ];
  if (result.functionError !== undefined) head.push("X-Amz-Function-Error", result.functionError);
  if (tail) head.push("X-Amz-Log-Result", Buffer.from(result.logTail).toString("base64"));
  response.writeHead(200, head);
  // Node joins a short text with the head into one write; bytes would make it two buffers.
  if (payload.length <= 16_384) response.end(payload.toString("latin1"), "latin1");
  else response.end(payload);
}

/** An invocation that came over HTTP. Its signal is made only for who asks. */
class HttpInvocation implements Invocation {
  readonly requestId: string;
  readonly kind = "sync";
  readonly payload: Uint8Array;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  readonly clientContext?: string;
  readonly wantsLog: boolean;
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(
    response: ServerResponse,
    requestId: string,
    payload: Uint8Array,
    invokedFunctionArn: string,
    traceId: string,
    clientContext: string | undefined,
    wantsLog: boolean,
  ) {
    this.wantsLog = wantsLog;
    this.#response = response;
    this.requestId = requestId;
    this.payload = payload;
    this.invokedFunctionArn = invokedFunctionArn;
    this.traceId = traceId;
    if (clientContext !== undefined) this.clientContext = clientContext;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      if (this.#response.destroyed) controller.abort();
      else
        this.#response.once("close", () => {
          if (!this.#response.writableFinished) controller.abort();
        });
      this.#controller = controller;
    }
    return this.#controller.signal;
  }
}
