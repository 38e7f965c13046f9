/** `yunque up`: starts the platform in this process, and stops it when asked to. */
import { type Config, type Setting, settings } from "@yunque/server/config";
import { createLog, type Log } from "@yunque/server/log";
import { Command, Option } from "commander";
import { readConfiguration } from "../configuration.ts";
import { Failure } from "../failure.ts";
import { withExamples } from "../options.ts";
import { say } from "../output.ts";
import { untilStopped } from "../signals.ts";

type Platform = Awaited<ReturnType<typeof import("@yunque/server")["start"]>>;

export function create(): Command {
  const command = new Command()
    .description("Starts the platform and serves until it is stopped (Ctrl-C).")
    .option("--config <file>", "read settings from this file (default: yunque.json, where it is)")
    .action(up);
  for (const setting of settings) {
    const option = optionOf(setting);
    if (option) command.addOption(option);
  }
  return withExamples(
    command,
    "yunque up",
    "yunque up --port 0 --data-dir /tmp/try",
    "yunque up --engine memory --log json",
  );
}

/** `--instances-max <number>`, with the setting's meaning, choices and default. */
function optionOf({ flag, type, meaning, choices, default: usual }: Setting): Option | undefined {
  if (flag === undefined) return undefined;
  if (type === "boolean") return new Option(flag, meaning);
  const note = usual === undefined ? "" : ` (default: ${usual})`;
  const option = new Option(`${flag} <${type === "number" ? "number" : "value"}>`, meaning + note);
  return choices === undefined ? option : option.choices([...choices]);
}

async function up(options: Readonly<Record<string, string | boolean>>): Promise<void> {
  const flags: Record<string, string> = {};
  for (const { name, flag } of settings) {
    const given = flag && options[camelCase(flag)];
    // A switch that was not given is true.
    if (given !== undefined && given !== true) flags[name] = String(given);
  }
  const { config, warnings } = readConfiguration(flags, options["config"] as string | undefined);
  const log = createLog({
    format: config.log,
    level: config.logLevel,
    write: (line) => process.stderr.write(line),
  });
  for (const warning of warnings) log.warn(warning);
  logWarningsOf(process, log);
  const startedAt = takeStart();
  const stopped = untilStopped();
  const platform = await startPlatform(config, startedAt);
  say(`yunque ready ${platform.origin} (${Math.round(Date.now() - startedAt)} ms)`);
  await stopped;
  await platform.stop();
}

/** Node.js's own warnings go where everything else goes; that it calls some of its parts experimental is known. */
function logWarningsOf(node: NodeJS.Process, log: Log): void {
  node.removeAllListeners("warning");
  node.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") log.warn("Node.js warns", { warning });
  });
}

/** When the process (the launcher, where there was one) began: milliseconds since the epoch. */
function takeStart(): number {
  const told = Number(process.env["YUNQUE_STARTED"]);
  delete process.env["YUNQUE_STARTED"]; // it is this process's alone
  const age = Date.now() - told;
  return age >= 0 && age < 60_000 ? told : performance.timeOrigin;
}

async function startPlatform(config: Config, startedAt: number): Promise<Platform> {
  const { start } = await import("@yunque/server");
  try {
    return await start(config, { startedAt });
  } catch (error) {
    throw explain(error, config);
  }
}

/** A start that failed for a reason outside of Yunque is told with what to do about it. */
function explain(error: unknown, { host, port, dataDir }: Config): unknown {
  if (!(error instanceof Error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const remedy = REMEDIES[code ?? ""];
  if (remedy === undefined) return error;
  const [what, hint] = remedy;
  const words: Readonly<Record<string, string>> = { host, port: String(port), dataDir, message };
  return new Failure(
    what.replace(/\{(\w+)\}/g, (_, word: string) => words[word] ?? ""),
    hint,
  );
}

const REMEDIES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  EADDRINUSE: [
    "port {port} of {host} is taken by another program",
    "Stop that one (another yunque, LocalStack?), or choose a port: yunque up --port 0 takes any free one.",
  ],
  EADDRNOTAVAIL: ["{host} is no address of this machine", "Choose one: yunque up --host 127.0.0.1"],
  ENOTFOUND: ["the name {host} is not known", "Choose an address: yunque up --host 127.0.0.1"],
  EACCES: [
    "permission denied ({message})",
    "Ports below 1024 need privileges, and the data directory must be yours: see --port and --data-dir.",
  ],
  ENOTDIR: ["{dataDir} is no directory", "Choose another one: yunque up --data-dir DIRECTORY"],
  EROFS: ["{dataDir} cannot be written", "Choose another one: yunque up --data-dir DIRECTORY"],
  ENOSPC: ["no room is left on the disk of {dataDir}", "Free some, or choose another --data-dir."],
  SandboxUnavailable: [
    "{message}",
    "yunque doctor says what each sandbox needs; --isolation auto takes the best that works, none runs trusted code.",
  ],
  WorkersUnavailable: ["{message}", "Start without --workers: one process does everything."],
  TlsUnusable: [
    "the certificate cannot be used: {message}",
    "tls.cert names a file with the certificate and those that lead to its root, tls.key one with its key, both in PEM.",
  ],
  StorageInUse: [
    "another platform works on the data directory {dataDir}",
    "Stop that one, or choose another directory: yunque up --data-dir DIRECTORY",
  ],
  StorageTooNew: [
    "a newer Yunque wrote the data in {dataDir}",
    "Start that version, or choose another directory: yunque up --data-dir DIRECTORY",
  ],
  StorageDamaged: [
    "the data in {dataDir} is damaged: {message}",
    "Restore it from a copy, or start anew: yunque up --data-dir DIRECTORY",
  ],
};

/** `--instances-max` -> `instancesMax`, `--no-fast-front` -> `fastFront`, as commander names them. */
const camelCase = (flag: string): string =>
  flag.replace(/^--(no-)?/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
