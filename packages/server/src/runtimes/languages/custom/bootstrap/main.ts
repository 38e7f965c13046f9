/**
 * What an instance runs whose function brings its own runtime, or has extensions: the APIs of Lambda's execution
 * environment, for the function's own processes. It boots without knowing any function.
 *
 *     node bootstrap.cjs walled|open [PROGRAM OF A LANGUAGE ARGUMENT...]
 */
import { Kind } from "../../../wire/frames.ts";
import { readInvoke } from "../../../wire/invoke-frame.ts";
import { openChannel } from "../../bootstrap/channel.ts";
import { openApi } from "./api-server.ts";
import { extensionRoutes } from "./extensions-api.ts";
import type { CommandLine } from "./function-programs.ts";
import type { ShutdownReason } from "./goodbye.ts";
import { createPeerCheck } from "./peers.ts";
import { Supervisor } from "./supervisor.ts";
import { telemetryRoutes } from "./telemetry-api.ts";

const NOTHING = new Uint8Array(0);
const [, , walls, command, ...args] = process.argv;
const language: CommandLine | undefined = command === undefined ? undefined : [command, ...args];

const channel = openChannel((kind, call, payload) => {
  if (kind === Kind.invoke) supervisor.add(readInvoke(call, payload));
  else if (kind === Kind.recall) supervisor.recall();
  else if (kind === Kind.credit) supervisor.grant(call, payload.readUInt32LE(0));
  else if (kind === Kind.restore) supervisor.restore();
  else if (kind === Kind.shutdown) supervisor.shutdown(payload.toString() as ShutdownReason);
  else if (kind === Kind.specialise) void become(payload.toString());
});
const supervisor = new Supervisor(channel, language);
process.on("exit", () => supervisor.killAll());

channel.writer.frame(Kind.booted, 0, NOTHING, NOTHING);
channel.writer.flush();

/** Whatever takes time is done after the platform knows that we run. */
const listening = new Promise<string>((resolve, reject) => {
  setImmediate(() => {
    supervisor.prepare();
    openApi(routes(), supervisor.runtimeApi, createPeerCheck(walls === "walled")).then(
      resolve,
      reject,
    );
  });
});

async function become(json: string): Promise<void> {
  await supervisor.become(JSON.parse(json), await listening);
}

function routes() {
  const { extensions, telemetry, runtimeApi } = supervisor;
  return {
    ...runtimeApi.routes,
    ...extensionRoutes({
      extensions,
      facts: () => supervisor.facts,
      changed: (extension) => supervisor.extensionChanged(extension),
    }),
    ...telemetryRoutes({
      extensions,
      telemetry,
      subscribed: (name, types) => supervisor.subscribed(name, types),
    }),
  };
}
