import assert from "node:assert/strict";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { layerStore } from "./layers.ts";

describe("the layers of a function in one directory", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "yunque-layers-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const pack = async (id: string, files: Record<string, string>): Promise<string> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, id, name)), { recursive: true });
      await writeFile(join(root, id, name), text);
    }
    return id;
  };
  const store = () => layerStore(join(root, "merged"), async (id) => join(root, id));
  const text = (directory: string, name: string) => readFile(join(directory, name), "utf8");

  it("is empty without layers", async () => {
    assert.deepEqual(await readdir(await store().directory([])), []);
  });

  it("is the layer itself, where there is one", async () => {
    await pack("a", { x: "1" });
    assert.equal(await store().directory(["a"]), join(root, "a"));
  });

  it("has later layers over earlier ones", async () => {
    await pack("a", { "bin/tool": "a", "lib/only": "a" });
    await pack("b", { "bin/tool": "b", "etc/only": "b" });
    const merged = await store().directory(["a", "b"]);
    assert.deepEqual(
      await Promise.all(["bin/tool", "lib/only", "etc/only"].map((name) => text(merged, name))),
      ["b", "a", "b"],
    );
    const other = await store().directory(["b", "a"]);
    assert.equal(await text(other, "bin/tool"), "a");
  });

  it("replaces files by directories and directories by files", async () => {
    await pack("a", { x: "file", "y/z": "inside" });
    await pack("b", { "x/inner": "b", y: "b" });
    const merged = await store().directory(["a", "b"]);
    assert.deepEqual([await text(merged, "x/inner"), await text(merged, "y")], ["b", "b"]);
  });

  it("keeps links as links, and what may be run", async () => {
    await pack("a", { "bin/real": "#!/bin/sh" });
    await chmod(join(root, "a/bin/real"), 0o755);
    await symlink("real", join(root, "a/bin/alias"));
    await pack("b", { other: "" });
    const merged = await store().directory(["a", "b"]);
    assert.ok((await lstat(join(merged, "bin/alias"))).isSymbolicLink());
    assert.equal((await stat(join(merged, "bin/real"))).mode & 0o111, 0o111);
  });

  it("costs no copies", async () => {
    await pack("a", { big: "x".repeat(10_000) });
    await pack("b", { other: "" });
    const merged = await store().directory(["a", "b"]);
    assert.equal((await stat(join(merged, "big"))).ino, (await stat(join(root, "a/big"))).ino);
  });

  it("is made once, for many at once and after a restart", async () => {
    await pack("a", { x: "1" });
    await pack("b", { y: "2" });
    const one = store();
    const all = await Promise.all([1, 2, 3].map(() => one.directory(["a", "b"])));
    assert.equal(new Set([...all, await store().directory(["a", "b"])]).size, 1);
    assert.equal((await readdir(join(root, "merged"))).length, 1);
  });

  it("is tried again where a layer was missing, and leaves nothing half made", async () => {
    await pack("a", { x: "1" });
    const one = store();
    await assert.rejects(one.directory(["a", "b"]));
    assert.deepEqual(await readdir(join(root, "merged")), []);
    await pack("b", { y: "2" });
    assert.equal(await text(await one.directory(["a", "b"]), "y"), "2");
  });
});
