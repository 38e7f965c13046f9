/**
 * Which Pythons a machine has, by the names of their programs. None is started: that would take longer than the
 * platform may need to be ready.
 */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, isAbsolute, join } from "node:path";

/** A program that should be a Python. */
export interface Candidate {
  /** Real path: no link. */
  readonly path: string;
  /** 12 of python3.12; undefined where its name does not say. */
  readonly minor: number | undefined;
}

/** Lambda's Pythons that the bootstrap runs on: 3.8 to 3.14. */
export const MINORS = [8, 9, 10, 11, 12, 13, 14] as const;

/** In the order of trust: PATH first, then where version managers put what they install. Shell scripts are left out. */
export function findCandidates(environment: NodeJS.ProcessEnv = process.env): Candidate[] {
  const path = (environment["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  const names = [...MINORS.map((minor) => `python3.${minor}`), "python3"];
  const found = new Map<string, Candidate>();
  for (const folder of [...path, ...managed(environment)]) {
    for (const name of names) {
      const real = realProgram(join(folder, name));
      if (real !== undefined && !found.has(real))
        found.set(real, { path: real, minor: minorOf(real) ?? minorOf(name) });
    }
  }
  return [...found.values()];
}

/** For this minor version: itself first, then the nearest newer one, then the nearest older one; unknown ones last. */
export function inOrderFor(minor: number, candidates: readonly Candidate[]): Candidate[] {
  const distance = (candidate: Candidate): number => {
    if (candidate.minor === undefined) return Number.POSITIVE_INFINITY;
    const difference = candidate.minor - minor;
    return difference >= 0 ? difference : 100 - difference;
  };
  return candidates.toSorted((a, b) => {
    const [left, right] = [distance(a), distance(b)];
    return left === right ? 0 : left - right;
  });
}

/** The bin folders below pyenv, uv, mise and asdf, the newest version first. */
function managed(environment: NodeJS.ProcessEnv): string[] {
  const home = environment["HOME"] ?? homedir();
  const roots = [
    join(environment["PYENV_ROOT"] ?? join(home, ".pyenv"), "versions"),
    join(home, ".local/share/uv/python"),
    join(home, ".local/share/mise/installs/python"),
    join(home, ".asdf/installs/python"),
  ];
  return roots.flatMap((root) => {
    const versions = listed(root).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
    return versions.map((version) => join(root, version, "bin"));
  });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** pyenv and its kin put scripts on PATH that start the real one, or fail: those are small. */
const LEAST_BYTES = 4096;

function realProgram(path: string): string | undefined {
  try {
    const found = statSync(path);
    const runs = found.isFile() && (found.mode & 0o111) !== 0 && found.size >= LEAST_BYTES;
    return runs ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function minorOf(path: string): number | undefined {
  const minor = /^python3\.(\d+)$/.exec(basename(path))?.[1];
  return minor === undefined ? undefined : Number(minor);
}
