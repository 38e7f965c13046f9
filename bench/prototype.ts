/**
 * The least that becoming a function can cost: a walled process that has booted is told a directory, loads the handler
 * in it, runs it once and answers. No protocol, no limits, no log, no promises. The floor of a cold start.
 */
import { once } from "node:events";
import { linkSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox, SandboxedProcess } from "../packages/server/src/ports/sandbox.ts";

const SCRIPT = `
const { Socket } = require("net");
const socket = new Socket({ fd: 3, readable: true, writable: true });
socket.on("data", async (data) => {
  const { directory, event } = JSON.parse(data);
  process.chdir(directory);
  socket.write(JSON.stringify(await require(directory + "/index.js").handler(event)));
});
socket.write("ready");`;

export interface Prototype {
  /** Makes a process ready; answers what specialises it: milliseconds until the answer was there. */
  boot(): Promise<() => Promise<number>>;
  close(): Promise<void>;
}

export async function openPrototype(sandbox: Sandbox, handler: string): Promise<Prototype> {
  const root = await mkdtemp(join(tmpdir(), "yunque-prototype-"));
  const walls = sandbox.ownFilesystem === true;
  const code = join(root, "index.js");
  await writeFile(code, handler);
  await writeFile(join(root, "main.cjs"), SCRIPT);
  let slots = 0;
  return {
    async boot() {
      const slot = join(root, `slot-${++slots}`);
      await mkdir(slot);
      const process = start(sandbox, root, slot);
      await once(process.channel, "data");
      return async () => {
        const begun = performance.now();
        linkSync(code, join(slot, "index.js"));
        const directory = walls ? "/var/task" : slot;
        process.channel.write(JSON.stringify({ directory, event: { name: "skylark" } }));
        await once(process.channel, "data");
        const ms = performance.now() - begun;
        process.kill();
        await process.exited;
        return ms;
      };
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

function start(sandbox: Sandbox, root: string, slot: string): SandboxedProcess {
  const walls = sandbox.ownFilesystem === true;
  const started = sandbox.start({
    command: walls ? "/var/lang/bin/node" : process.execPath,
    args: [walls ? "/var/runtime/main.cjs" : join(root, "main.cjs")],
    environment: {},
    directory: walls ? "/tmp" : root,
    filesystem: {
      mounts: [
        { source: process.execPath, target: "/var/lang/bin/node" },
        { source: join(root, "main.cjs"), target: "/var/runtime/main.cjs" },
        { source: slot, target: "/var/task" },
      ],
      tmpMB: 512,
    },
    limits: { processes: 1_024, openFiles: 1_024 },
  });
  started.channel.on("error", () => {});
  return started;
}
