/** Runs suites as an ordinary user, where root runs the tests: a platform that a person starts has other walls. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** A number that no distribution gives to anybody. */
const SOMEBODY = 64_999;

/** Resolves with why it cannot be, or undefined when the suite has passed. Rejects with what the suite said. */
export async function passesAsSomebody(suite: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "these tests run as an ordinary user already";
  for (const path of [suite, process.execPath])
    if (!(await everybodyReads(path)))
      return `other users cannot read ${path}: move it out of a private directory`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, ["--test", suite], {
    uid: SOMEBODY,
    gid: SOMEBODY,
    env: { ...env, HOME: "/nonexistent" },
    maxBuffer: 16 * 2 ** 20,
  });
  return undefined;
}

async function everybodyReads(path: string): Promise<boolean> {
  for (let above = dirname(path); above !== "/"; above = dirname(above))
    if (((await stat(above)).mode & 0o001) === 0) return false;
  return ((await stat(path)).mode & 0o004) !== 0;
}
