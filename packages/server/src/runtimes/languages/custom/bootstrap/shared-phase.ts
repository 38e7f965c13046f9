/** Several invocations at once: each is over when it is answered. Extensions are not told of them: none has the instance to itself. */
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import { Invocation } from "./invocation.ts";
import type { InvokePhaseHost, InvokePhases } from "./invoke-phase.ts";

/** The counterpart of InvokePhase. */
export class SharedPhase implements InvokePhases {
  readonly #host: InvokePhaseHost;
  readonly #current = new Map<Invocation, () => void>();

  constructor(host: InvokePhaseHost) {
    this.#host = host;
  }

  get unanswered(): readonly Invocation[] {
    const worker = this.#host.worker();
    return [...this.#current.keys()].filter((one) => !one.answered && !worker.holds?.(one));
  }

  begin(frame: InvokeFrame, ended: () => void): Invocation {
    const { reports, invocations, timeoutMs, worker } = this.#host;
    const invocation = new Invocation(frame, timeoutMs, invocations);
    this.#current.set(invocation, ended);
    reports.start(invocation);
    worker().invoke(invocation);
    return invocation;
  }

  look(): void {
    const { reports } = this.#host;
    for (const [invocation, ended] of this.#current) {
      if (!invocation.answered) continue;
      this.#current.delete(invocation);
      reports.runtimeDone(invocation);
      reports.report(invocation);
      ended();
    }
  }

  takeBack(): readonly number[] {
    const back = this.#host.worker().takeBack?.() ?? [];
    for (const invocation of back) {
      const ended = this.#current.get(invocation);
      this.#current.delete(invocation);
      ended?.();
    }
    return back.map(({ frame }) => frame.call);
  }

  abandon(status: "timeout" | "failure", errorType: string | undefined): void {
    const { reports } = this.#host;
    for (const invocation of this.unanswered) {
      reports.runtimeDone(invocation, status, errorType);
      reports.report(invocation, status, errorType);
    }
  }
}
