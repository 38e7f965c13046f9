import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { pack } from "./pack.ts";
import { zipNames } from "./zip-names.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "yunque-pack-"));
});
after(() => rm(root, { recursive: true }));

/** A new directory with these files. */
async function directory(name: string, files: Record<string, string>): Promise<string> {
  const path = join(root, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), text);
  }
  return path;
}

test("a directory becomes a zip of its files, without histories and platform data", async () => {
  const path = await directory("plain", {
    "index.mjs": "x".repeat(1000),
    "lib/deep/a.txt": "a",
    ".git/HEAD": "ref",
    ".yunque/data": "d",
    ".env": "KEPT=1",
  });
  const { zip, names, read } = await pack(path);
  assert.deepEqual(names, [".env", "index.mjs", "lib/deep/a.txt"]);
  assert.deepEqual(zipNames(zip), names);
  assert.equal(await read("lib/deep/a.txt"), "a");
  assert.equal(await read("../plain/index.mjs"), undefined);
  assert.ok(zip.length < 1000);
});

test("the same files make the same bytes, whenever they were written", async () => {
  const path = await directory("same", { "index.mjs": "1", "b.txt": "2" });
  const first = (await pack(path)).zip;
  await utimes(join(path, "index.mjs"), 1, 1);
  assert.ok(first.equals((await pack(path)).zip));
});

test("what can be executed stays so", async () => {
  const path = await directory("modes", { bootstrap: "#!/bin/sh", other: "" });
  await chmod(join(path, "bootstrap"), 0o700);
  const { zip } = await pack(path);
  const modes = [...entries(zip)].map(({ name, mode }) => `${name} ${(mode & 0o777).toString(8)}`);
  assert.deepEqual(modes, ["bootstrap 755", "other 644"]);
});

test("links are followed, and those that lead round are left out", async () => {
  const shared = await directory("shared", { "index.js": "shared" });
  const path = await directory("linked", { "index.js": "own" });
  await mkdir(join(path, "node_modules"));
  await symlink(shared, join(path, "node_modules/shared"));
  await symlink(path, join(path, "node_modules/round"));
  const { names, zip } = await pack(path);
  assert.deepEqual(names, ["index.js", "node_modules/shared/index.js"]);
  assert.equal(contentOf(zip, "node_modules/shared/index.js"), "shared");
});

test("a single file is packed under its own name", async () => {
  const path = await directory("single", { "hello.mjs": "export const handler = 1" });
  assert.deepEqual((await pack(join(path, "hello.mjs"))).names, ["hello.mjs"]);
});

test("a zip is taken as it is", async () => {
  const path = await directory("zipped", { "index.js": "z" });
  const { zip } = await pack(path);
  await writeFile(join(root, "code.zip"), zip);
  const code = await pack(join(root, "code.zip"));
  assert.ok(code.zip.equals(zip));
  assert.deepEqual(code.names, ["index.js"]);
});

test("what cannot be deployed is refused: nothing there, an empty directory, a false zip, a dead link", async () => {
  const empty = join(root, "empty");
  await mkdir(empty);
  await writeFile(join(root, "false.zip"), "no zip at all, but long enough to be one");
  const dead = await directory("dead", { "index.js": "" });
  await symlink("/nonexistent", join(dead, "link"));
  await assert.rejects(pack(join(root, "missing")), /cannot read .*missing/);
  await assert.rejects(pack(empty), /holds no files/);
  await assert.rejects(pack(join(root, "false.zip")), /is no zip file/);
  await assert.rejects(pack(dead), /cannot read .*link/);
});

test("more than 250 MB is refused before it is packed", async () => {
  const path = await directory("huge", { "index.js": "" });
  await truncate(join(path, "index.js"), 250 * 1024 * 1024 + 1);
  await assert.rejects(pack(path), /holds more than 250 MB/);
});

test("a central directory that lies is no zip", async () => {
  const path = await directory("torn", { "index.js": "z" });
  const { zip } = await pack(path);
  const torn = Buffer.from(zip);
  torn.writeUInt32LE(0xffff_0000, torn.length - 6);
  assert.equal(zipNames(torn), undefined);
  assert.equal(zipNames(zip.subarray(0, zip.length - 23)), undefined);
  assert.equal(zipNames(Buffer.alloc(0)), undefined);
});

function* entries(zip: Buffer) {
  let at = zip.readUInt32LE(zip.length - 6);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const length = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + length);
    const size = zip.readUInt32LE(at + 20);
    const mode = zip.readUInt32LE(at + 38) >>> 16;
    yield { name, mode, size, offset: zip.readUInt32LE(at + 42) };
    at += 46 + length + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function contentOf(zip: Buffer, name: string): string | undefined {
  for (const entry of entries(zip)) {
    if (entry.name !== name) continue;
    const { offset, size } = entry;
    const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
    const data = zip.subarray(start, start + size);
    const method = zip.readUInt16LE(offset + 8);
    return (method === 0 ? data : inflateRawSync(data)).toString();
  }
  return undefined;
}
