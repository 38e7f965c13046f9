import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstat, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "node:test";
import { makeZip } from "../domain/zip-fixture.ts";
import { PackageError, type PackageFault, PackageMissing, type Packages } from "./packages.ts";
import { type Case, casesOf, collect, type Subject } from "./port.contract.ts";

const HELLO = makeZip([
  { name: "index.mjs", data: "export const handler = () => 'hello';\n" },
  { name: "bin/tool", data: "#!/bin/sh\n", mode: 0o100755 },
  { name: "bin/alias", data: "tool", mode: 0o120777 },
]);
const OTHER = makeZip([{ name: "other.txt", data: "other" }]);

/** Registers what every store of packages must do. */
export function packagesContract(subject: Subject<Packages>): void {
  const test = casesOf(subject);
  describe(`packages on the ${subject.engine} engine`, () => {
    adding(test);
    refusing(test);
    unpacking(test);
    if (subject.keeps) keeping(test);
  });
}

type Test = Case<Packages>;

const zipOf = async (packages: Packages, id: string): Promise<Buffer> =>
  Buffer.concat(await collect(await packages.zip(id)));

function adding(test: Test): void {
  test("a package is named by its content and described as Lambda does", async (packages) => {
    const sha256 = createHash("sha256").update(HELLO);
    const added = await packages.add(HELLO);
    assert.deepEqual(added, {
      id: sha256.copy().digest("hex"),
      codeSha256: sha256.digest("base64"),
      codeSize: HELLO.length,
      unpackedSize: 52,
    });
    assert.deepEqual(await packages.get(added.id), added);
    assert.ok((await zipOf(packages, added.id)).equals(HELLO));
  });

  test("the same content again is the same package", async (packages) => {
    const first = await packages.add(HELLO);
    assert.deepEqual(await packages.add(HELLO.slice()), first);
    assert.notEqual((await packages.add(OTHER)).id, first.id);
  });

  test("the same content at once is one package, and whole", async (packages) => {
    const added = await Promise.all(Array.from({ length: 8 }, () => packages.add(HELLO)));
    assert.equal(new Set(added.map(({ id }) => id)).size, 1);
    const directories = await Promise.all(added.map(({ id }) => packages.directory(id)));
    assert.equal(new Set(directories).size, 1);
    assert.equal(String(await readFile(join(directories[0] ?? "", "bin/tool"))), "#!/bin/sh\n");
  });

  test("a package that is part of a larger buffer is that part", async (packages) => {
    const buffer = new Uint8Array(HELLO.length + 20);
    buffer.set(HELLO, 7);
    const { id } = await packages.add(buffer.subarray(7, 7 + HELLO.length));
    assert.ok((await zipOf(packages, id)).equals(HELLO));
    assert.ok(buffer.subarray(7, 7 + HELLO.length).length > 0, "the caller keeps its memory");
  });

  test("what was never added is missing, whatever its name", async (packages) => {
    for (const id of ["", "..", "../..", "x", "a/b", "0".repeat(64)]) {
      assert.equal(await packages.get(id), undefined);
      await assert.rejects(packages.zip(id), PackageMissing);
      await assert.rejects(packages.directory(id), PackageMissing);
    }
  });
}

function refusing(test: Test): void {
  const many = Array.from({ length: 100_001 }, (_, n) => ({ name: `${n}`, stored: true }));
  const cases: [string, PackageFault, () => Uint8Array][] = [
    ["an empty archive file", "malformed", () => new Uint8Array(0)],
    ["text", "malformed", () => Buffer.from("not a zip")],
    ["an archive cut off", "malformed", () => HELLO.subarray(0, HELLO.length - 1)],
    ["a wrong checksum", "malformed", () => makeZip([{ name: "a" }, { name: "b", crc: 1 }])],
    ["a path out of the root", "escapes", () => makeZip([{ name: "a" }, { name: "../evil" }])],
    [
      "a link out of the root",
      "escapes",
      () => makeZip([{ name: "a", data: "..", mode: 0o120777 }]),
    ],
    ["over 250 MB unpacked", "tooLarge", () => makeZip([{ name: "a", size: 262_144_001 }])],
    ["over 100,000 files", "tooManyFiles", () => makeZip(many, { zip64: true })],
  ];
  for (const [name, fault, make] of cases)
    test(`${name}: ${fault}, and nothing stays`, async (packages) => {
      const zip = make();
      await assert.rejects(packages.add(zip), (error) => {
        assert.ok(error instanceof PackageError, String(error));
        assert.equal(error.fault, fault);
        return true;
      });
      const id = createHash("sha256").update(zip).digest("hex");
      assert.equal(await packages.get(id), undefined);
      await assert.rejects(packages.directory(id), PackageMissing);
      assert.equal((await packages.add(HELLO)).codeSize, HELLO.length);
    });
}

