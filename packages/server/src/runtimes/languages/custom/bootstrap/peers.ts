/**
 * Who may speak with the APIs: the function's own processes. With the host's network every process of the machine could
 * connect, so the socket at the other end must be open in a process of ours. Linux tells both in /proc.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Whether the process at the other end of a connection belongs to this instance. */
export type PeerCheck = (peerPort: number, ownPort: number) => boolean;

/** 127.0.0.1 as /proc/net/tcp and tcp6 write it, whichever byte order the machine has. */
const LOOPBACK = "(?:0100007F|7F000001)";
const MAPPED = "(?:0000000000000000FFFF0000|00000000000000000000FFFF)";
/** More than an instance may have. */
const MOST_PROCESSES = 4_096;

/**
 * `walled`: everything in /proc is this instance's own. Else only what descends from this process, or is in its session.
 * Where the system has no /proc (no sandbox exists there either) everybody on 127.0.0.1 is believed.
 */
export function createPeerCheck(walled: boolean): PeerCheck {
  if (!existsSync("/proc/net/tcp")) return () => true;
  /** Who had the last connection has the next one, mostly. */
  let last = 0;
  return (peerPort, ownPort) => {
    const inode = socketInode(peerPort, ownPort);
    if (inode === undefined) return false;
    const target = `socket:[${inode}]`;
    if (last !== 0 && belongs(last, walled) && holds(last, target)) return true;
    for (const pid of walled ? everyPid() : family()) {
      if (!holds(pid, target)) continue;
      last = pid;
      return true;
    }
    return false;
  };
}

/** The peer's own end: its port is the local one there. */
function socketInode(peerPort: number, ownPort: number): string | undefined {
  const ends = `${address(peerPort)} ${address(ownPort)}`;
  const line = new RegExp(`: ${ends} \\S+ \\S+ \\S+ \\S+ +\\d+ +\\d+ (\\d+) `);
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const inode = line.exec(read(table))?.[1];
    if (inode !== undefined && inode !== "0") return inode;
  }
  return undefined;
}

function address(port: number): string {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return `(?:${MAPPED})?${LOOPBACK}:${hex}`;
}

/** Whether the process has this file open. One that is gone, or is somebody else's, has not. */
function holds(pid: number, target: string): boolean {
  if (pid === process.pid) return false;
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === target) return true;
      } catch {
        // It was closed meanwhile.
      }
    }
  } catch {
    // Not ours to look into.
  }
  return false;
}

function everyPid(): number[] {
  return readdirSync("/proc").map(Number).filter(Boolean);
}

/** What descends from this process; then, only if asked on, what is left of its session: a daemon whose parent is gone. */
function* family(): Generator<number> {
  const tree = [process.pid];
  for (let i = 0; i < tree.length && i < MOST_PROCESSES; i++) {
    const pid = tree[i] ?? 0;
    tree.push(...childrenOf(pid));
    yield pid;
  }
  const known = new Set(tree);
  for (const pid of everyPid()) if (!known.has(pid) && belongs(pid, false)) yield pid;
}

/** Of a process whose number may have been given to another one since. */
function belongs(pid: number, walled: boolean): boolean {
  return walled || sessionOf(pid) === sessionOf(process.pid);
}

const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(" ").map(Number).filter(Boolean);

/** proc(5): behind the name, which may have any characters, come state, parent, group and session. */
function sessionOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3];
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
