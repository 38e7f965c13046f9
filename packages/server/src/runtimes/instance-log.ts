/** The log stream of one instance: what its handler writes, and Lambda's own lines around it. */
import { randomUUID } from "node:crypto";
import type { Deployment } from "../domain/deployment.ts";
import type { InvocationReport } from "../domain/invocation.ts";
import { logGroupKey } from "../domain/log-group.ts";
import type { Clock } from "../ports/clock.ts";
import type { LogLine, Logs } from "../ports/logs.ts";
import type { Call } from "./call.ts";
import type { Failure } from "./failures.ts";
import { OutputBudget } from "./output/output-budget.ts";
import {
  type Ending,
  type PlatformLines,
  platformLines,
  type RuntimeIdentity,
} from "./output/platform-lines.ts";

const TOO_FAST = "more than 8 MB per second";

/** Writes the log stream of one instance, in batches. */
export class InstanceLog {
  /** For example `2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef`. */
  readonly stream: string;
  readonly #logs: Pick<Logs, "append">;
  readonly #group: string;
  readonly #clock: Clock;
  readonly #lines: PlatformLines;
  readonly #budget: OutputBudget;
  /** Written with the end of the tick. */
  #batch: LogLine[] = [];

  constructor(deployment: Deployment, logs: Pick<Logs, "append">, clock: Clock) {
    this.stream = streamName(deployment.version, clock.now());
    this.#logs = logs;
    this.#group = logGroupKey(deployment, deployment.logGroup);
    this.#clock = clock;
    this.#lines = platformLines(deployment);
    this.#budget = new OutputBudget(clock.monotonic());
  }

  initStart(runtime: RuntimeIdentity): void {
    const now = this.#clock.now();
    this.#own(now, this.#lines.initStart(now, runtime));
  }

  restoreStart(runtime: RuntimeIdentity): void {
    const now = this.#clock.now();
    this.#own(now, this.#lines.restoreStart(now, runtime));
  }

  restoreReport(restoreMs: number, ending?: Ending): void {
    const now = this.#clock.now();
    this.#own(now, this.#lines.restoreReport(now, restoreMs, ending));
  }

  initFailed(initMs: number, phase: "init" | "invoke", status: "timeout" | "error", type?: string) {
    const now = this.#clock.now();
    const message = this.#lines.initReport(now, initMs, phase, { status, errorType: type });
    this.#batch.push({ timestamp: now, message });
  }

  /** The invocation is known to have been started. Its lines that came early follow. */
  start(call: Call): void {
    if (!call.started) {
      call.started = true;
      const now = this.#clock.now();
      const started = this.#lines.start(now, call.invocation.requestId);
      if (started !== undefined) this.#add(started, now, call);
    }
    if (!call.held) return;
    for (const line of call.held) {
      call.tail.add(line.message);
      this.#batch.push(line);
    }
    call.held = undefined;
  }

  /**
   * What the handler wrote, or nobody's invocation. Lines of an invocation that another one stands before are kept
   * until it is its turn. False where the instance writes more than is kept.
   */
  output(text: string, call: Call | undefined, first: boolean): boolean {
    const kept = this.#budget.take(text.length, this.#clock.monotonic());
    if (kept) this.#line(text, call, first);
    return kept;
  }

  /** What the platform itself has to say about the instance. */
  note(text: string, call: Call | undefined): void {
    this.#line(this.#lines.note(this.#clock.now(), text), call, true);
  }

  /** The invocation is over. */
  end(call: Call, report: InvocationReport, failure: Failure | undefined): void {
    this.start(call);
    const dropped = this.#budget.takeDropped();
    if (dropped > 0) this.note(`${dropped} characters of output were dropped: ${TOO_FAST}`, call);
    const now = this.#clock.now();
    const { requestId } = call.invocation;
    const why = failure && this.#lines.failure(now, requestId, failure);
    if (why !== undefined) this.#add(why, now, call);
    const end = this.#lines.end(requestId);
    if (end !== undefined) this.#add(end, now, call);
    const ending = failure && endingOf(failure);
    const told = this.#lines.report(now, requestId, report, ending);
    if (told !== undefined) this.#add(told, now, call);
  }

  /** Hands on what has gathered. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#logs.append(this.#group, this.stream, batch);
  }

  /** A line of the platform that belongs to no invocation, where the level has it. */
  #own(timestamp: number, message: string | undefined): void {
    if (message !== undefined) this.#batch.push({ timestamp, message });
  }

  #line(text: string, call: Call | undefined, first: boolean): void {
    const now = this.#clock.now();
    if (!call) this.#batch.push({ timestamp: now, message: text });
    else if (first) {
      this.start(call);
      this.#add(text, now, call);
    } else {
      call.held ??= [];
      call.held.push(entry(text, now, call));
    }
  }

  #add(text: string, now: number, call: Call): void {
    call.tail.add(text);
    this.#batch.push(entry(text, now, call));
  }
}

const endingOf = ({ status, errorType }: Failure): Ending =>
  status === "timeout" ? { status } : { status, errorType };

const entry = (message: string, timestamp: number, call: Call): LogLine => ({
  timestamp,
  message,
  requestId: call.invocation.requestId,
});

function streamName(version: string, now: number): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${day}/[${version}]${randomUUID().replaceAll("-", "")}`;
}