function unpacking(test: Test): void {
  test("files, modes and links are on disk as the archive has them", async (packages) => {
    const directory = await packages.directory((await packages.add(HELLO)).id);
    const mode = async (path: string) => (await lstat(join(directory, path))).mode & 0o7777;
    assert.match(String(await readFile(join(directory, "index.mjs"))), /hello/);
    assert.equal(await mode("index.mjs"), 0o644);
    assert.equal(await mode("bin/tool"), 0o755);
    assert.equal(await mode("bin"), 0o755);
    assert.equal(await mode("."), 0o755);
    assert.equal(await readlink(join(directory, "bin/alias")), "tool");
    assert.equal(String(await readFile(join(directory, "bin/alias"))), "#!/bin/sh\n");
  });

  test("privileges are dropped, and the platform itself can always read", async (packages) => {
    const zip = makeZip([
      { name: "setuid", mode: 0o106711 },
      { name: "unreadable", mode: 0o100011 },
      { name: "closed/", mode: 0o040001 },
      { name: "closed/file", data: "x", mode: 0o100000 },
      { name: "shared/", mode: 0o043777 },
    ]);
    const directory = await packages.directory((await packages.add(zip)).id);
    const mode = async (path: string) => (await lstat(join(directory, path))).mode & 0o7777;
    assert.equal(await mode("setuid"), 0o711);
    assert.equal(await mode("unreadable"), 0o411);
    assert.equal(await mode("closed"), 0o701);
    assert.equal(await mode("closed/file"), 0o644);
    assert.equal(await mode("shared"), 0o777);
  });

  test("a directory that went missing is unpacked again, once for all who ask", async (packages) => {
    const { id } = await packages.add(HELLO);
    const directory = await packages.directory(id);
    await rm(directory, { recursive: true });
    const again = await Promise.all([1, 2, 3, 4].map(() => packages.directory(id)));
    assert.deepEqual(new Set(again), new Set([directory]));
    assert.match(String(await readFile(join(directory, "index.mjs"))), /hello/);
  });

  test("what was added or used since the start is never swept", async (packages) => {
    const { id } = await packages.add(HELLO);
    await packages.sweep(new Set());
    assert.ok(await packages.get(id));
    assert.ok((await zipOf(packages, id)).equals(HELLO));
  });
}

function keeping(test: Test): void {
  test("packages are there after opening again", async (packages, reopen) => {
    const added = await packages.add(HELLO);
    const directory = await packages.directory(added.id);
    const reopened = await reopen();
    assert.deepEqual(await reopened.get(added.id), added);
    assert.ok((await zipOf(reopened, added.id)).equals(HELLO));
    assert.equal(await reopened.directory(added.id), directory);
  });

  test("a sweep deletes what is not live and keeps the rest whole", async (packages, reopen) => {
    const kept = await packages.add(HELLO);
    const dead = await packages.add(OTHER);
    const directory = await packages.directory(dead.id);
    const reopened = await reopen();
    await reopened.sweep(new Set([kept.id]));
    assert.equal(await reopened.get(dead.id), undefined);
    await assert.rejects(reopened.directory(dead.id), PackageMissing);
    await assert.rejects(lstat(directory), { code: "ENOENT" });
    assert.deepEqual(await reopened.get(kept.id), kept);
    assert.ok((await zipOf(reopened, kept.id)).equals(HELLO));
    assert.deepEqual(await reopened.add(OTHER), dead);
  });
}
