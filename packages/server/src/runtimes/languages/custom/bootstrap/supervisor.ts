/**
 * One instance from its first frame to its end: starts the function's programs, hands its invocations to whoever runs
 * them, and begins with the next one only when the runtime and all extensions have asked for it.
 */
import type { Duplex } from "node:stream";
import { Kind, type Specialisation, UNKNOWN_REQUEST } from "../../../wire/frames.ts";
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import { Line } from "../../bootstrap/line.ts";
import { exitAs, exitText, peakKiB } from "./exits.ts";
import { type Extension, Extensions, MOST_EXTENSIONS } from "./extensions.ts";
import type { FunctionFacts } from "./extensions-api.ts";
import { FramedWorker } from "./framed-worker.ts";
import {
  type CommandLine,
  extensionNames,
  findBootstrap,
  forExtensions,
  wrapped,
} from "./function-programs.ts";
import { type ShutdownReason, sayGoodbye } from "./goodbye.ts";
import { errorObject, Invocation } from "./invocation.ts";
import { Output } from "./output.ts";
import { openPipes, type Pipe } from "./pipes.ts";
import { type Program, type ProgramExit, type RunningProgram, startProgram } from "./programs.ts";
import { Reports } from "./reports.ts";
import { RuntimeApi } from "./runtime-api.ts";
import { Telemetry } from "./telemetry.ts";
import type { Worker } from "./worker.ts";

const NOTHING = new Uint8Array(0);
/** Exit codes of our own. */
const EXIT_FAILED = 1;

type Phase = "generic" | "extensions" | "runtime" | "ready" | "ending";

export class Supervisor {
  readonly extensions = new Extensions();
  readonly telemetry = new Telemetry();
  readonly runtimeApi: RuntimeApi;
  readonly #channel: Channel;
  /** The language's own program; none where the function brings its own. */
  readonly #language: CommandLine | undefined;
  readonly #output: Output;
  readonly #programs = new Map<string, RunningProgram>();
  #phase: Phase = "generic";
  #told: Specialisation | undefined;
  #environment: Record<string, string> = {};
  #reports: Reports | undefined;
  #runtime: RunningProgram | undefined;
  #framed: FramedWorker | undefined;
  #line: Line | undefined;
  #current: { readonly invocation: Invocation; readonly ended: () => void } | undefined;
  #runtimeDone = false;
  #restoring = false;
  #left = false;
  /** Made ahead of time for the runtime's output. */
  #pipes: Pipe[] | undefined;

  constructor(channel: Channel, language: CommandLine | undefined) {
    this.#channel = channel;
    this.#language = language;
    this.#output = new Output((source, text) =>
      this.telemetry.emit(source, source, this.#asLogged(text)),
    );
    this.runtimeApi = new RuntimeApi({
      changed: () => this.#look(),
      initFailed: (error) => this.#initFailed(error),
      restoreFailed: (error) => this.#restoreFailed(error),
    });
  }

  /** While nobody waits for it: what every function will need. */
  prepare(): void {
    this.#pipes ??= openPipes(this.#language ? 2 : 1);
  }

  /** Becomes the function. `api`: where the APIs listen. */
  async become(told: Specialisation, api: string): Promise<void> {
    this.#told = told;
    this.#environment = { ...told.environment, AWS_LAMBDA_RUNTIME_API: api };
    this.runtimeApi.begin(told);
    this.#reports = new Reports(this.telemetry, this.#output, told, () => this.#peakKiB());
    this.#reports.initStart();
    this.#phase = "extensions";
    await this.#startExtensions(told);
    this.#look();
  }

  add(frame: InvokeFrame): void {
    this.#line?.add(frame);
  }

  recall(): void {
    this.#line?.recall();
  }

  grant(call: number, bytes: number): void {
    if (this.#line?.running?.frame.call === call) this.#line.running.grant(bytes);
  }

  restore(): void {
    this.#restoring = true;
    this.#reports?.restoreStart();
    this.#worker?.restore();
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
      this.#reports?.extension(extension);
    }
    this.#look();
  }

  /** What an extension is told when it registers. */
  get facts(): FunctionFacts {
    const environment = this.#environment;
    return {
      functionName: environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "",
      functionVersion: environment["AWS_LAMBDA_FUNCTION_VERSION"] ?? "",
      handler: environment["_HANDLER"] ?? "",
      accountId: this.#told?.account ?? "",
    };
  }

  subscribed(name: string, types: readonly string[]): void {
    this.#reports?.subscription(name, types);
  }

