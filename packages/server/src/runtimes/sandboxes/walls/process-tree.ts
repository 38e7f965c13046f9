/** The processes below a process, from Linux's /proc. */
import { readFileSync } from "node:fs";

/** More than a sandbox lets a function have. */
const MOST_PROCESSES = 4_096;
/** How often is looked for processes that were forked while others were stopped. */
const MOST_LOOKS = 50;

/** Children of this process; empty once it is gone. */
export const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(" ").map(Number).filter(Boolean);

/** This process and all below it, parents first. What is forked meanwhile may be missing. */
export function treeOf(pid: number): number[] {
  const found = [pid];
  for (let i = 0; i < found.length && i < MOST_PROCESSES; i++)
    found.push(...childrenOf(found[i] ?? 0));
  return found;
}

/** Stops this process and all below it, and those that were forked meanwhile; answers them, parents first. */
export function stopTree(pid: number): number[] {
  const stopped = new Set<number>();
  for (let look = 0; look < MOST_LOOKS; look++) {
    const running = treeOf(pid).filter((each) => !stopped.has(each));
    if (running.length === 0) break;
    signalEach(running, "SIGSTOP");
    for (const each of running) stopped.add(each);
  }
  return [...stopped];
}

/** Whether the process is gone, or waits for nothing but its parent. */
export function isGone(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" || /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

/** Sends a signal to each that is still there. */
export function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already.
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
