/**
 * Loads a handler once, as an instance does, and tells on descriptor 3 how long that took; where it is asked to, also
 * which modules took how much of it. One line of JSON (Told), then it ends.
 */
import { Socket } from "node:net";
import { errorPayload } from "../bootstrap/errors.ts";
import { loadHandler, streamifyResponse } from "../bootstrap/load.ts";
import { prepareResolution } from "../bootstrap/resolve.ts";
import { HttpResponseStream } from "../bootstrap/response-stream.ts";
import { type TracedModule, traceModules } from "./trace.ts";

/** What the probe is asked, as JSON in its only argument. */
export interface ProbeOrder {
  readonly taskRoot: string;
  readonly layers: string;
  readonly runtimeModules: string;
  readonly handler: string;
  readonly trace: boolean;
}

/** What it tells. Strangers' code ran in the same process: whoever reads this believes nothing of it. */
export type Told =
  | { readonly ms: number; readonly modules?: readonly TracedModule[] }
  | { readonly error: ReturnType<typeof errorPayload> };

const told = new Socket({ fd: 3, readable: false, writable: true });
told.unref();

process.on("uncaughtException", (error) => tell({ error: errorPayload(error) }));
void run(JSON.parse(process.argv.pop() ?? "") as ProbeOrder);

async function run(order: ProbeOrder): Promise<void> {
  process.chdir(order.taskRoot);
  prepareResolution()(order);
  Object.assign(globalThis, { awslambda: { streamifyResponse, HttpResponseStream } });
  const seen = order.trace ? traceModules() : undefined;
  const startedAt = performance.now();
  try {
    await loadHandler(order.taskRoot, order.handler);
    const ms = performance.now() - startedAt;
    tell(seen ? { ms, modules: seen() } : { ms });
  } catch (error) {
    tell({ error: errorPayload(error) });
  }
}

function tell(what: Told): void {
  told.ref();
  told.write(`${JSON.stringify(what)}\n`, () => process.exit(0));
}
