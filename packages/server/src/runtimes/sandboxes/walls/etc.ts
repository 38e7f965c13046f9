/**
 * The /etc that programs see: certificates, names of ports, and how hosts are found, but no accounts, keys or
 * configuration of the host.
 */
import { chmodSync, copyFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { chmod, copyFile, lstat, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { groupOf, passwdOf } from "./identity.ts";
import { makeReadable } from "./readable-directory.ts";
import { HOSTNAME } from "./system-files.ts";

/** Directories of the host that are shown as they are: certificates, fonts, and which of several programs is meant. */
const SHOWN = ["alternatives", "fonts", "pki/ca-trust/extracted", "pki/tls/certs", "ssl/certs"];

/** Files that are copied, as far as everybody may read them. */
const COPIED = [
  "gai.conf",
  "host.conf",
  "ld.so.cache",
  "localtime",
  "mime.types",
  "pki/tls/openssl.cnf",
  "protocols",
  "services",
  "ssl/openssl.cnf",
];
const RESOLVERS = "/etc/resolv.conf";

export interface Etc {
  readonly directory: string;
  /** Directories of the host to be mounted into it, at the same paths. */
  readonly shown: readonly string[];
  /** Follows the host where it found other name servers meanwhile; also in programs that run already. */
  refresh(): void;
}

/** Fills the directory anew. */
export async function prepareEtc(
  directory: string,
  who: { readonly uid: number; readonly gid: number },
): Promise<Etc> {
  await rm(directory, { recursive: true, force: true });
  makeReadable(directory);
  const shown: string[] = [];
  for (const path of SHOWN) {
    if (!(await lstat(join("/etc", path)).catch(() => undefined))?.isDirectory()) continue;
    makeReadable(directory, path);
    shown.push(join("/etc", path));
  }
  for (const path of COPIED) await copyReadable(path, directory);
  const made: Record<string, string> = {
    passwd: passwdOf(who),
    group: groupOf(who),
    hostname: `${HOSTNAME}\n`,
    // Lambda: extensions receive telemetry at sandbox.localdomain.
    hosts: `${await textOf("/etc/hosts")}\n127.0.0.1 ${HOSTNAME} ${HOSTNAME}.localdomain\n`,
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n",
    "resolv.conf": "",
  };
  for (const [name, text] of Object.entries(made)) {
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), 0o644);
  }
  const refresh = follow(RESOLVERS, join(directory, "resolv.conf"));
  refresh();
  return { directory, shown, refresh };
}

/** What root alone may read is not for programs of strangers. */
async function copyReadable(path: string, directory: string): Promise<void> {
  const source = await realpath(join("/etc", path)).catch(() => undefined);
  if (source === undefined || !((await stat(source)).mode & 0o004)) return;
  const target = join(directory, path);
  makeReadable(directory, dirname(path));
  await copyFile(source, target);
  await chmod(target, 0o644);
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** Copies a file again where it changed, in one step, so that nobody reads half of it. */
function follow(source: string, target: string): () => void {
  let known: string | undefined;
  return () => {
    const found = statSync(source, { throwIfNoEntry: false });
    const version = found && `${found.ino} ${found.size} ${found.mtimeMs}`;
    if (version === known) return;
    known = version;
    const next = `${target}.next`;
    if (version === undefined) writeFileSync(next, "");
    else copyFileSync(source, next);
    chmodSync(next, 0o644);
    renameSync(next, target);
  };
}
