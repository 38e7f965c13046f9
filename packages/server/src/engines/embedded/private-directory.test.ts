import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { openEmbeddedEngine } from "./engine.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "yunque-private-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The mode of a data directory after an engine was opened on it, twice. */
async function modeOf(directory: string): Promise<number> {
  for (let time = 0; time < 2; time++) await (await openEmbeddedEngine({ directory })).close();
  return statSync(directory).mode & 0o777;
}

test("a data directory is its user's alone, whether it was there or not", async () => {
  assert.equal(await modeOf(join(root, "new")), 0o700);
  mkdirSync(join(root, "there"));
  chmodSync(join(root, "there"), 0o755);
  assert.equal(await modeOf(join(root, "there")), 0o700);
  chmodSync(join(root, "there"), 0o777);
  assert.equal(await modeOf(join(root, "there")), 0o700);
});

test("a directory that holds other things keeps its mode", async () => {
  writeFileSync(join(root, "README.md"), "");
  chmodSync(root, 0o755);
  assert.equal(await modeOf(root), 0o755);
});
