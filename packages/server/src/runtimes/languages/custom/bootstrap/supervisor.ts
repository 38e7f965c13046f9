/**
 * One instance from its first frame to its end: starts the function's programs, hands its invocations to whoever runs
 * them, and says goodbye to all.
 */
import type { Duplex } from "node:stream";
import { Kind, type Specialisation, UNKNOWN_REQUEST } from "../../../wire/frames.ts";
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import { Line, type Start } from "../../bootstrap/line.ts";
import { SideBySide } from "../../bootstrap/side-by-side.ts";
import { exitAs, exitText, peakKiB } from "./exits.ts";
import { type Extension, Extensions, MOST_EXTENSIONS } from "./extensions.ts";
import type { FunctionFacts } from "./extensions-api.ts";
import { FramedWorker } from "./framed-worker.ts";
import { type CommandLine, extensionNames } from "./function-programs.ts";
import { type ShutdownReason, sayGoodbye } from "./goodbye.ts";
import { errorObject } from "./invocation.ts";
import { InvokePhase, type InvokePhases } from "./invoke-phase.ts";
import { Output } from "./output.ts";
import { Processes } from "./processes.ts";
import type { ProgramExit } from "./programs.ts";
import { Reports } from "./reports.ts";
import { RuntimeApi } from "./runtime-api.ts";
import { SharedPhase } from "./shared-phase.ts";
import { Telemetry } from "./telemetry.ts";
import type { Worker } from "./worker.ts";

const NOTHING = new Uint8Array(0);
/** Where it is the function's fault, but not the runtime that ended. */
const FAILED: ProgramExit = { code: 1, signal: null };

/** What is known once the function is. */
interface Life {
  readonly told: Specialisation;
  readonly environment: Readonly<Record<string, string>>;
  readonly reports: Reports;
  readonly invokes: InvokePhases;
}

type Phase = "generic" | "extensions" | "runtime" | "ready" | "ending";

export class Supervisor {
  readonly extensions = new Extensions();
  readonly telemetry = new Telemetry();
  readonly runtimeApi: RuntimeApi;
  readonly #channel: Channel;
  readonly #output: Output;
  readonly #processes: Processes;
  #phase: Phase = "generic";
  #life: Life | undefined;
  #framed: FramedWorker | undefined;
  #line: Line | SideBySide | undefined;
  #restoring = false;
  #left = false;

