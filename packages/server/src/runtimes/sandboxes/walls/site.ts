/** What every walled start on this machine shares: prepared files, users, control groups. */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  openSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxNetwork } from "../../../ports/sandbox.ts";
import type { Cgroups } from "../cgroups/cgroup.ts";
import { seccompFilter } from "../seccomp/filter.ts";
import { type Etc, prepareEtc } from "./etc.ts";
import { type Identity, identities, passwdOf } from "./identity.ts";
import { findLauncher, type Launcher } from "./launcher.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { type SystemDirectories, systemDirectories } from "./system-files.ts";

export interface SiteOptions {
  /** A directory of the platform's alone, emptied first. */
  readonly directory: string;
  /** Absent where none can be made. */
  readonly cgroups?: Cgroups;
}

export interface Site {
  readonly directory: string;
  readonly cgroups: Cgroups | undefined;
  readonly etc: Etc;
  readonly system: SystemDirectories;
  readonly watch: MemoryWatch;
  readonly launcher: Launcher;
  /** Who the next program is. */
  identity(): Identity;
  /** A file that names this user, where the one in /etc does not. */
  passwd(identity: Identity): string | undefined;
  /** The seccomp filter, open for reading; undefined where this kind of machine has none. */
  openFilter(network: SandboxNetwork): number | undefined;
  /** This text as an open file without a name, which every user may read through its descriptor. */
  openText(text: string): number;
  close(): void;
}

const NETWORKS: readonly SandboxNetwork[] = ["host", "loopback-only", "none"];

export async function prepareSite({ directory, cgroups }: SiteOptions): Promise<Site> {
  await rm(directory, { recursive: true, force: true });
  const users = join(directory, "users");
  await mkdir(users, { recursive: true, mode: 0o700 });
  const identity = identities();
  const first = identity();
  first.release();
  const counted = cgroups?.controls.memory === true;
  const filters = await writeFilters(directory, counted);
  const etc = await prepareEtc(join(directory, "etc"), first);
  const known = new Set<number>();
  let texts = 0;
  return {
    directory,
    cgroups,
    etc,
    system: systemDirectories(),
    watch: new MemoryWatch(),
    launcher: findLauncher(),
    identity,
    passwd(who) {
      if (who.kind === "mapped") return undefined;
      const path = join(users, String(who.uid));
      if (!known.has(who.uid)) {
        writeFileSync(path, passwdOf(who));
        chmodSync(path, 0o644);
        known.add(who.uid);
      }
      return path;
    },
    openFilter(network) {
      const path = filters.get(network);
      return path === undefined ? undefined : openSync(path, "r");
    },
    openText: (text) => openText(join(directory, `text-${++texts}`), text),
    close() {
      rmSync(directory, { recursive: true, force: true });
      cgroups?.close();
    },
  };
}

async function writeFilters(
  directory: string,
  counted: boolean,
): Promise<ReadonlyMap<SandboxNetwork, string>> {
  const paths = new Map<SandboxNetwork, string>();
  for (const network of NETWORKS) {
    const filter = seccompFilter(network, process.arch, { counted });
    if (filter === undefined) continue;
    const path = join(directory, `filter-${network}`);
    await writeFile(path, filter);
    await chmod(path, 0o644); // whatever the umask is
    paths.set(network, path);
  }
  return paths;
}

function openText(path: string, text: string): number {
  const file = openSync(path, "wx+", 0o600);
  try {
    unlinkSync(path);
    fchmodSync(file, 0o644);
    writeSync(file, text, 0); // at a position, so that the reader begins at the start
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
