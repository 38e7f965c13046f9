/**
 * What a process does while it waits to become a function: it loads the packages that such functions import, and runs
 * handlers of our own, so that nothing of that is done for the first time when somebody waits for it.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FrameReader } from "../../../wire/frame-reader.ts";
import { FrameWriter } from "../../../wire/frame-writer.ts";
import type { Specialisation } from "../../../wire/frames.ts";
import { readInvoke, writeInvoke } from "../../../wire/invoke-frame.ts";
import type { Channel } from "../../bootstrap/channel.ts";
import { Line } from "../../bootstrap/line.ts";
import { loadHandler } from "./load.ts";
import { startOf } from "./start-of.ts";

/** Modules beside this script, and runtimes that run them differently. */
const HANDLERS = ["rehearsal-require.handler", "rehearsal-import.handler"];
const RUNTIMES = ["AWS_Lambda_nodejs22.x", "AWS_Lambda_nodejs24.x"];
/** What a function is told, with nothing in it. */
const NOBODY: Omit<Specialisation, "environment" | "taskRoot" | "layers" | "runtimeModules"> = {
  wrapped: false,
  handler: "",
  account: "",
  timeoutMs: 1_000,
  responseBytes: 1_024,
  snapStart: false,
  concurrency: 1,
  codeCache: undefined,
  keepCode: true,
};
const MOST_BYTES = 1_024;

const here = createRequire(import.meta.url);

/**
 * `assume` takes on everything of a function but its code. Never fails: what cannot be loaded now fails where the
 * function needs it, in its own words.
 */
export async function rehearse(
  modules: string,
  packages: readonly string[],
  assume: (told: Specialisation) => void,
): Promise<void> {
  const { resolve } = createRequire(join(modules, "_"));
  // As ES modules: then `require` finds them, too.
  for (const name of packages) await quietly(() => import(pathToFileURL(resolve(name)).href));
  const script = fileURLToPath(import.meta.url);
  const [taskRoot, before] = [dirname(script), process.cwd()];
  await quietly(async () => {
    const environment = { ...process.env, REHEARSAL: "1" };
    assume({ ...NOBODY, environment, taskRoot, layers: taskRoot, runtimeModules: modules });
  });
  for (const handler of HANDLERS) await quietly(() => run(taskRoot, handler));
  process.chdir(before);
  for (const path of Object.keys(here.cache))
    if (dirname(path) === dirname(script) && path !== script) delete here.cache[path];
}

async function run(directory: string, handler: string): Promise<void> {
  const loaded = await loadHandler(directory, handler);
  for (const runtime of RUNTIMES) {
    process.env["AWS_EXECUTION_ENV"] = runtime;
    await invoke(startOf(loaded, NOBODY, nobody));
  }
}

/** An invocation on its way through everything but the socket. */
function invoke(start: ReturnType<typeof startOf>): Promise<void> {
  return new Promise((resolve) => {
    const line = new Line(nobody, (frame, ended) =>
      start(frame, () => {
        ended();
        resolve();
      }),
    );
    const reader = new FrameReader(MOST_BYTES, (_kind, call, payload) =>
      line.add(readInvoke(call, payload)),
    );
    const back = {
      ...VOID,
      write(bytes: Uint8Array): boolean {
        reader.push(Buffer.from(bytes));
        return true;
      },
    };
    const writer = new FrameWriter(back);
    const head = { requestId: "", invokedFunctionArn: "", traceId: "", clientContext: undefined };
    writeInvoke(writer, 1, { ...head, inLine: false }, Buffer.from('{"name":"value"}'));
    writer.flush();
  });
}

const VOID = { write: () => true, cork() {}, uncork() {}, writableLength: 0 };

/** A channel that nobody listens to. */
const nobody: Channel = { writer: new FrameWriter(VOID), hold() {}, drained() {} };

async function quietly(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch {
    // See above.
  }
}
