/** One worker as the primary sees it: its process, and the channel to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { Channel, type Procedures } from "./channel.ts";

export interface WorkerProcess<Theirs extends Procedures<Theirs>> {
  readonly pid: number;
  readonly channel: Channel<Theirs>;
  /** Resolves once the process is gone, with the words for how it ended. Never rejects. */
  readonly gone: Promise<string>;
  kill(): void;
}

/** The descriptor of the worker's end of the channel. */
export const CHANNEL_DESCRIPTOR = 3;

/**
 * Starts a program of Yunque's on the same Node.js. It writes to our standard error; when this process ends, however it
 * ends, the channel does, and with it the worker.
 */
export function startWorkerProcess<Theirs extends Procedures<Theirs>>(
  program: string,
  ours: Readonly<Record<string, (...words: never[]) => unknown>>,
  onDefect: (error: unknown) => void,
): WorkerProcess<Theirs> {
  const child = spawn(process.execPath, [...process.execArgv, program], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    env: { ...process.env, ...compileCache() },
  });
  const stream = child.stdio[CHANNEL_DESCRIPTOR] as Duplex;
  const channel = new Channel<Theirs>(stream, ours, onDefect);
  return { pid: child.pid ?? 0, channel, gone: goneOf(child, channel), kill };

  function kill(): void {
    child.kill("SIGKILL");
  }
}

/** The worker keeps compiled sources where this process does, if it does. */
function compileCache(): Readonly<Record<string, string>> {
  const own = getCompileCacheDir(); // a directory of this version of Node.js's, in the one that was chosen
  return own === undefined ? {} : { NODE_COMPILE_CACHE: dirname(own) };
}

async function goneOf(child: ChildProcess, channel: { close(): void }): Promise<string> {
  const words = await Promise.race([
    once(child, "exit").then(([code, signal]) => `exit ${code ?? signal}`),
    once(child, "error").then(([error]) => String(error)), // it never ran
  ]).catch(String);
  channel.close();
  return words;
}
