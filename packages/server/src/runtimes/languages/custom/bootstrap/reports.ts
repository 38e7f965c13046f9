/** The platform's events of an instance, as the Telemetry API and the function's log have them. */
import type { Specialisation } from "../../../wire/frames.ts";
import type { Extension } from "./extensions.ts";
import type { Invocation } from "./invocation.ts";
import type { Output } from "./output.ts";
import type { Telemetry } from "./telemetry.ts";

/** One for each instance, once the function is known. */
export class Reports {
  readonly #telemetry: Telemetry;
  readonly #output: Output;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #begunAt = performance.now();
  readonly #peakKiB: () => number;
  #initMs: number | undefined;
  #restoringAt = 0;

  constructor(
    telemetry: Telemetry,
    output: Output,
    { environment }: Specialisation,
    peakKiB: () => number,
  ) {
    this.#telemetry = telemetry;
    this.#output = output;
    this.#environment = environment;
    this.#peakKiB = peakKiB;
  }

  initStart(): void {
    this.#telemetry.platform("initStart", () => ({
      ...this.#init,
      functionName: this.#environment["AWS_LAMBDA_FUNCTION_NAME"],
      functionVersion: this.#environment["AWS_LAMBDA_FUNCTION_VERSION"],
      instanceMaxMemory: this.#memoryMB * 2 ** 20,
    }));
  }

  initRuntimeDone(errorType?: string): void {
    const ending = statusOf(errorType);
    this.#telemetry.platform("initRuntimeDone", () => ({ ...this.#init, ...ending }));
  }

  initReport(errorType?: string): void {
    const initMs = performance.now() - this.#begunAt;
    this.#initMs = initMs;
    this.#telemetry.platform("initReport", () => ({
      ...this.#init,
      ...statusOf(errorType),
      metrics: { durationMs: rounded(initMs) },
    }));
  }

  /** An extension has come to the end of its init, well or not. */
  extension({ name, state, events }: Extension, errorType?: string): void {
    const record = { name, state, events: [...events], ...(errorType ? { errorType } : {}) };
    this.#telemetry.platform("extension", () => record);
    const error = errorType ? `\tError Type: ${errorType}` : "";
    const text = `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${[...events]}]${error}`;
    this.#say("extension", record, text);
  }

  subscription(name: string, types: readonly string[]): void {
    const text = `TELEMETRY\tName: ${name}\tState: Subscribed\tTypes: [${types}]`;
    this.#say("telemetrySubscription", { name, state: "Subscribed", types }, text);
  }

  restoreStart(): void {
    this.#restoringAt = performance.now();
    this.#telemetry.platform("restoreStart", () => this.#function);
  }

  restoreDone(errorType?: string): void {
    this.#telemetry.platform("restoreRuntimeDone", () => statusOf(errorType));
    this.#telemetry.platform("restoreReport", () => ({
      ...statusOf(errorType),
      metrics: { durationMs: rounded(performance.now() - this.#restoringAt) },
    }));
  }

  start({ frame }: Invocation): void {
    this.#telemetry.platform("start", () => ({
      requestId: frame.requestId,
      version: this.#function.functionVersion,
      ...tracing(frame.traceId),
    }));
  }

  /** The runtime is done with the invocation; `status` where it did not answer. */
  runtimeDone(invocation: Invocation, status?: "timeout" | "failure", errorType?: string): void {
    this.#telemetry.platform("runtimeDone", () => {
      const { frame, respondingAt, startedAt, durationMs, producedBytes, outcome } = invocation;
      const now = performance.now();
      const answeredAt = startedAt + durationMs;
      const spans = outcome
        ? [
            span("responseLatency", startedAt, respondingAt),
            span("responseDuration", respondingAt, Math.max(answeredAt, respondingAt)),
            span("runtimeOverhead", answeredAt, now),
          ]
        : [];
      return {
        requestId: frame.requestId,
        ...ending(outcome, status, errorType),
        metrics: { durationMs: rounded(outcome ? durationMs : now - startedAt), producedBytes },
        ...(spans.length > 0 ? { spans } : {}),
        ...tracing(frame.traceId),
      };
    });
  }

  /** Runtime and extensions are done with it. */
  report(invocation: Invocation, status?: "timeout" | "failure", errorType?: string): void {
    const initMs = this.#initMs;
    this.#initMs = undefined; // only the first one pays for the init
    this.#telemetry.platform("report", () => {
      const { frame, outcome, startedAt, durationMs } = invocation;
      const ms = outcome ? durationMs : performance.now() - startedAt;
      return {
        requestId: frame.requestId,
        ...ending(outcome, status, errorType),
        metrics: {
          durationMs: rounded(ms),
          billedDurationMs: Math.ceil(ms + (initMs ?? 0)),
          memorySizeMB: this.#memoryMB,
          maxMemoryUsedMB: Math.min(this.#memoryMB, Math.ceil(this.#peakKiB() / 1024)),
          ...(initMs === undefined ? {} : { initDurationMs: rounded(initMs) }),
        },
        ...tracing(frame.traceId),
      };
    });
  }

  /** Why an invocation failed whose program did not answer: two lines, or nothing where logs are JSON. */
  failure(requestId: string, reason: string, errorType: string): void {
    if (!this.#json) this.#output.say(`RequestId: ${requestId} Error: ${reason}\n${errorType}`);
  }

  #say(type: string, record: object, text: string): void {
    const event = { time: new Date().toISOString(), type: `platform.${type}`, record };
    this.#output.say(this.#json ? JSON.stringify(event) : text);
  }

  get #json(): boolean {
    return this.#environment["AWS_LAMBDA_LOG_FORMAT"] === "JSON";
  }

  get #memoryMB(): number {
    return Number(this.#environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]);
  }

  get #function() {
    return {
      functionName: this.#environment["AWS_LAMBDA_FUNCTION_NAME"],
      functionVersion: this.#environment["AWS_LAMBDA_FUNCTION_VERSION"],
    };
  }

  get #init() {
    const initializationType = this.#environment["AWS_LAMBDA_INITIALIZATION_TYPE"] ?? "on-demand";
    return { initializationType, phase: "init" };
  }
}

const statusOf = (errorType: string | undefined) =>
  errorType ? { status: "error", errorType } : { status: "success" };

/** How an invocation ended: its own word, or what befell it. */
function ending(
  outcome: Invocation["outcome"],
  status: "timeout" | "failure" | undefined,
  errorType: string | undefined,
) {
  if (outcome) return statusOf(outcome.errorType);
  return { status: status ?? "failure", ...(errorType ? { errorType } : {}) };
}

const tracing = (value: string) =>
  value === "" ? {} : { tracing: { type: "X-Amzn-Trace-Id", value } };

/** `from` and `until` are of performance.now(). */
const span = (name: string, from: number, until: number) => ({
  name,
  start: new Date(performance.timeOrigin + from).toISOString(),
  durationMs: rounded(Math.max(0, until - from)),
});

const rounded = (ms: number): number => Number(ms.toFixed(3));
