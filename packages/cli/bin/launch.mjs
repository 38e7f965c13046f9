// Runs a program on the Node.js that npm brought, as if it had been started directly: same standard streams,
// same signals, same end. Plain JavaScript: this file runs on the machine's own Node.js.
import { spawn } from "node:child_process";
import { findNode, MISSING_NODE } from "./node26.mjs";

/** What a person or a supervisor sends to end or to nudge a program. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];

/** Runs Node.js 26 with these arguments in this process's place. */
export function launch(args, env = process.env) {
  const node = findNode();
  if (node === undefined) {
    console.error(MISSING_NODE);
    process.exitCode = 1;
  } else if (process.execve && process.platform !== "win32") {
    process.execve(node, [node, ...args], env);
  } else runBeside(node, args, env);
}

/** Where Node.js cannot replace itself (before 22.15), it waits beside the child and ends as the child ends. */
function runBeside(node, args, env) {
  const child = spawn(node, args, { stdio: "inherit", env });
  const pass = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  child.once("error", (error) => {
    console.error(`yunque: cannot run ${node}: ${error.message}`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    for (const name of SIGNALS) process.removeListener(name, pass);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}
