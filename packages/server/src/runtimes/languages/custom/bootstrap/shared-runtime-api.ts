/**
 * The Runtime API where several invocations run at once: as many `next` may wait, and as many answers come in whatever
 * order, as the function's concurrency says. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import type { IncomingMessage } from "node:http";
import { type ApiResponse, wrongState } from "./api-answers.ts";
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
import type { Worker } from "./worker.ts";

/** A runtime with several workers. It is ready with the first that asks. */
export class SharedRuntimeApi implements Worker, AnswerHost {
  readonly responseBytes: number;
  readonly #most: number;
  readonly #changed: () => void;
  #asked = false;
  /** Who waits for an invocation. */
  readonly #waiting = new Set<ApiResponse>();
  /** Invocations that nobody has fetched. */
  readonly #pending = new Set<Invocation>();
  /** Those that were fetched; true once they are being answered. */
  readonly #running = new Map<string, { readonly invocation: Invocation; answering: boolean }>();

  constructor(
    { concurrency, responseBytes }: { concurrency: number; responseBytes: number },
    changed: () => void,
  ) {
    this.#most = concurrency;
    this.responseBytes = responseBytes;
    this.#changed = changed;
  }

  get inUse(): boolean {
    return this.#asked;
  }

  get ready(): boolean {
    return this.#asked;
  }

  get idle(): boolean {
    return this.#asked && this.#pending.size === 0 && this.#running.size === 0;
  }

  /** SnapStart does not go together with it. */
  restore(): void {}

  holds(invocation: Invocation): boolean {
    return this.#pending.has(invocation);
  }

  takeBack(): readonly Invocation[] {
    const pending = [...this.#pending];
    this.#pending.clear();
    return pending;
  }

  invoke(invocation: Invocation): void {
    const [response] = this.#waiting;
    if (!response) {
      this.#pending.add(invocation);
      return;
    }
    this.#waiting.delete(response);
    this.#send(response, invocation);
  }

  next(response: ApiResponse): void {
    if (this.#waiting.size >= this.#most) {
      wrongState(response, "Ready", "Ready");
      return;
    }
    const [invocation] = this.#pending;
    if (invocation) {
      this.#pending.delete(invocation);
      this.#send(response, invocation);
    } else {
      this.#waiting.add(response);
      response.once("close", () => this.#waiting.delete(response));
    }
    if (this.#asked) return;
    this.#asked = true;
    this.#changed();
  }

  /** The plain form of a response. */
  respond(requestId: string, body: Buffer | "truncated", response: ApiResponse): void {
    const invocation = this.#answers(requestId, response, "InvocationResponse");
    if (invocation) void takeResult(invocation, body, response, this);
  }

  response(request: IncomingMessage, response: ApiResponse): void {
    const invocation = this.#answers(requestIdIn(request), response, "InvocationResponse");
    if (invocation) void takeResponse(invocation, request, response, this);
  }

  error(request: IncomingMessage, response: ApiResponse): void {
    const invocation = this.#answers(requestIdIn(request), response, "InvocationErrorResponse");
    if (invocation) void takeError(invocation, request, response, this);
  }

  sent({ frame }: Invocation): void {
    this.#running.delete(frame.requestId);
  }

  #send(response: ApiResponse, invocation: Invocation): void {
    this.#running.set(invocation.frame.requestId, { invocation, answering: false });
    sendInvocation(response, invocation);
  }

  /** The one that an answer is for; each is answered once. */
  #answers(id: string | undefined, response: ApiResponse, to: string): Invocation | undefined {
    const running = id === undefined ? undefined : this.#running.get(id);
    if (!running) {
      refuseId(response);
      return undefined;
    }
    if (running.answering) {
      wrongState(response, "InvocationResponse", to);
      return undefined;
    }
    running.answering = true;
    running.invocation.responds();
    return running.invocation;
  }
}
