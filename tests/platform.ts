/** Starts the real platform as its users do: the CLI, in a process of its own, on a free port, in a fresh directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface TestPlatform {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Milliseconds from start to ready, as the platform printed them. */
  readonly readyMs: number;
  /** What the platform wrote to stderr so far. */
  log(): string;
  /** SIGTERM; resolves with the exit code. Removes the data directory unless it was given. */
  stop(): Promise<number | null>;
  /** SIGKILL, as a power cut for the process. Keeps the data directory. */
  kill(): Promise<void>;
}

export interface PlatformOptions {
  /** Where to keep data; without one, a temporary directory that stop() removes. */
  readonly dataDir?: string;
  /** Further flags of `yunque up`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const CLI = resolve(import.meta.dirname, "../packages/cli/src/main.ts");

/** Resolves when the platform printed that it is ready; rejects with its output where it ends before. */
export async function startPlatform(options: PlatformOptions = {}): Promise<TestPlatform> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "yunque-test-")));
  const flags = ["--port", "0", "--data-dir", dataDir, ...(options.flags ?? [])];
  const child = spawn(process.execPath, [CLI, "up", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  const exited = once(child, "exit");
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-1_000_000);
  });
  const { origin, readyMs } = await ready(child, () => log);
  const gone = async (): Promise<number | null> => (await exited)[0] as number | null;
  return {
    origin,
    dataDir,
    readyMs,
    pid: child.pid ?? 0,
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      const code = await gone();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await gone();
    },
  };
}

function ready(
  child: ChildProcess,
  log: () => string,
): Promise<{ origin: string; readyMs: number }> {
  return new Promise((resolve, reject) => {
    let out = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const line = /^yunque ready (\S+) \((\d+) ms\)$/m.exec(out);
      if (line?.[1]) resolve({ origin: line[1], readyMs: Number(line[2]) });
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(
        new Error(`the platform ended before it was ready (${code ?? signal})\n${out}${log()}`),
      ),
    );
  });
}

/** Settings for any AWS SDK client that make it talk to the platform. */
export function clientSettings(origin: string) {
  return {
    endpoint: origin,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  } as const;
}
