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
      const own = Number(pages[1] ?? 0) * size;
      return own > 0 ? own + bytesBelow(read(children)) : 0;
    },
    close() {
      for (const file of [statm, children]) if (file !== undefined) closeSync(file);
    },
  };
}

/**
 * Bytes of these processes and all below. Programs and libraries are counted with the main process; memory that
 * processes share with each other is told apart from these by `status` alone, and may be counted several times there:
 * then each one's part is asked for, which costs more.
 */
function bytesBelow(list: string): number {
  let own = 0;
  const sharing = new Map<number, number>();
  const queue = pids(list);
  for (let i = 0; i < queue.length && i < MOST_PROCESSES; i++) {
    const pid = queue[i] ?? 0;
    const status = readOnce(pid, "status");
    own += kilobytes(status, ANON);
    const shared = kilobytes(status, SHARED);
    if (shared > 0) sharing.set(pid, shared);
    queue.push(...pids(readOnce(pid, `task/${pid}/children`)));
  }
  const parts = [...sharing].map(([pid, shared]) =>
    sharing.size === 1 || shared < WORTH_ASKING ? shared : partOf(pid, shared),
  );
  return (own + parts.reduce((sum, part) => sum + part, 0)) * 1024;
}

/** Kilobytes of shared memory for which it is asked how many share them. */
const WORTH_ASKING = 1024;

/** A process's part of what it shares: proc_pid_smaps_rollup(5). */
const partOf = (pid: number, shared: number): number => {
  const rollup = readOnce(pid, "smaps_rollup");
  return rollup === "" ? shared : kilobytes(rollup, PART);
};

const ANON = /^RssAnon:\s+(\d+) kB$/m;
const SHARED = /^RssShmem:\s+(\d+) kB$/m;
const PART = /^Pss_Shmem:\s+(\d+) kB$/m;

const kilobytes = (text: string, line: RegExp): number => Number(line.exec(text)?.[1] ?? 0);

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
