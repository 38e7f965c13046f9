import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";

/** A number that no distribution gives to anybody. */
const SOMEBODY = 64_999;
const SUITE = join(import.meta.dirname, "tiers.test.ts");

it("every tier keeps the contract where an ordinary user started the platform", async (t) => {
  if (process.getuid?.() !== 0)
    return t.skip("this run is an ordinary user's already: tiers.test.ts shows it");
  if (!(await everybodyReads(SUITE)) || !(await everybodyReads(process.execPath)))
    return t.skip("other users cannot read this checkout: move it out of a private directory");
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  await assert.doesNotReject(
    promisify(execFile)(process.execPath, ["--test", SUITE], {
      uid: SOMEBODY,
      gid: SOMEBODY,
      env: { ...env, HOME: "/nonexistent" },
      maxBuffer: 16 * 2 ** 20,
    }),
  );
});

async function everybodyReads(path: string): Promise<boolean> {
  for (let above = dirname(path); above !== "/"; above = dirname(above))
    if (((await stat(above)).mode & 0o001) === 0) return false;
  return ((await stat(path)).mode & 0o004) !== 0;
}
