/** What a process and its children hold in memory, read cheaply enough to ask many times a second. */
import { execFile } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";

/** One for each process. */
export interface MemoryMeter {
  /** Resident bytes now; 0 once the process is gone. */
  bytes(): number;
  close(): void;
}

/** Linux tells it in /proc; elsewhere `ps` is asked in the background, and the answer is a moment old. */
export function memoryMeter(pid: number): MemoryMeter {
  return process.platform === "linux" ? procMeter(pid) : psMeter(pid);
}

/** 4 KiB nearly everywhere, 16 or 64 on some ARM machines: what Node.js says in bytes, the kernel says in pages. */
const pageBytes = (): number => {
  const pages = Number(readOnce(process.pid, "statm").split(" ")[1]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
};
/** A function may have 1,024 processes and threads. */
const MOST_PROCESSES = 1_024;
const buffer = Buffer.alloc(16 * 1024);
let pageSize: number | undefined;

/** The main process's two files stay open: reading them again costs 2 us, opening them 10. */
function procMeter(pid: number): MemoryMeter {
  pageSize ??= pageBytes();
  const size = pageSize;
  const statm = openProc(pid, "statm");
  const children = openProc(pid, `task/${pid}/children`);
  return {
    bytes() {
      const pages = read(statm).split(" ");
      let sum = Number(pages[1] ?? 0);
      if (sum > 0) sum += pagesBelow(read(children));
      return sum * size;
    },
    close() {
      for (const file of [statm, children]) if (file !== undefined) closeSync(file);
    },
  };
}

/** Pages of these processes and all below. What they share with the main process is counted there. */
function pagesBelow(list: string): number {
  let sum = 0;
  const queue = pids(list);
  for (let i = 0; i < queue.length && i < MOST_PROCESSES; i++) {
    const pid = queue[i] ?? 0;
    const [, resident, shared] = readOnce(pid, "statm").split(" ");
    sum += Math.max(0, Number(resident ?? 0) - Number(shared ?? 0));
    queue.push(...pids(readOnce(pid, `task/${pid}/children`)));
  }
  return sum;
}

const pids = (list: string): number[] => list.split(" ").map(Number).filter(Boolean);

function readOnce(pid: number, name: string): string {
  const file = openProc(pid, name);
  const text = read(file);
  if (file !== undefined) closeSync(file);
  return text;
}

function openProc(pid: number, name: string): number | undefined {
  try {
    return openSync(`/proc/${pid}/${name}`, "r");
  } catch {
    return undefined;
  }
}

function read(file: number | undefined): string {
  if (file === undefined) return "";
  try {
    return buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    return ""; // the process is gone
  }
}

/** At most one question at a time; `ps` tells kilobytes per process of the group. */
function psMeter(pid: number): MemoryMeter {
  let known = 0;
  let asking = false;
  let closed = false;
  return {
    bytes() {
      if (!asking && !closed) {
        asking = true;
        execFile("ps", ["-axo", "pgid=,rss="], { maxBuffer: 8 * 1024 * 1024 }, (error, text) => {
          asking = false;
          if (!error) known = groupBytes(text, pid);
        });
      }
      return closed ? 0 : known;
    },
    close() {
      closed = true;
    },
  };
}

const groupBytes = (text: string, group: number): number =>
  text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([pgid]) => pgid === group)
    .reduce((sum, [, kilobytes]) => sum + (kilobytes ?? 0) * 1024, 0);
