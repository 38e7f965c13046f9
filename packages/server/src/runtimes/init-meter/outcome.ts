import type { SandboxedProcess } from "../../ports/sandbox.ts";
import { type CheckedTold, readTold } from "./told.ts";

/** What a trace of 100,000 modules may need. */
const MOST_TOLD = 64 * 1024 * 1024;
const MOST_STDERR = 4 * 1024;

/** What a probe told until its end, or how else it ended. Kills it when its time is over, or when nobody waits any more. */
export async function outcomeOf(
  process: SandboxedProcess,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<CheckedTold | { readonly failure: string }> {
  const kill = (): void => process.kill();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutMs);
  if (signal?.aborted) kill();
  signal?.addEventListener("abort", kill);
  process.stdout.resume();
  try {
    const [line, stderr, exit] = await Promise.all([
      textOf(process.channel, MOST_TOLD, kill),
      textOf(process.stderr, MOST_STDERR),
      process.exited,
    ]);
    if (late) return { failure: `it did not load within ${timeoutMs / 1000} s` };
    if (exit.outOfMemory) return { failure: "it ran out of memory" };
    const told = readTold(line);
    if (told) return told;
    const end = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
    return { failure: `its process ended while it loaded (${end})\n${stderr}`.trim() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

/** What comes, as far as the limit; beyond it `over` is called, or the rest is read and dropped. */
async function textOf(
  stream: AsyncIterable<Buffer>,
  limit: number,
  over?: () => void,
): Promise<string> {
  const chunks: Buffer[] = [];
  let left = limit;
  try {
    for await (const chunk of stream) {
      if (chunk.length > left) over?.();
      chunks.push(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
    }
  } catch {
    // The process is gone; what it told is there.
  }
  return Buffer.concat(chunks).toString("utf8");
}
