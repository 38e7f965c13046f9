/** The function's processes, from their start to their end. */
import { join } from "node:path";
import type { Specialisation } from "../../../wire/frames.ts";
import type { Extensions } from "./extensions.ts";
import {
  type CommandLine,
  extensionNames,
  findBootstrap,
  forExtensions,
  wrapped,
} from "./function-programs.ts";
import type { Output } from "./output.ts";
import { openPipes, type Pipe } from "./pipes.ts";
import { type Program, type ProgramExit, type RunningProgram, startProgram } from "./programs.ts";

/** Whom it tells what happens. */
export interface ProcessHost {
  readonly output: Output;
  readonly extensions: Extensions;
  /** A program could not be started, or there is none: why, in Lambda's words. */
  readonly failed: (errorType: string, reason: string) => void;
  readonly runtimeExited: (exit: ProgramExit) => void;
  readonly extensionExited: (name: string, exit: ProgramExit) => void;
}

/** All that this instance has started. */
export class Processes {
  readonly #host: ProcessHost;
  /** The language's own program; none where the function brings its own. */
  readonly #language: CommandLine | undefined;
  readonly #extensions = new Map<string, RunningProgram>();
  #runtime: RunningProgram | undefined;
  /** Made ahead of time for the runtime's output. */
  #pipes: Pipe[] | undefined;

  constructor(language: CommandLine | undefined, host: ProcessHost) {
    this.#language = language;
    this.#host = host;
  }

  /** The runtime, once it was started. */
  get runtime(): RunningProgram | undefined {
    return this.#runtime;
  }

  /** The external extensions that were started, by name. */
  get extensions(): ReadonlyMap<string, RunningProgram> {
    return this.#extensions;
  }

  /** While nobody waits for it: what every function will need. A language's program has its errors apart. */
  prepare(): void {
    this.#pipes ??= openPipes(this.#language ? 2 : 1);
  }

  /** Starts each file in /opt/extensions, all at once. */
  async startExtensions(
    told: Specialisation,
    environment: Readonly<Record<string, string>>,
    names = extensionNames(told),
  ): Promise<void> {
    if (names.length === 0) return;
    const pipes = openPipes(names.length);
    const own = forExtensions(environment);
    for (const name of names) this.#host.extensions.add(name, true);
    await Promise.all(names.map((name, i) => this.#startExtension(told, own, name, pipes[i])));
  }

  /** Starts the runtime; answers it where it speaks frames with us. */
  async startRuntime(
    told: Specialisation,
    environment: Readonly<Record<string, string>>,
  ): Promise<RunningProgram | undefined> {
    const line = this.#language ? wrapped(told, this.#language) : ownBootstrap(told);
    if (!line) {
      const places = `[${told.taskRoot}/bootstrap ${told.layers}/bootstrap]`;
      const reason = `Couldn't find valid bootstrap(s): ${places}`;
      this.#host.failed("Runtime.InvalidEntrypoint", reason);
      return undefined;
    }
    const [command, ...args] = line;
    this.prepare();
    const pipes = this.#pipes ?? [];
    for (const { reader } of pipes) this.#host.output.follow(reader, "function");
    const framed = this.#language !== undefined;
    const directory = told.taskRoot;
    const program = { command, args, environment, directory, pipes, framed };
    const started = await this.#start(program, "Runtime.InvalidEntrypoint");
    this.#runtime = started;
    void started?.exited.then((exit) => this.#host.runtimeExited(exit));
    return framed ? started : undefined;
  }

  /** Kills whatever was started: nobody outlives us. */
  killAll(): void {
    for (const { child } of this.#extensions.values()) child.kill("SIGKILL");
    this.#runtime?.child.kill("SIGKILL");
  }

  async #startExtension(
    { layers }: Specialisation,
    environment: Readonly<Record<string, string>>,
    name: string,
    pipe: Pipe | undefined,
  ): Promise<void> {
    const pipes = pipe ? [pipe] : [];
    for (const { reader } of pipes) this.#host.output.follow(reader, "extension");
    const command = join(layers, "extensions", name);
    const program = { command, args: [], environment, directory: "/", pipes };
    const started = await this.#start(program, "Extension.LaunchError");
    if (!started) return;
    this.#extensions.set(name, started);
    void started.exited.then((exit) => this.#host.extensionExited(name, exit));
  }

  async #start(program: Program, errorType: string): Promise<RunningProgram | undefined> {
    try {
      return await startProgram(program);
    } catch (error) {
      this.#host.failed(errorType, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}

function ownBootstrap(told: Specialisation): CommandLine | undefined {
  const found = findBootstrap(told);
  return found === undefined ? undefined : [found];
}
