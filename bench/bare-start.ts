import { spawn } from "node:child_process";
import { once } from "node:events";

/** Milliseconds until a Node.js that does nothing else has written its first line. */
export async function bareStart(): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ["-e", "require('fs').writeSync(1, 'ready')"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: {},
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const ms = performance.now() - started;
  await exited;
  return ms;
}