  /** Kills whatever was started: nobody outlives us. */
  killAll(): void {
    for (const { child } of [...this.#programs.values(), this.#runtime].filter((one) => !!one))
      child.kill("SIGKILL");
  }

  // Init --------------------------------------------------------------------------------------------------------

  async #startExtensions(told: Specialisation): Promise<void> {
    const names = extensionNames(told);
    if (names.length === 0) return;
    if (names.length > MOST_EXTENSIONS) {
      this.#fail("Extension.TooManyExtensions", `Extension limit (${MOST_EXTENSIONS}) reached`);
      return;
    }
    const pipes = openPipes(names.length);
    const environment = forExtensions(this.#environment);
    for (const name of names) this.extensions.add(name, true);
    await Promise.all(
      names.map(async (name, i) => {
        const pipe = pipes.slice(i, i + 1);
        for (const { reader } of pipe) this.#output.follow(reader, "extension");
        const command = `${told.layers}/extensions/${name}`;
        const started = await this.#start(
          { command, args: [], environment, directory: "/", pipes: pipe },
          "Extension.LaunchError",
        );
        if (!started) return;
        this.#programs.set(name, started);
        void started.exited.then((exit) => this.#extensionExited(name, exit));
      }),
    );
  }

  async #startRuntime(told: Specialisation): Promise<void> {
    const bootstrap = this.#language ? wrapped(told, this.#language) : ownBootstrap(told);
    if (!bootstrap) {
      const places = `[${told.taskRoot}/bootstrap ${told.layers}/bootstrap]`;
      this.#fail("Runtime.InvalidEntrypoint", `Couldn't find valid bootstrap(s): ${places}`);
      return;
    }
    const [command, ...args] = bootstrap;
    this.prepare();
    const pipes = this.#pipes ?? [];
    for (const { reader } of pipes) this.#output.follow(reader, "function");
    const framed = this.#language !== undefined;
    const environment = this.#environment;
    const started = await this.#start(
      { command, args, environment, directory: told.taskRoot, pipes, framed },
      "Runtime.InvalidEntrypoint",
    );
    if (!started) return;
    this.#runtime = started;
    void started.exited.then((exit) => this.#runtimeExited(exit));
    if (!framed) return;
    // The program has the whole environment already, as behind a wrapper.
    const become = { ...told, environment, wrapped: true };
    this.#framed = new FramedWorker(started.child.stdio[3] as Duplex, become, {
      changed: () => this.#look(),
      initFailed: (error) => this.#initFailed(error),
      restoreFailed: (error) => this.#restoreFailed(error),
      leaving: () => this.#leave(),
      violated: () => started.child.kill("SIGKILL"),
    });
  }

  async #start(program: Program, errorType: string): Promise<RunningProgram | undefined> {
    try {
      return await startProgram(program);
    } catch (error) {
      this.#fail(errorType, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Whoever asked for an invocation runs them: behind a wrapper that may be another program than the language's own. */
  get #worker(): Worker | undefined {
    return this.#framed && !this.runtimeApi.ready ? this.#framed : this.runtimeApi;
  }

  /** Something has changed: goes on as far as it can. */
  #look(): void {
    const told = this.#told;
    if (!told) return;
    if (this.#phase === "extensions" && this.extensions.registered) {
      this.#phase = "runtime";
      void this.#startRuntime(told);
    }
    if (this.#phase === "runtime") this.#lookAtInit(told);
    if (this.#phase === "ready") {
      if (this.#restoring) this.#lookAtRestore();
      if (this.#current) this.#lookAtInvocation();
    }
  }

  #lookAtInit(told: Specialisation): void {
    if (!this.#worker?.ready) return;
    if (!this.extensions.closed) {
      this.extensions.closed = true;
      this.#reports?.initRuntimeDone();
    }
    if (!this.extensions.idle) return;
    this.#phase = "ready";
    this.#line = new Line(this.#channel, (frame, ended) => this.#begin(frame, told, ended));
    this.#reports?.initReport();
    this.telemetry.initDone();
    this.#say(Kind.initialised, NOTHING);
  }

  #lookAtRestore(): void {
    if (!this.#worker?.idle) return;
    this.#restoring = false;
    this.#reports?.restoreDone();
    this.#say(Kind.restored, NOTHING);
  }

  // Invocations -------------------------------------------------------------------------------------------------

  #begin(frame: InvokeFrame, told: Specialisation, ended: () => void): Invocation {
    const invocation = new Invocation(frame, told.timeoutMs, {
      channel: this.#channel,
      output: this.#output,
      peakKiB: () => this.#peakKiB(),
      answered: () => this.#look(),
    });
    this.#current = { invocation, ended };
    this.#runtimeDone = false;
    this.#output.begin(frame.call);
    this.#reports?.start(invocation);
    this.extensions.deliver("INVOKE", invokeEvent(invocation));
    this.#worker?.invoke(invocation);
    return invocation;
  }

  #lookAtInvocation(): void {
    const current = this.#current;
    if (!current?.invocation.answered || !this.#worker?.idle) return;
    if (!this.#runtimeDone) {
      this.#runtimeDone = true;
      this.#reports?.runtimeDone(current.invocation);
    }
    if (!this.extensions.idle) return;
    this.#current = undefined;
    this.#reports?.report(current.invocation);
    this.#output.begin(0);
    this.#say(Kind.settled, NOTHING);
    current.ended();
  }

  // How it ends -------------------------------------------------------------------------------------------------

  #runtimeExited(exit: ProgramExit): void {
    void this.#end("FAILURE", exit, "Runtime.ExitError");
  }

  #extensionExited(name: string, exit: ProgramExit): void {
    const extension = this.extensions.byName(name);
    if (this.#phase === "ending" || !extension) return;
    const failed = extension.state === "InitError" || extension.state === "ExitError";
    const type = `Extension.${failed ? extension.state : "Crash"}`;
    if (failed || !extension.reported)
      this.#reports?.extension(extension, extension.errorType ?? type);
    this.#fail(type, exitText(exit));
  }

  /** What the function is told that it did not say itself. */
  #fail(errorType: string, reason: string): void {
    if (this.#phase === "ending") return;
    const { invocation } = this.#current ?? {};
    const requestId = invocation?.frame.requestId ?? UNKNOWN_REQUEST;
    const body = errorObject(errorType, `RequestId: ${requestId} Error: ${reason}`);
    if (!this.#line) {
      this.#reports?.initReport(errorType);
      this.#initFailed(body);
      return;
    }
    const exit = { code: EXIT_FAILED, signal: null };
    if (!invocation || invocation.answered) {
      void this.#end("FAILURE", exit);
      return;
    }
    this.#reports?.failure(requestId, reason, errorType);
    this.#leave();
    void invocation.error(body, errorType).then(() => this.#end("FAILURE", exit));
  }

  /** Ends with this error, once everything that was written is on its way. */
  #initFailed(error: Uint8Array): void {
    if (this.#phase === "ending") return;
    this.#phase = "ending";
    void this.#output.settle().then(() => {
      this.#output.drained(() => {
        this.#say(Kind.initFailed, error);
        this.#channel.drained(() => process.exit(EXIT_FAILED));
      });
    });
  }

  #restoreFailed(error: Uint8Array): void {
    this.#reports?.restoreDone("Runtime.RestoreError");
    this.#say(Kind.restored, error);
  }

  /** Starts nothing any more; what runs ends with us. */
  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#line?.close();
    const { invocation } = this.#current ?? {};
    const call = invocation && !invocation.answered ? invocation.frame.call : 0;
    this.#channel.writer.frame(Kind.leaving, call, NOTHING, NOTHING);
    this.#channel.writer.flush();
  }

  /** Says goodbye to everybody, and ends as the runtime did: the platform tells the caller how that was. */
  async #end(reason: ShutdownReason, exit: ProgramExit, errorType?: string): Promise<void> {
    if (this.#phase === "ending") return;
    const initialised = this.#line !== undefined;
    this.#phase = "ending";
    await this.#output.settle();
    if (initialised && reason === "FAILURE") this.#leave();
    this.#reportEnd(reason, errorType);
    const { extensions, telemetry } = this;
    const gone = errorType === "Runtime.ExitError";
    const runtime = gone ? undefined : this.#runtime;
    await sayGoodbye(reason, { runtime, extensions, programs: this.#programs, telemetry });
    await this.#output.settle();
    this.#output.drained(() => this.#channel.drained(() => exitAs(exit)));
  }

  #reportEnd(reason: ShutdownReason, errorType: string | undefined): void {
    const { invocation } = this.#current ?? {};
    if (!invocation || invocation.answered) return;
    const status = reason === "TIMEOUT" ? "timeout" : "failure";
    this.#reports?.runtimeDone(invocation, status, errorType);
    this.#reports?.report(invocation, status, errorType);
  }

  #say(kind: number, body: Uint8Array): void {
    this.#channel.writer.frame(kind, 0, NOTHING, body);
    this.#channel.writer.flush();
  }

  #peakKiB(): number {
    return peakKiB(this.#runtime?.child.pid);
  }

  /** Lambda: lines of a function with JSON logs that are JSON are objects to those who subscribed. */
  #asLogged(text: string): unknown {
    if (this.#environment["AWS_LAMBDA_LOG_FORMAT"] !== "JSON" || !text.startsWith("{")) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
}

function ownBootstrap(told: Specialisation): CommandLine | undefined {
  const found = findBootstrap(told);
  return found === undefined ? undefined : [found];
}

function invokeEvent({ frame, deadlineMs }: Invocation) {
  const { requestId, invokedFunctionArn, traceId } = frame;
  const tracing = traceId && { tracing: { type: "X-Amzn-Trace-Id", value: traceId } };
  return { eventType: "INVOKE", deadlineMs, requestId, invokedFunctionArn, ...(tracing || {}) };
}
