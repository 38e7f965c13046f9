// Runs a program on the Node.js that npm brought, as if it had been started directly: same standard streams,
// same signals, same exit code. Where this Node.js can replace itself (execve), no second process stays behind.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { findNode, MISSING_NODE } from "./node26.mjs";

/** Runs Node.js 26 with these arguments; never returns to the caller's work. */
export function launch(args, env = process.env) {
  const node = findNode();
  if (!node) {
    console.error(MISSING_NODE);
    process.exit(1);
  }
  if (process.execve && process.platform !== "win32") {
    process.execve(node, [node, ...args], env);
    return;
  }
  const child = spawn(node, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
