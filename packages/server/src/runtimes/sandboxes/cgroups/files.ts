/** Reading and writing the small files of the cgroup file systems. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

/** The file's text, or undefined where it is not there (any more). */
export function readIf(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Never makes a file: these file systems have theirs. */
export function write(path: string, text: string | number): void {
  writeFileSync(path, String(text), { flag: "r+" });
}

/** Whether it could be written. */
export function writeIf(path: string, text: string | number): boolean {
  try {
    write(path, text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the directory is there now. */
export function makeIf(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST";
  }
}

/** Whether the directory is gone. A group with processes or groups in it stays. */
export function removeIf(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** Names of the groups in a group. */
export function groupsIn(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** The number behind a word at the begin of a line, as in memory.stat. */
export function numberOf(path: string, name: string): number | undefined {
  const digits = new RegExp(`^${name} (\\d+)$`, "m").exec(readIf(path) ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The number that a file begins with. */
export function numberIn(path: string): number | undefined {
  const number = Number.parseInt(readIf(path) ?? "", 10);
  return Number.isNaN(number) ? undefined : number;
}

/** The process ids of a group. */
export const processesIn = (path: string): number[] =>
  (readIf(`${path}/cgroup.procs`) ?? "").split("\n").map(Number).filter(Boolean);
