import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import { withCode } from "../../ports/port.contract.ts";
import type { Engine } from "../engine.ts";
import { openEmbeddedEngine } from "./engine.ts";

const SPACE = "000000000000/us-east-1/things";
const ENGINE = JSON.stringify(new URL("./engine.ts", import.meta.url));

async function directoryOf(context: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "yunque-engine-"));
  context.after(() => rm(parent, { recursive: true }));
  return join(parent, "data");
}

it("an engine is whole again after it was closed and opened", async (context) => {
  const directory = await directoryOf(context);
  const engine = await openEmbeddedEngine({ directory });
  const { id } = await engine.blobs.put(one("bytes"));
  await engine.records.commit([{ put: { id }, space: SPACE, id: "a" }]);
  engine.logs.append("group", "stream", [{ timestamp: 1, message: "line" }]);
  await Promise.all([engine.close(), engine.close()]);
  const again = await openEmbeddedEngine({ directory });
  assert.deepEqual((await again.records.get(SPACE, "a"))?.value, { id });
  for await (const chunk of await again.blobs.read(id)) assert.equal(String(chunk), "bytes");
  assert.equal((await again.logs.read("group"))[0]?.message, "line");
  await again.close();
});

const DATABASES = ["records.db", "queues.db", "shards.db"];

/** One that has written to all of its databases: some are made when they are first needed. */
async function used(directory: string): Promise<Engine> {
  const engine = await openEmbeddedEngine({ directory });
  await engine.queues.purge(SPACE);
  await engine.shards.delete(SPACE);
  return engine;
}

it("queues and shards make their databases when they are first needed", async (context) => {
  const directory = await directoryOf(context);
  const engine = await openEmbeddedEngine({ directory });
  const { queues, shards } = engine;
  assert.deepEqual(await queues.names(""), []);
  assert.equal(await queues.nextVisible(SPACE), undefined);
  assert.deepEqual(await shards.names(""), []);
  const there = () => DATABASES.filter((name) => existsSync(join(directory, name)));
  assert.deepEqual(there(), ["records.db"]);
  await engine.close();
  await (await used(directory)).close();
  assert.deepEqual(there(), DATABASES);
});

it("everything is for our own user only", async (context) => {
  const directory = await directoryOf(context);
  const engine = await used(directory);
  const mode = (name: string) => statSync(join(directory, name)).mode & 0o777;
  for (const name of [".", "blobs", "blobs/objects", "blobs/packages", "logs"])
    assert.equal(mode(name), 0o700, name);
  for (const name of DATABASES) assert.equal(mode(name), 0o600, name);
  await engine.close();
});

it("a directory in use is refused, in the same process too, and says by whom", async (context) => {
  const directory = await directoryOf(context);
  const engine = await openEmbeddedEngine({ directory });
  await assert.rejects(openEmbeddedEngine({ directory }), (error) => {
    assert.ok(withCode("StorageInUse")(error));
    assert.ok(String(error).includes(directory) && String(error).includes(`${process.pid}`));
    return true;
  });
  await engine.records.commit([{ put: 1, space: SPACE, id: "still works" }]);
  await engine.close();
  await (await openEmbeddedEngine({ directory })).close();
});

it("another process is refused until the one that has it is gone, even if that was killed", async (context) => {
  const directory = await directoryOf(context);
  const child = run(`
    const { openEmbeddedEngine } = await import(${ENGINE});
    const { records } = await openEmbeddedEngine({ directory: ${JSON.stringify(directory)} });
    await records.commit([{ put: 1, space: ${JSON.stringify(SPACE)}, id: "a" }]);
    console.log("open");
    setInterval(() => {}, 1000);`);
  await once(child.stdout, "data");
  await assert.rejects(openEmbeddedEngine({ directory }), (error) => {
    assert.ok(withCode("StorageInUse")(error) && String(error).includes(`${child.pid}`));
    return true;
  });
  child.kill("SIGKILL");
  await once(child, "close");
  assert.ok(existsSync(join(directory, "lock.pid")), "it had no time to clear up");
  const engine = await openEmbeddedEngine({ directory });
  assert.equal((await engine.records.get(SPACE, "a"))?.value, 1);
  await engine.close();
});

it("data of a newer version is refused and left alone", async (context) => {
  const directory = await directoryOf(context);
  await (await used(directory)).close();
  for (const path of DATABASES.map((name) => join(directory, name))) {
    const version = versionOf(path);
    change(path, "PRAGMA user_version = 99");
    await assert.rejects(openEmbeddedEngine({ directory }), withCode("StorageTooNew"));
    await assert.rejects(openEmbeddedEngine({ directory }), withCode("StorageTooNew"));
    change(path, `PRAGMA user_version = ${version}`);
    await (await openEmbeddedEngine({ directory })).close();
  }
});

it("a database that is not ours is refused", async (context) => {
  const directory = await directoryOf(context);
  await (await used(directory)).close();
  for (const path of DATABASES.map((name) => join(directory, name))) {
    change(path, "PRAGMA application_id = 7");
    await assert.rejects(openEmbeddedEngine({ directory }), withCode("StorageDamaged"));
    change(path, `PRAGMA application_id = ${0x59554e51}`);
  }
});

it("an idle engine does not keep the process alive, what is under way does", async (context) => {
  for (const [call, answer] of [
    ["", ""],
    [
      `records.commit([{ put: 1, space: "${SPACE}", id: "a" }]).then(() => console.log("kept"));`,
      "kept\n",
    ],
    [`queues.purge("${SPACE}").then((count) => console.log(count));`, "0\n"],
  ]) {
    const directory = await directoryOf(context);
    const child = run(`
      const { openEmbeddedEngine } = await import(${ENGINE});
      const { records, queues } = await openEmbeddedEngine({ directory: ${JSON.stringify(directory)} });
      ${call}`);
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const [code] = await once(child, "close");
    assert.deepEqual([code, said], [0, answer]);
  }
});

it("a directory stays claimed when nobody holds the whole engine", async (context) => {
  const directory = await directoryOf(context);
  const child = run(
    `
    const { openEmbeddedEngine } = await import(${ENGINE});
    const { records } = await openEmbeddedEngine({ directory: ${JSON.stringify(directory)} });
    await new Promise(setImmediate);
    gc();
    const again = await openEmbeddedEngine({ directory: ${JSON.stringify(directory)} }).catch(({ code }) => code);
    console.log(again, typeof records.get);`,
    "--expose-gc",
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child, "close");
  assert.equal(said, "StorageInUse function\n");
});

/** Runs a module in a process of its own; what it says on stderr is seen. */
function run(script: string, ...flags: string[]) {
  return spawn(process.execPath, [...flags, "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function versionOf(path: string): number {
  const database = new DatabaseSync(path);
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  database.close();
  return version;
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
