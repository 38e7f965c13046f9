/**
 * The shutdown phase: the runtime first, then the extensions, each within its time.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
 */
import type { Extensions } from "./extensions.ts";
import type { Processes } from "./processes.ts";
import type { Telemetry } from "./telemetry.ts";

/** Lambda's reasons. */
export type ShutdownReason = "SPINDOWN" | "TIMEOUT" | "FAILURE";

/** Who is to end. */
export interface Leaving {
  readonly extensions: Extensions;
  readonly telemetry: Telemetry;
  readonly processes: Pick<Processes, "runtime" | "extensions">;
}

/** Lambda: without extensions 0 ms, with internal ones 500 ms, with external ones 2,000 ms. */
const INTERNAL_MS = 500;
const EXTERNAL_MS = 2_000;
/** Of which the runtime has so many. */
const RUNTIME_MS = 300;
/** And what has gathered for those who subscribed. */
const FLUSH_MS = 300;

/** Resolves when all have ended, or their time is over; who is still there then is to be killed. */
export async function sayGoodbye(
  reason: ShutdownReason,
  { extensions, telemetry, processes }: Leaving,
): Promise<void> {
  if (extensions.all.length === 0) return;
  const { runtime, extensions: programs } = processes;
  const external = extensions.hasExternal;
  const deadlineMs = Date.now() + (external ? EXTERNAL_MS : INTERNAL_MS);
  const left = (): number => Math.max(0, deadlineMs - Date.now());
  if (runtime) {
    runtime.child.kill("SIGTERM");
    await within(external ? RUNTIME_MS : INTERNAL_MS, runtime.exited);
    runtime.child.kill("SIGKILL");
  }
  if (!external) return;
  await within(FLUSH_MS, telemetry.flush());
  extensions.deliver("SHUTDOWN", { eventType: "SHUTDOWN", deadlineMs, shutdownReason: reason });
  for (const { name, events } of extensions.all)
    if (!events.has("SHUTDOWN")) programs.get(name)?.child.kill("SIGKILL");
  await within(left(), Promise.all([...programs.values()].map(({ exited }) => exited)));
}

/** Resolves with the promise, or after so many milliseconds. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
