/** Runs the real command line, as a person types it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** The command's main module, for `node MAIN WORDS`. */
export const MAIN = resolve(import.meta.dirname, "../packages/cli/src/main.ts");

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Added to this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs `yunque WORDS` to its end. */
export async function runYunque(
  words: readonly string[],
  { cwd, env, input = "" }: RunOptions,
): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd,
    env: { ...process.env, ...env },
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.on("error", () => {}).end(input);
  const [code] = await once(child, "close");
  return { code, out, err };
}
