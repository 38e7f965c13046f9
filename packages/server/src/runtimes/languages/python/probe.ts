/** Asks a Python what it is and where it lies. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MINORS } from "./candidates.ts";

/** A Python that works. */
export interface Python {
  /** For example 3.12.1. */
  readonly version: string;
  readonly minor: number;
  /** Absolute. */
  readonly program: string;
  /** What its own paths lie below. */
  readonly prefix: string;
  /** Where its standard library lies, and that part of it which is native code. */
  readonly libraries: readonly string[];
  /** libpython3.X.so, where the program is not all of it. */
  readonly sharedLibraries: readonly string[];
}

/** Longer than this takes none that works. */
const TIMEOUT_MS = 20_000;

const SCRIPT = `
import json, os, platform, sys, sysconfig
with open("/proc/self/maps") as maps:
    files = {line.split(maxsplit=5)[-1].strip() for line in maps}
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": platform.python_version(),
    "minor": sys.version_info[1],
    "program": os.path.realpath(sys.executable),
    "prefix": sys.base_prefix,
    "libraries": sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix})}),
    "sharedLibraries": sorted(f for f in files if os.path.basename(f).startswith("libpython")),
}))`;

/** @throws Error where it is no CPython that functions can run on. */
export async function probe(program: string): Promise<Python> {
  const { stdout } = await promisify(execFile)(program, ["-I", "-S", "-c", SCRIPT], {
    cwd: "/",
    timeout: TIMEOUT_MS,
    maxBuffer: 64 * 1024,
  });
  const told = JSON.parse(stdout) as Python & { readonly implementation: string };
  const supported = (MINORS as readonly number[]).includes(told.minor);
  if (told.implementation !== "cpython" || !supported)
    throw new Error(`${program} is ${told.implementation} ${told.version}`);
  return told;
}
