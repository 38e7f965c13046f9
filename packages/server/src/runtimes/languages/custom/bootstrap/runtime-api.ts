/**
 * The paths below /2018-06-01/runtime: what a custom runtime asks and is answered.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import type { IncomingMessage } from "node:http";
import { type ApiResponse, accepted, header, readBody, refuse, wrongState } from "./api-answers.ts";
import { notFound, type Routes } from "./api-server.ts";
import type { DirectApi } from "./direct-connection.ts";
import { errorObject, type Invocation } from "./invocation.ts";
import { readError } from "./runtime-errors.ts";
import { streamResponse } from "./stream-response.ts";
import type { Worker } from "./worker.ts";

/** As Lambda names them in its errors. */
type RuntimeState =
  | "Started"
  | "InitError"
  | "RestoreReady"
  | "Restoring"
  | "RuntimeRestoreErrorState"
  | "Ready"
  | "Running"
  | "InvocationResponse"
  | "InvocationErrorResponse"
  | "RuntimeResponseSentState";

/** What the API needs of the instance. */
export interface RuntimeHost {
  /** Something has changed. */
  readonly changed: () => void;
  /** It could not initialise: the error object, as it came. */
  readonly initFailed: (error: Uint8Array, errorType: string) => void;
  readonly restoreFailed: (error: Uint8Array, errorType: string) => void;
}

/** Lambda: an invocation without a payload has an empty object as its event. */
const NO_EVENT = Buffer.from("{}");

/** A runtime that asks for its invocations. One at a time. */
export class RuntimeApi implements Worker, DirectApi {
  readonly #host: RuntimeHost;
  #state: RuntimeState = "Started";
  #snapStart = false;
  responseBytes = 0;
  /** It waits for its restore, or for an invocation. */
  #waiting: ApiResponse | undefined;
  /** The one that it runs, or is about to fetch. */
  #invocation: Invocation | undefined;

  constructor(host: RuntimeHost) {
    this.#host = host;
  }

  /** The function is known. */
  begin({ snapStart, responseBytes }: { snapStart: boolean; responseBytes: number }): void {
    this.#snapStart = snapStart;
    this.responseBytes = responseBytes;
  }

  /** Somebody has asked for something here: it is he who runs the function. */
  get inUse(): boolean {
    return this.#state !== "Started";
  }

  get ready(): boolean {
    return this.#state === "RestoreReady" || this.idle;
  }

  get idle(): boolean {
    return this.#state === "Ready";
  }

  restore(): void {
    if (this.#state !== "RestoreReady") return;
    this.#state = "Restoring";
    this.#waiting?.writeHead(200).end();
    this.#waiting = undefined;
  }

  invoke(invocation: Invocation): void {
    this.#invocation = invocation;
    this.#state = "Running";
    if (this.#waiting) this.#send(this.#waiting, invocation);
    this.#waiting = undefined; // who has gone away asks again, and gets it then
  }

  get routes(): Routes {
    const at = "/2018-06-01/runtime";
    return {
      [`GET ${at}/invocation/next`]: (_request, response) => this.next(response),
      [`POST ${at}/invocation/*/response`]: (request, response) =>
        this.#named(request, response, (invocation) =>
          this.#respond(invocation, request, response),
        ),
      [`POST ${at}/invocation/*/error`]: (request, response) =>
        this.#named(request, response, (invocation) => this.#fail(invocation, request, response)),
      [`POST ${at}/init/error`]: (request, response) => this.#initError(request, response),
      [`GET ${at}/restore/next`]: (_request, response) => this.#restoreNext(response),
      [`POST ${at}/restore/error`]: (request, response) => this.#restoreError(request, response),
    };
  }

  /** The plain form of a response. */
  respond(requestId: string, body: Buffer | "truncated", response: ApiResponse): void {
    const invocation = this.#invocation;
    if (requestId !== invocation?.frame.requestId) {
      refuse(response, 400, "InvalidRequestID", "Invalid request ID");
      return;
    }
    if (!this.#answers(response, "InvocationResponse")) return;
    invocation.responds();
    if (body === "truncated") void this.#truncated(invocation, response);
    else void this.#result(invocation, body, response);
  }

  next(response: ApiResponse): void {
    const state = this.#state;
    if (state === "Running" && this.#invocation) {
      this.#send(response, this.#invocation); // its connection broke before it had it
      return;
    }
    const from: RuntimeState[] = ["Started", "Restoring", "Ready", "RuntimeResponseSentState"];
    if (!from.includes(state)) {
      wrongState(response, state, "Ready");
      return;
    }
    this.#state = "Ready";
    this.#wait(response);
    this.#host.changed();
  }

  #restoreNext(response: ApiResponse): void {
    if (!this.#snapStart) {
      notFound(response); // Lambda has this path only where there is a snapshot
      return;
    }
    if (this.#state !== "Started" && this.#state !== "RestoreReady") {
      wrongState(response, this.#state, "RestoreReady");
      return;
    }
    this.#state = "RestoreReady";
    this.#wait(response);
    this.#host.changed();
  }

  #wait(response: ApiResponse): void {
    this.#waiting?.destroy();
    this.#waiting = response;
    response.once("close", () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
  }

  #send(response: ApiResponse, { frame, deadlineMs }: Invocation): void {
    const event = frame.event.length > 0 ? frame.event : NO_EVENT;
    const headers: Record<string, string | number> = {
      "Content-Type": "application/json",
      "Content-Length": event.length,
      "Lambda-Runtime-Aws-Request-Id": frame.requestId,
      "Lambda-Runtime-Deadline-Ms": deadlineMs,
      "Lambda-Runtime-Invoked-Function-Arn": frame.invokedFunctionArn,
    };
    if (frame.traceId) headers["Lambda-Runtime-Trace-Id"] = frame.traceId;
    if (frame.clientContext)
      headers["Lambda-Runtime-Client-Context"] = headerText(frame.clientContext);
    response.writeHead(200, headers);
    response.end(event);
  }

  /** The invocation that the path names, if it is the one that runs. */
  #named(
    { url = "" }: IncomingMessage,
    response: ApiResponse,
    then: (invocation: Invocation) => void,
  ): void {
    const id = /\/invocation\/([^/]+)\//.exec(url)?.[1];
    const invocation = this.#invocation;
    if (invocation && id === invocation.frame.requestId) then(invocation);
    else refuse(response, 400, "InvalidRequestID", "Invalid request ID");
  }

