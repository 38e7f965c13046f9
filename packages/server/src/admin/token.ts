/** The token of the admin API: the one that was configured, else one that is made once and kept beside the data. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** In the data directory, for our own user alone. */
export const TOKEN_FILE = "admin-token";

/** 32 random bytes as base64url. */
const MADE = /^[\w-]{43}$/;

/**
 * The token in effect. Where none is configured, it is the content of `admin-token` in this directory, which is made
 * anew where it is not there or was not for our eyes alone. A configured one is not kept.
 * @throws the system's error where the file cannot be written.
 */
export function openToken(directory: string, configured: string | undefined): string {
  const path = join(directory, TOKEN_FILE);
  if (configured !== undefined) {
    rmSync(path, { force: true });
    return configured;
  }
  return readToken(directory) ?? makeToken(path);
}

/** The token that a platform made in its data directory; undefined where there is none that can be trusted. */
export function readToken(directory: string): string | undefined {
  let file: number;
  try {
    file = openSync(join(directory, TOKEN_FILE), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    const { mode, uid } = fstatSync(file);
    // Where there are no users (Windows), a file's mode says nothing.
    const foreign = process.getuid !== undefined && uid !== process.getuid();
    if (foreign || (process.getuid !== undefined && (mode & 0o077) !== 0)) return undefined;
    const text = readFileSync(file, "latin1").trim();
    return MADE.test(text) ? text : undefined;
  } finally {
    closeSync(file);
  }
}

function makeToken(path: string): string {
  const token = randomBytes(32).toString("base64url");
  writePrivately(path, `${token}\n`);
  return token;
}

/** In one step, so that nobody reads half of it; whatever was there before is replaced, not followed. */
export function writePrivately(path: string, text: string): void {
  const next = `${path}.${process.pid}.next`;
  rmSync(next, { force: true });
  const file = openSync(next, "wx", 0o600);
  try {
    fchmodSync(file, 0o600);
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}