  /** `language`: the program that runs the function; none where the function brings its own. */
  constructor(channel: Channel, language: CommandLine | undefined) {
    this.#channel = channel;
    this.#output = new Output((source, text) =>
      this.telemetry.emit(source, source, this.#asLogged(text)),
    );
    this.#processes = new Processes(language, {
      output: this.#output,
      extensions: this.extensions,
      failed: (errorType, reason) => this.#fail(errorType, reason),
      runtimeExited: (exit) => void this.#end("FAILURE", exit, "Runtime.ExitError"),
      extensionExited: (name, exit) => this.#extensionExited(name, exit),
    });
    this.runtimeApi = new RuntimeApi(this.#workerHost);
  }

  /** While nobody waits for it: what every function will need. */
  prepare(): void {
    this.#processes.prepare();
  }

  /** Becomes the function. `api`: where the APIs listen. */
  async become(told: Specialisation, api: string): Promise<void> {
    const environment = { ...told.environment, AWS_LAMBDA_RUNTIME_API: api };
    const reports = new Reports(this.telemetry, this.#output, told, this.#peakKiB);
    this.#life = { told, environment, reports, invokes: this.#invokePhase(told, reports) };
    this.runtimeApi.begin(told);
    reports.initStart();
    this.#phase = "extensions";
    if (extensionNames(told).length > MOST_EXTENSIONS) {
      this.#fail("Extension.TooManyExtensions", `Extension limit (${MOST_EXTENSIONS}) reached`);
      return;
    }
    await this.#processes.startExtensions(told, environment);
    this.#look();
  }

  add(frame: InvokeFrame): void {
    this.#line?.add(frame);
  }

  recall(): void {
    this.#line?.recall();
  }

  grant(call: number, bytes: number): void {
    this.#line?.grant(call, bytes);
  }

  restore(): void {
    this.#restoring = true;
    this.#life?.reports.restoreStart();
    this.#worker.restore();
    this.#look();
  }

  /** The platform does not need the instance any more. */
  shutdown(reason: ShutdownReason): void {
    void this.#end(reason, { code: 0, signal: null });
  }

  /** An extension has registered, asked for its next event, or failed. */
  extensionChanged(extension: Extension): void {
    if (extension.state === "Ready" && !extension.reported) {
      extension.reported = true;
      this.#life?.reports.extension(extension);
    }
    this.#look();
  }

  /** What an extension is told when it registers. */
  get facts(): FunctionFacts {
    const { environment = {}, told } = this.#life ?? {};
    return {
      functionName: environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "",
      functionVersion: environment["AWS_LAMBDA_FUNCTION_VERSION"] ?? "",
      handler: environment["_HANDLER"] ?? "",
      accountId: told?.account ?? "",
    };
  }

  /** An extension has subscribed to telemetry. */
  subscribed(name: string, types: readonly string[]): void {
    this.#life?.reports.subscription(name, types);
  }

  /** Kills whatever was started: nobody outlives us. */
  killAll(): void {
    this.#processes.killAll();
  }

  // How it goes on ----------------------------------------------------------------------------------------------

  /** Whoever asked for an invocation runs them: behind a wrapper that may be another program than the language's own. */
  get #worker(): Worker {
    return this.#framed && !this.runtimeApi.inUse ? this.#framed : this.runtimeApi;
  }

  /** What whoever runs the invocations tells. */
  readonly #workerHost = {
    changed: (): void => this.#look(),
    initFailed: (error: Uint8Array): void => this.#initFailed(error),
    restoreFailed: (error: Uint8Array): void => this.#restoreFailed(error),
  };

  /** Something has changed: goes on as far as it can. */
  #look(): void {
    const life = this.#life;
    if (!life) return;
    if (this.#phase === "extensions" && this.extensions.registered) {
      this.#phase = "runtime";
      void this.#startRuntime(life);
    }
    if (this.#phase === "runtime") this.#lookAtInit(life);
    if (this.#phase !== "ready") return;
    if (this.#restoring) this.#lookAtRestore(life);
    life.invokes.look();
  }

  async #startRuntime({ told, environment }: Life): Promise<void> {
    const program = await this.#processes.startRuntime(told, environment);
    if (!program) return;
    // The program has the whole environment already, as behind a wrapper.
    const become = { ...told, environment, wrapped: true };
    this.#framed = new FramedWorker(program.child.stdio[3] as Duplex, become, {
      ...this.#workerHost,
      takes: (invocations) => this.#say(Kind.capacity, NOTHING, invocations),
      leaving: () => this.#leave(),
      violated: () => program.child.kill("SIGKILL"),
    });
  }

  #lookAtInit({ told, reports, invokes }: Life): void {
    if (!this.#worker.ready) return;
    if (!this.extensions.closed) {
      this.extensions.closed = true;
      reports.initRuntimeDone();
    }
    if (!this.extensions.idle) return;
    this.#phase = "ready";
    const start: Start = (frame, ended) => invokes.begin(frame, ended);
    const isShared = told.concurrency > 1;
    this.#line = isShared
      ? new SideBySide(
          this.#channel,
          () => start,
          () => invokes.takeBack?.() ?? [],
        )
      : new Line(this.#channel, start);
    reports.initReport();
    this.telemetry.initDone();
    this.#say(Kind.initialised, NOTHING);
  }

  #lookAtRestore({ reports }: Life): void {
    if (!this.#worker.idle) return;
    this.#restoring = false;
    reports.restoreDone();
    this.#say(Kind.restored, NOTHING);
  }

  #invokePhase({ timeoutMs, concurrency }: Specialisation, reports: Reports): InvokePhases {
    const [channel, output] = [this.#channel, this.#output];
    const answered = (): void => this.#look();
    const shared = concurrency > 1;
    const Phase = shared ? SharedPhase : InvokePhase;
    return new Phase({
      ...{ extensions: this.extensions, output, reports, timeoutMs },
      invocations: { channel, output, peakKiB: this.#peakKiB, shared, answered },
      worker: () => this.#worker,
      settled: () => this.#say(Kind.settled, NOTHING),
      late: () => {
        this.#leave();
        this.shutdown("TIMEOUT");
      },
    });
  }

  // How it ends -------------------------------------------------------------------------------------------------

  #extensionExited(name: string, exit: ProgramExit): void {
    const extension = this.extensions.byName(name);
    if (this.#phase === "ending" || !extension) return;
    const failed = extension.state === "InitError" || extension.state === "ExitError";
    const type = `Extension.${failed ? extension.state : "Crash"}`;
    if (failed || !extension.reported)
      this.#life?.reports.extension(extension, extension.errorType ?? type);
    this.#fail(type, exitText(exit));
  }

  /** Tells the function's caller what its own programs cannot say. */
  #fail(errorType: string, reason: string): void {
    if (this.#phase === "ending") return;
    const { reports, invokes } = this.#life ?? {};
    const unanswered = invokes?.unanswered ?? [];
    const bodyFor = (requestId: string) =>
      errorObject(errorType, `RequestId: ${requestId} Error: ${reason}`);
    if (!this.#line) {
      reports?.initReport(errorType);
      this.#initFailed(bodyFor(UNKNOWN_REQUEST));
    } else if (unanswered.length > 0) {
      this.#leave();
      const told = unanswered.map((invocation) => {
        const { requestId } = invocation.frame;
        reports?.failure(requestId, reason, errorType);
        return invocation.error(bodyFor(requestId), errorType);
      });
      void Promise.all(told).then(() => this.#end("FAILURE", FAILED));
    } else void this.#end("FAILURE", FAILED);
  }

  /** Ends with this error, once everything that was written is on its way. */
  #initFailed(error: Uint8Array): void {
    if (this.#phase === "ending") return;
    this.#phase = "ending";
    void this.#output.settle().then(() => {
      this.#output.drained(() => {
        this.#say(Kind.initFailed, error);
        this.#channel.drained(() => exitAs(FAILED));
      });
    });
  }

  #restoreFailed(error: Uint8Array): void {
    this.#life?.reports.restoreDone("Runtime.RestoreError");
    this.#say(Kind.restored, error);
  }

  /** Starts nothing any more; what runs ends with us. */
  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#line?.close();
    const calls = (this.#life?.invokes.unanswered ?? []).map(({ frame }) => frame.call);
    const numbers = Buffer.alloc(calls.length * 4);
    for (const [i, call] of calls.entries()) numbers.writeUInt32LE(call, i * 4);
    this.#channel.writer.frame(Kind.leaving, calls[0] ?? 0, NOTHING, numbers);
    this.#channel.writer.flush();
  }

  /**
   * Says goodbye to everybody, and ends as the runtime did: the platform tells the caller how that was. `errorType`: what
   * the invocation that runs fails with.
   */
  async #end(reason: ShutdownReason, exit: ProgramExit, errorType?: string): Promise<void> {
    if (this.#phase === "ending") return;
    this.#phase = "ending";
    await this.#output.settle();
    if (this.#line && reason === "FAILURE") this.#leave();
    this.#life?.invokes.abandon(reason === "TIMEOUT" ? "timeout" : "failure", errorType);
    const { extensions, telemetry } = this;
    await sayGoodbye(reason, { extensions, telemetry, processes: this.#processes });
    await this.#output.settle();
    this.#output.drained(() => this.#channel.drained(() => exitAs(exit)));
  }

  #say(kind: number, body: Uint8Array, number = 0): void {
    this.#channel.writer.frame(kind, number, NOTHING, body);
    this.#channel.writer.flush();
  }

  readonly #peakKiB = (): number => peakKiB(this.#processes.runtime?.child.pid);

  /** Lambda: lines of a function with JSON logs that are JSON are objects to those who subscribed. */
  #asLogged(text: string): unknown {
    const json = this.#life?.environment["AWS_LAMBDA_LOG_FORMAT"] === "JSON";
    if (!json || !text.startsWith("{")) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
}
