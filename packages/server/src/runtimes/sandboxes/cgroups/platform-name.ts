/** The name of one platform's groups: it tells whether that platform still runs, so that the next one can clean up. */
import { readlinkSync } from "node:fs";
import { groupsIn, readIf } from "./files.ts";

const PATTERN = /^yunque-(\d+)-(\d+)-(\d+)-\d+$/;
let opened = 0;

/** `yunque-PIDNAMESPACE-PID-STARTTIME-N`: a process number alone would be another process's some day. */
export function newPlatformName(): string {
  return `yunque-${pidNamespace()}-${process.pid}-${startTime(process.pid) ?? 0}-${++opened}`;
}

/** Groups in a group whose platform is surely gone. Those of other pid namespaces are left alone. */
export function abandonedIn(directory: string): string[] {
  return groupsIn(directory).filter((name) => {
    const [, namespace, pid, start] = PATTERN.exec(name) ?? [];
    return namespace === pidNamespace() && startTime(Number(pid)) !== start;
  });
}

/** Clock ticks from the machine's start to the process's, as in /proc/PID/stat; undefined once it is gone. */
function startTime(pid: number): string | undefined {
  const stat = readIf(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** The number of the namespace that process numbers are counted in. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}
