import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { makeZip } from "../../domain/zip-fixture.ts";
import { openEmbeddedEngine } from "../../engines/embedded/engine.ts";
import type { Engine } from "../../engines/engine.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { packagesContract } from "../../ports/packages.contract.ts";
import { PackageError, type Packages } from "../../ports/packages.ts";
import { collect, until, withCode } from "../../ports/port.contract.ts";
import { createPackages } from "./index.ts";

const ZIP = makeZip([{ name: "index.mjs", data: "export {};" }]);

const packagesOn = (engine: Engine, directory: string): Packages =>
  createPackages({
    records: engine.records,
    blobs: engine.packageBlobs,
    directory: join(directory, "packages"),
  });

packagesContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-packages-"));
    const engine = createMemoryEngine();
    return {
      port: packagesOn(engine, directory),
      dispose: async () => {
        await engine.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

packagesContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-packages-"));
    let engine = await openEmbeddedEngine({ directory });
    return {
      port: packagesOn(engine, directory),
      reopen: async () => {
        await engine.close();
        engine = await openEmbeddedEngine({ directory });
        return packagesOn(engine, directory);
      },
      dispose: async () => {
        await engine.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

interface Fixture {
  readonly engine: Engine;
  readonly directory: string;
  readonly packages: Packages;
}

async function fixture(context: TestContext): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-packages-"));
  const engine = createMemoryEngine();
  context.after(() => rm(directory, { recursive: true }));
  return { engine, directory, packages: packagesOn(engine, directory) };
}

const unpackedIn = (directory: string): string[] =>
  readdirSync(join(directory, "packages")).filter((name) => name !== ".boot");

it("a refused package leaves nothing on disk", async (context) => {
  const { packages, directory } = await fixture(context);
  const zip = makeZip([
    { name: "good", data: "x" },
    { name: "bad", data: "y", crc: 0 },
  ]);
  await assert.rejects(packages.add(zip), PackageError);
  assert.deepEqual(unpackedIn(directory), []);
});

it("a package whose zip cannot be stored leaves nothing on disk and no blob", async (context) => {
  const { engine, packages, directory } = await fixture(context);
  const stored: string[] = [];
  const put = engine.packageBlobs.put.bind(engine.packageBlobs);
  engine.packageBlobs.put = async (source) => {
    const blob = await put(source);
    stored.push(blob.id);
    await engine.records.close();
    return blob;
  };
  await assert.rejects(packages.add(ZIP), withCode("StorageClosed"));
  assert.deepEqual(unpackedIn(directory), []);
  assert.equal(stored.length, 1);
  await assert.rejects(engine.packageBlobs.read(stored[0] ?? ""), /no blob/);
});

it("limits can be set", async (context) => {
  const { engine, directory } = await fixture(context);
  const packages = createPackages({
    records: engine.records,
    blobs: engine.packageBlobs,
    directory,
    limits: { unpackedBytes: 9 },
  });
  await assert.rejects(
    packages.add(ZIP),
    (error) => error instanceof PackageError && error.fault === "tooLarge",
  );
});

it("what was being unpacked when the process was killed is cleared away", async (context) => {
  const { engine, packages, directory } = await fixture(context);
  const { id } = await packages.add(ZIP);
  const half = join(directory, "packages", ".scratch-1");
  await writeFile(half, "half");
  const again = packagesOn(engine, directory);
  await again.directory(id);
  await until(() => !existsSync(half));
  assert.deepEqual(unpackedIn(directory), [id]);
});

it("after the machine itself went down everything is unpacked again", async (context) => {
  const { engine, packages, directory } = await fixture(context);
  const { id } = await packages.add(ZIP);
  const file = join(await packages.directory(id), "index.mjs");
  await truncate(file);
  assert.equal(
    String(await readFile(join(await packagesOn(engine, directory).directory(id), "index.mjs"))),
    "",
    "within one boot what is there is trusted",
  );
  await writeFile(join(directory, "packages", ".boot"), "another boot");
  await packagesOn(engine, directory).directory(id);
  assert.equal(String(await readFile(file)), "export {};");
  await until(() => unpackedIn(directory).length === 1);
});

it("a zip that was damaged in the store is not unpacked", async (context) => {
  const { engine, packages, directory } = await fixture(context);
  const { id } = await packages.add(ZIP);
  await rm(await packages.directory(id), { recursive: true });
  const other = makeZip([{ name: "index.mjs", data: "evil();   " }]);
  for (const bytes of [other, Buffer.concat([ZIP, ZIP]), ZIP.subarray(1)]) {
    const { id: blob } = await engine.packageBlobs.put(one(bytes));
    const [space = ""] = await engine.records.spaces("");
    const stored = { blob, codeSize: ZIP.length, unpackedSize: 10 };
    await engine.records.commit([{ put: stored, space, id }]);
    await assert.rejects(packages.directory(id), withCode("StorageDamaged"));
  }
  assert.deepEqual(unpackedIn(directory), []);
});

it("a sweep deletes blobs and directories that no record names", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-packages-"));
  context.after(() => rm(directory, { recursive: true }));
  const before = await openEmbeddedEngine({ directory });
  const orphan = await before.packageBlobs.put(one(ZIP));
  const object = await before.blobs.put(one(ZIP));
  await before.close();
  const engine = await openEmbeddedEngine({ directory });
  context.after(() => engine.close());
  const packages = packagesOn(engine, directory);
  const { id } = await packages.add(ZIP);
  const stray = join(directory, "packages", "f".repeat(64));
  await mkdir(stray);
  await packages.sweep(new Set([id]));
  await assert.rejects(engine.packageBlobs.read(orphan.id), /no blob/);
  assert.ok(!existsSync(stray));
  assert.equal((await collect(await engine.blobs.read(object.id))).length, 1, "others' blobs stay");
  assert.equal((await collect(await packages.zip(id))).length, 1);
});

it("the event loop turns while a large archive is unpacked", async (context) => {
  const { packages } = await fixture(context);
  const files = Array.from({ length: 1500 }, (_, n) => ({ name: `f${n}`, data: `${n}` }));
  let turns = 0;
  let busy = true;
  const adding = packages.add(makeZip(files)).finally(() => {
    busy = false;
  });
  while (busy) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  await adding;
  assert.ok(turns > 100, `${turns} turns`);
});

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
