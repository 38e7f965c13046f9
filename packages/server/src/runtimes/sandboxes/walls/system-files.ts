/** The files of the host that every program sees: programs, libraries and a handful of devices. */
import { lstatSync, readlinkSync } from "node:fs";

/** Programs and libraries. On most machines all but /usr are links into it. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** What a program is told that its machine is called. */
export const HOSTNAME = "sandbox";

/** Devices without a memory and without an owner. */
export const DEVICES = ["null", "zero", "full", "random", "urandom"];

/** Links that programs expect in /dev. */
export const DEVICE_LINKS: Readonly<Record<string, string>> = {
  fd: "/proc/self/fd",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
  stderr: "/proc/self/fd/2",
};

export interface SystemDirectories {
  readonly binds: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

/** Which of the system's directories are there, and which are links. */
export function systemDirectories(): SystemDirectories {
  const binds: string[] = [];
  const links: { path: string; target: string }[] = [];
  for (const path of SYSTEM) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) links.push({ path, target: readlinkSync(path) });
    else if (found?.isDirectory()) binds.push(path);
  }
  return { binds, links };
}
