/**
 * The paths below /2018-06-01/runtime: what a custom runtime asks and is answered.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import type { IncomingMessage } from "node:http";
import type { Specialisation } from "../../../wire/frames.ts";
import { type ApiResponse, accepted, wrongState } from "./api-answers.ts";
import { notFound, type Routes } from "./api-server.ts";
import type { DirectApi } from "./direct-connection.ts";
import type { Invocation } from "./invocation.ts";
import {
  type AnswerHost,
  refuseId,
  requestIdIn,
  takeError,
  takeResponse,
  takeResult,
} from "./invocation-answers.ts";
import { sendInvocation } from "./next-response.ts";
import { readError } from "./runtime-errors.ts";
import { SharedRuntimeApi } from "./shared-runtime-api.ts";
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

/** A runtime that asks for its invocations: one at a time, unless the function has several at once. */
export class RuntimeApi implements Worker, DirectApi, AnswerHost {
  readonly #host: RuntimeHost;
  #state: RuntimeState = "Started";
  #snapStart = false;
  responseBytes = 0;
  /** It waits for its restore, or for an invocation. */
  #waiting: ApiResponse | undefined;
  /** Who serves it where several run at once. */
  #shared: SharedRuntimeApi | undefined;
  /** The one that it runs, or is about to fetch. */
  #invocation: Invocation | undefined;

  constructor(host: RuntimeHost) {
    this.#host = host;
  }

  /** The function is known. */
  begin(told: Pick<Specialisation, "snapStart" | "responseBytes" | "concurrency">): void {
    this.#snapStart = told.snapStart;
    this.responseBytes = told.responseBytes;
    if (told.concurrency > 1) this.#shared = new SharedRuntimeApi(told, this.#host.changed);
  }

  /** Somebody has asked for something here: it is he who runs the function. */
  get inUse(): boolean {
    return this.#state !== "Started" || this.#shared?.inUse === true;
  }

  holds(invocation: Invocation): boolean {
    return this.#shared?.holds(invocation) ?? false;
  }

  takeBack(): readonly Invocation[] {
    return this.#shared?.takeBack() ?? [];
  }

  get ready(): boolean {
    return this.#state === "RestoreReady" || this.idle || this.#shared?.ready === true;
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
    if (this.#shared) {
      this.#shared.invoke(invocation);
      return;
    }
    this.#invocation = invocation;
    this.#state = "Running";
    if (this.#waiting) sendInvocation(this.#waiting, invocation);
    this.#waiting = undefined; // who has gone away asks again, and gets it then
  }

  get routes(): Routes {
    const at = "/2018-06-01/runtime";
    return {
      [`GET ${at}/invocation/next`]: (_request, response) => this.next(response),
      [`POST ${at}/invocation/*/response`]: (request, response) => {
        if (this.#shared) this.#shared.response(request, response);
        else
          this.#named(request, response, (invocation) =>
            this.#respond(invocation, request, response),
          );
      },
      [`POST ${at}/invocation/*/error`]: (request, response) => {
        if (this.#shared) this.#shared.error(request, response);
        else
          this.#named(request, response, (invocation) => this.#fail(invocation, request, response));
      },
      [`POST ${at}/init/error`]: (request, response) => this.#initError(request, response),
      [`GET ${at}/restore/next`]: (_request, response) => this.#restoreNext(response),
      [`POST ${at}/restore/error`]: (request, response) => this.#restoreError(request, response),
    };
  }

  /** The plain form of a response. */
  respond(requestId: string, body: Buffer | "truncated", response: ApiResponse): void {
    if (this.#shared) {
      this.#shared.respond(requestId, body, response);
      return;
    }
    const invocation = this.#invocation;
    if (requestId !== invocation?.frame.requestId) {
      refuseId(response);
      return;
    }
    if (!this.#answers(response, "InvocationResponse")) return;
    invocation.responds();
    void takeResult(invocation, body, response, this);
  }

  next(response: ApiResponse): void {
    if (this.#shared && this.#state === "Started") {
      this.#shared.next(response);
      return;
    }
    const state = this.#state;
    if (state === "Running" && this.#invocation) {
      sendInvocation(response, this.#invocation); // its connection broke before it had it
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

  /** The invocation that the path names, if it is the one that runs. */
  #named(
    request: IncomingMessage,
    response: ApiResponse,
    then: (invocation: Invocation) => void,
  ): void {
    const id = requestIdIn(request);
    const invocation = this.#invocation;
    if (invocation && id === invocation.frame.requestId) then(invocation);
    else refuseId(response);
  }

  #respond(invocation: Invocation, request: IncomingMessage, response: ApiResponse): void {
    if (!this.#answers(response, "InvocationResponse")) return;
    invocation.responds();
    void takeResponse(invocation, request, response, this);
  }

  #fail(invocation: Invocation, request: IncomingMessage, response: ApiResponse): void {
    if (!this.#answers(response, "InvocationErrorResponse")) return;
    invocation.responds();
    void takeError(invocation, request, response, this);
  }

  async #initError(request: IncomingMessage, response: ApiResponse): Promise<void> {
    if (this.#state === "Restoring") return this.#restoreError(request, response);
    if (this.#state !== "Started" || this.#shared?.inUse) {
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

  sent(): void {
    this.#state = "RuntimeResponseSentState";
  }
}
