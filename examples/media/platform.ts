/** A platform to deploy to: the one that runs already, or a new one in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface Platform {
  readonly origin: string;
  /** The line in which it said that it is ready. */
  readonly said: string;
  /** Resolves with its exit code when it ends; undefined where it is somebody else's. */
  readonly ended: Promise<number> | undefined;
  /** Asks it to end, where it is ours. */
  stop(): void;
}

const CLI = join(import.meta.dirname, "../../packages/cli/src/main.ts");

/** @param flags of `yunque up`. */
export async function findPlatform(port: number, flags: readonly string[]): Promise<Platform> {
  const origin = `http://127.0.0.1:${port}`;
  if (port !== 0 && (await runs(origin)))
    return { origin, said: `yunque runs at ${origin}`, ended: undefined, stop: () => {} };
  const child = spawn(process.execPath, [CLI, "up", "--port", String(port), ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGTERM")); // it does not outlive the demo
  const ended = new Promise<number>((resolve) => {
    child.once("exit", (code) => resolve(code ?? 1));
  });
  const said = await ready(child, ended);
  return {
    origin: /http:\S+/.exec(said)?.[0] ?? origin,
    said,
    ended,
    stop: () => void child.kill("SIGTERM"),
  };
}

async function runs(origin: string): Promise<boolean> {
  const answer = await fetch(`${origin}/_yunque/health`).catch(() => undefined);
  return answer?.ok ?? false;
}

/** The first line that it prints; it told why where it ends before. */
function ready(child: ChildProcess, ended: Promise<number>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("\n")) resolve(output.trim());
    });
    void ended.then((code) =>
      reject(
        new Error(`the platform did not start (exit code ${code}); --port 0 takes any free port`),
      ),
    );
  });
}
