import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CODE_FILE, CodeCaches, codeKey } from "./code-caches.ts";

describe("compiled code that instances give", () => {
  let directory: string;
  let caches: CodeCaches;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "yunque-code-"));
    caches = new CodeCaches(directory);
  });
  afterEach(async () => {
    await caches.close();
    await rm(directory, { recursive: true, force: true });
  });
  const give = async (key: string, ...pieces: string[]): Promise<void> => {
    const sink = caches.sink(key);
    assert.ok(sink?.begin());
    for (const piece of pieces) assert.ok(sink?.add(Buffer.from(piece)));
    sink?.end();
    await caches.close();
  };

  it("is kept for the same function, and made once", async () => {
    await give("a", "first, ", "second");
    const found = caches.find("a") ?? "";
    assert.equal(await readFile(join(found, CODE_FILE), "utf8"), "first, second");
    assert.equal(caches.sink("a"), undefined);
    assert.equal(caches.find("b"), undefined);
  });

  it("is asked for once where it is not worth it, and again where an instance ended before", async () => {
    await give("worthless");
    assert.equal(caches.find("worthless"), undefined);
    assert.equal(caches.sink("worthless"), undefined);
    caches.sink("gone")?.abandon();
    assert.ok(caches.sink("gone"));
  });

  it("is bounded: of one function, and of how many at a time", () => {
    const sink = caches.sink("large");
    assert.ok(sink?.begin());
    const piece = Buffer.alloc(2 ** 20);
    let count = 0;
    while (sink?.add(piece)) count++;
    assert.equal(count, 16);
    for (const key of ["b", "c", "d"]) assert.ok(caches.sink(key)?.begin());
    const fifth = caches.sink("e");
    assert.equal(fifth?.begin(), false);
    sink?.abandon();
    assert.equal(fifth?.begin(), true);
  });

  it("is not waited for by others while an instance that shall give it still works", () => {
    for (const key of ["a", "b", "c", "d"]) assert.ok(caches.sink(key));
    assert.equal(caches.sink("e")?.begin(), true);
  });

  it("outlives the platform; what was being written does not", async () => {
    await give("kept", "code");
    await mkdir(join(directory, ".scratch-1"));
    await writeFile(join(directory, ".scratch-1", CODE_FILE), "half");
    await mkdir(join(directory, "empty"));
    await new CodeCaches(directory).close();
    assert.deepEqual(await readdir(directory), ["kept"]);
  });

  it("has another name for whatever it depends on", () => {
    assert.notEqual(codeKey(["a", "b"]), codeKey(["ab"]));
    assert.match(codeKey([]), /^[0-9a-f]{64}$/);
  });
});
