/**
 * Writes to an engine until it is killed, and says on stdout what was acknowledged, a line each, at once:
 * `kept N` after a commit of two records that name a blob, `gone N` after their deletion, `count N` after the counter
 * went to N, `package ID` after a package was added. Arguments: the data directory, the first N.
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { makeZip } from "../../packages/server/src/domain/zip-fixture.ts";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { RecordConflict } from "../../packages/server/src/ports/records.ts";
import { createPackages } from "../../packages/server/src/runtimes/packages/index.ts";
import { bytesOf, COUNTER, LEFT, RIGHT } from "./engine-state.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const { records, blobs, packageBlobs } = await openEmbeddedEngine({ directory });
const packages = createPackages({
  records,
  blobs: packageBlobs,
  directory: join(directory, "packages"),
});
let next = Number(first);

const say = (line: string) => writeSync(1, `${line}\n`);

say("ready");
await Promise.all([writer(), writer(), writer(), writer(), counter(), counter(), deployer()]);

async function writer(): Promise<never> {
  for (;;) {
    const n = next++;
    const blob = await blobs.put(chunksOf(bytesOf(n)));
    const value = { n, blob: blob.id };
    await records.commit([
      { put: value, space: LEFT, id: `${n}`, expect: 0 },
      { put: value, space: RIGHT, id: `${n}`, expect: 0 },
    ]);
    say(`kept ${n}`);
    if (n % 3 !== 0) continue;
    await records.commit([
      { delete: true, space: LEFT, id: `${n}` },
      { delete: true, space: RIGHT, id: `${n}` },
    ]);
    say(`gone ${n}`);
    await blobs.delete(blob.id);
  }
}

async function counter(): Promise<never> {
  for (;;) {
    const before = await records.get<number>(COUNTER, "counter");
    const value = (before?.value ?? 0) + 1;
    try {
      await records.commit([
        { put: value, space: COUNTER, id: "counter", expect: before?.revision ?? 0 },
      ]);
      say(`count ${value}`);
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
    }
  }
}

async function deployer(): Promise<never> {
  for (;;) {
    const { id } = await packages.add(
      makeZip([{ name: "index.mjs", data: `export default ${next++}` }]),
    );
    say(`package ${id}`);
  }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}
