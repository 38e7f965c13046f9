import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { until } from "../runtimes.fixture.ts";
import { Trees } from "./trees.ts";

describe("putting a package into a directory that is in use", () => {
  let directory: string;
  let trees: Trees;
  let slots = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-trees-"));
    await mkdir(join(directory, "trees"));
    trees = new Trees(join(directory, "trees"));
  });
  afterEach(async () => {
    await trees.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  });

  const store = async (files: Record<string, string>): Promise<string> => {
    const source = join(directory, `package-${++slots}`);
    await mkdir(source);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(source, name)), { recursive: true });
      await writeFile(join(source, name), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
    }
    return source;
  };
  const slot = async (): Promise<string> => {
    const target = join(directory, `slot-${++slots}`);
    await mkdir(target);
    return target;
  };
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`lib/${i % 7}/f${i}.js`, `${i}`]));

  it("links files, keeps their modes, and copies links as links", async () => {
    const source = await store({ "index.js": "1", "bin/tool": "#!/bin/sh", "deep/er/a.txt": "a" });
    await symlink("deep/er/a.txt", join(source, "link"));
    await trees.prepare(source);
    assert.ok(trees.ready(source));
    const target = await slot();
    trees.put(source, target);
    assert.equal(await readFile(join(target, "deep/er/a.txt"), "utf8"), "a");
    assert.equal(await readlink(join(target, "link")), "deep/er/a.txt");
    assert.equal((await stat(join(target, "bin/tool"))).mode & 0o777, 0o755);
    assert.equal(
      (await stat(join(target, "index.js"))).ino,
      (await stat(join(source, "index.js"))).ino,
    );
    assert.equal((await stat(join(target, "deep"))).mode & 0o777, 0o755);
  });

  it("makes a tree of many files ahead, and the next one after each use", async () => {
    const source = await store(many(200));
    await trees.prepare(source);
    for (let use = 0; use < 3; use++) {
      await until(() => trees.ready(source));
      const target = await slot();
      trees.put(source, target);
      assert.equal(await readFile(join(target, "lib/3/f199.js"), "utf8"), "199");
    }
  });

  it("is not ready for what nobody prepared, or what is still being made", async () => {
    const source = await store(many(200));
    assert.equal(trees.ready(source), false);
    const target = await slot();
    assert.throws(() => trees.put(source, target));
  });

  it("an empty package is put at once", async () => {
    const source = await store({});
    await trees.prepare(source);
    trees.put(source, await slot());
  });

  it("leaves nothing half-made where the package is not there", async () => {
    await assert.rejects(trees.prepare(join(directory, "none")));
  });
});
