/** The tier "none": an ordinary process of the platform's own user. It separates nothing; what it does, it does reliably. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { Sandbox, SandboxedProcess, SandboxedProgram } from "../../ports/sandbox.ts";
import { memoryMeter } from "./memory-meter.ts";

/** Starts plain child processes, each in a process group of its own. */
export const processSandbox: Sandbox = {
  tier: "none",
  enforces: [
    "a process group per instance, ended as a whole",
    "an environment of its own: nothing of the platform's",
    "memory watched, and the instance ended beyond its limit",
    "idle instances stopped, as far as they stay in their process group",
  ],
  start,
};

/** @throws Error where the program cannot be started, or would have more of the network than it shall. */
function start(program: SandboxedProgram): SandboxedProcess {
  if ((program.network ?? "host") !== "host")
    throw new Error(`without a sandbox no program can be kept to the network "${program.network}"`);
  const child = spawn(program.command, program.args, {
    cwd: program.directory,
    env: program.environment,
    // A session of its own: signals of the platform's terminal do not reach it, and kill() reaches what it forks.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", ...(program.descriptors ?? [])],
  });
  const { pid } = child;
  // Where spawning failed, the reason comes as an event that must have a listener.
  child.on("error", () => {});
  if (pid === undefined) throw new Error(`${program.command} could not be started`);
  const meter = memoryMeter(pid);
  let gone = false; // afterwards its number may be another process's
  const signal = (name: NodeJS.Signals) => {
    if (!gone) signalGroup(pid, name);
  };
  const kill = () => signal("SIGKILL");
  return {
    pid,
    channel: child.stdio[3] as Duplex,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    exited: exitOf(child, () => {
      meter.close();
      kill();
      gone = true;
    }),
    kill,
    memory: meter.bytes,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
  };
}

function exitOf(child: ChildProcess, gone: () => void): SandboxedProcess["exited"] {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      gone();
      resolve({ code, signal });
    });
  });
}

function signalGroup(leader: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leader, name);
  } catch {
    // Nobody is left in the group.
  }
}