  async #respond(
    invocation: Invocation,
    request: IncomingMessage,
    response: ApiResponse,
  ): Promise<void> {
    if (!this.#answers(response, "InvocationResponse")) return;
    invocation.responds();
    const mode = header(request, "Lambda-Runtime-Function-Response-Mode");
    if (mode === "streaming") {
      const whole = await streamResponse(invocation, request);
      this.#sent();
      if (whole) accepted(response);
      else refuse(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
      return;
    }
    if (mode !== "") {
      const type = "Runtime.InvalidResponseModeHeader";
      const message = "Invalid function response mode";
      await invocation.error(errorObject(type, message), type);
      this.#sent();
      refuse(response, 400, "InvalidFunctionResponseMode", message);
      return;
    }
    const body = await readBody(request, this.responseBytes);
    if (body === "too large") {
      const limit = this.responseBytes;
      const type = "Function.ResponseSizeTooLarge";
      const message = `Response payload size exceeded maximum allowed payload size (${limit} bytes).`;
      await invocation.error(errorObject(type, message), type);
      this.#sent();
      const told = `Exceeded maximum allowed payload size (${limit} bytes).`;
      refuse(response, 413, "RequestEntityTooLarge", told);
    } else if (body === "truncated") {
      await this.#truncated(invocation, response);
    } else {
      await this.#result(invocation, body, response);
    }
  }

  async #truncated(invocation: Invocation, response: ApiResponse): Promise<void> {
    const type = "Runtime.TruncatedResponse";
    await invocation.error(errorObject(type, "the response was truncated"), type);
    this.#sent();
    refuse(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
  }

  async #result(invocation: Invocation, body: Buffer, response: ApiResponse): Promise<void> {
    await invocation.result(body);
    this.#sent();
    accepted(response);
  }

  async #fail(
    invocation: Invocation,
    request: IncomingMessage,
    response: ApiResponse,
  ): Promise<void> {
    if (!this.#answers(response, "InvocationErrorResponse")) return;
    invocation.responds();
    const { body, type } = await readError(request, this.responseBytes);
    await invocation.error(body, type);
    this.#sent();
    accepted(response);
  }

  async #initError(request: IncomingMessage, response: ApiResponse): Promise<void> {
    if (this.#state === "Restoring") return this.#restoreError(request, response);
    if (this.#state !== "Started") {
      wrongState(response, this.#state, "InitError");
      return;
    }
    this.#state = "InitError";
    const { body, type } = await readError(request, this.responseBytes);
    accepted(response);
    this.#host.initFailed(body, type);
  }

  async #restoreError(request: IncomingMessage, response: ApiResponse): Promise<void> {
    if (!this.#snapStart) return notFound(response);
    if (this.#state !== "Restoring") {
      wrongState(response, this.#state, "RuntimeRestoreErrorState");
      return;
    }
    this.#state = "RuntimeRestoreErrorState";
    const { body, type } = await readError(request, this.responseBytes);
    accepted(response);
    this.#host.restoreFailed(body, type);
  }

  #answers(response: ApiResponse, to: RuntimeState): boolean {
    if (this.#state === "Running") {
      this.#state = to;
      return true;
    }
    wrongState(response, this.#state, to);
    return false;
  }

  #sent(): void {
    this.#state = "RuntimeResponseSentState";
  }
}

/** JSON text as a header can have it: its UTF-8, byte by byte, and no controls. */
const headerText = (json: string): string =>
  Buffer.from(json)
    .toString("latin1")
    .replace(/[\r\n]/g, " ")
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
