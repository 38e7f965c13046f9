/** One invocation at a time: it is over when the runtime and every extension that was told of it ask for the next. */
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import type { Extensions } from "./extensions.ts";
import { Invocation, type InvocationHost } from "./invocation.ts";
import type { Output } from "./output.ts";
import type { Reports } from "./reports.ts";
import type { Worker } from "./worker.ts";

/** What it needs of the instance. */
export interface InvokePhaseHost {
  readonly extensions: Extensions;
  readonly output: Output;
  readonly reports: Reports;
  readonly invocations: InvocationHost;
  readonly timeoutMs: number;
  /** Whoever runs the invocations. */
  readonly worker: () => Worker;
  /** The invocation is over. */
  readonly settled: () => void;
  /** It was answered, but its time passed before it was over. */
  readonly late: () => void;
}

/** One at a time here, several in shared-phase.ts. */
export interface InvokePhases {
  /** Those whose callers still wait, and that were begun. */
  readonly unanswered: readonly Invocation[];
  /** Starts one; `ended` is called when it is over. */
  begin(frame: InvokeFrame, ended: () => void): Invocation;
  /** Something has changed: what was answered may be over. */
  look(): void;
  /** Forgets what nobody has begun with: the numbers of these. Only where several run at once. */
  takeBack?(): readonly number[];
  /** What is not answered never will be. */
  abandon(status: "timeout" | "failure", errorType: string | undefined): void;
}

export class InvokePhase implements InvokePhases {
  readonly #host: InvokePhaseHost;
  #current: { readonly invocation: Invocation; readonly ended: () => void } | undefined;
  #runtimeDone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: InvokePhaseHost) {
    this.#host = host;
  }

  get unanswered(): readonly Invocation[] {
    const { invocation } = this.#current ?? {};
    return invocation && !invocation.answered ? [invocation] : [];
  }

  begin(frame: InvokeFrame, ended: () => void): Invocation {
    const { extensions, output, reports, invocations, timeoutMs, worker } = this.#host;
    const invocation = new Invocation(frame, timeoutMs, invocations);
    this.#current = { invocation, ended };
    this.#runtimeDone = false;
    output.begin(frame.call);
    reports.start(invocation);
    extensions.deliver("INVOKE", invokeEvent(invocation));
    worker().invoke(invocation);
    return invocation;
  }

  look(): void {
    const current = this.#current;
    if (!current?.invocation.answered) return;
    const { extensions, output, reports, worker, settled } = this.#host;
    this.#timer ??= this.#limit(current.invocation);
    if (!worker().idle) return;
    if (!this.#runtimeDone) reports.runtimeDone(current.invocation);
    this.#runtimeDone = true;
    if (!extensions.idle) return;
    clearTimeout(this.#timer);
    this.#timer = this.#current = undefined;
    reports.report(current.invocation);
    output.begin(0);
    settled();
    current.ended();
  }

  abandon(status: "timeout" | "failure", errorType: string | undefined): void {
    const [invocation] = this.unanswered;
    if (!invocation) return;
    this.#host.reports.runtimeDone(invocation, status, errorType);
    this.#host.reports.report(invocation, status, errorType);
  }

  /** Lambda: the timeout is that of runtime and extensions together, also when the caller has its answer already. */
  #limit({ deadlineMs }: Invocation): NodeJS.Timeout {
    return setTimeout(this.#host.late, Math.max(0, deadlineMs - Date.now()));
  }
}

function invokeEvent({ frame, deadlineMs }: Invocation) {
  const { requestId, invokedFunctionArn, traceId } = frame;
  const event = { eventType: "INVOKE", deadlineMs, requestId, invokedFunctionArn };
  return traceId ? { ...event, tracing: { type: "X-Amzn-Trace-Id", value: traceId } } : event;
}
