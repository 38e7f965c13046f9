/**
 * How commands of the same user find the token of a running platform, whatever directory they are started in: a file
 * in a directory that only this user may enter, named by the platform's address, there from ready to stop.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { writePrivately } from "./token.ts";

/** What a file says. */
interface Announcement {
  readonly pid: number;
  readonly token: string;
}

/** `$XDG_RUNTIME_DIR/yunque`, else `~/.cache/yunque`. XDG Base Directory Specification. */
export function announcementDirectory(environment = process.env): string {
  const runtime = environment["XDG_RUNTIME_DIR"];
  const base = runtime && isAbsolute(runtime) ? runtime : join(homedir(), ".cache");
  return join(base, "yunque");
}

/**
 * Tells this user's commands the token of the platform at `origin`. Answers what takes it back.
 * @throws Error where there is no directory that is this user's alone.
 */
export function announce(
  origin: string,
  token: string,
  directory = announcementDirectory(),
): () => void {
  claim(directory);
  sweep(directory);
  const path = join(directory, nameOf(new URL(origin)));
  const { pid } = process;
  writePrivately(path, `${JSON.stringify({ pid, token } satisfies Announcement)}\n`);
  return () => {
    if (read(path)?.pid === pid) rmSync(path, { force: true });
  };
}

/**
 * The token of the platform that runs at `origin`, as far as this user started it: never that of one that is gone,
 * since whoever listens there now would be told.
 */
export function announcedToken(
  origin: string,
  directory = announcementDirectory(),
): string | undefined {
  if (!isOurs(directory)) return undefined;
  for (const name of namesFor(new URL(origin))) {
    const found = read(join(directory, name));
    if (found && runs(found.pid)) return found.token;
  }
  return undefined;
}

/** `127.0.0.1_4566`: no character that means something to a file system. */
const nameOf = ({ hostname, port, protocol }: URL): string =>
  `${encodeURIComponent(hostname)}_${port || (protocol === "https:" ? 443 : 80)}`;

/** The addresses that a platform may listen on so that it answers there; those of other machines have but their own. */
function namesFor(origin: URL): string[] {
  const { hostname } = origin;
  const named = /^(.+\.)?localhost$/.test(hostname);
  const fourth = named || /^127\./.test(hostname);
  const sixth = named || hostname === "[::1]";
  const hosts = [
    ...(named ? ["127.0.0.1", "[::1]"] : [hostname]),
    ...(fourth ? ["0.0.0.0"] : []),
    ...(fourth || sixth ? ["[::]"] : []),
  ];
  return hosts.map((host) => nameOf(Object.assign(new URL(origin), { hostname: host })));
}

/**
 * Makes the directory, or shuts it where others may enter it: what else lies there is for this user alone, too.
 * @throws Error where it is or would be somebody else's, or a link.
 */
function claim(directory: string): void {
  const above = nearest(dirname(directory));
  if (!belongsToUs(above)) throw new Error(`${above} belongs to another user`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (isOurs(directory)) return;
  if (lstatSync(directory).isDirectory() && belongsToUs(directory)) chmodSync(directory, 0o700);
  if (!isOurs(directory)) throw new Error(`${directory} is not this user's alone`);
}

const nearest = (path: string): string => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found || dirname(path) === path ? path : nearest(dirname(path));
};

const belongsToUs = (path: string): boolean =>
  process.getuid === undefined || lstatSync(path).uid === process.getuid();

function isOurs(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return false;
  if (process.getuid === undefined) return true;
  return found.uid === process.getuid() && (found.mode & 0o077) === 0;
}

/** Removes what platforms left that were killed. */
function sweep(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const found = read(path);
    if (found && !runs(found.pid)) rmSync(path, { force: true });
  }
}

function read(path: string): Announcement | undefined {
  try {
    const { pid, token } = JSON.parse(readFileSync(path, "utf8")) as Partial<Announcement>;
    if (!Number.isSafeInteger(pid) || typeof token !== "string") return undefined;
    return { pid: Number(pid), token };
  } catch {
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
