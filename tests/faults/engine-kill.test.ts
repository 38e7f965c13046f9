import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import type { Engine } from "../../packages/server/src/engines/engine.ts";
import { collect, seeded } from "../../packages/server/src/ports/port.contract.ts";
import { createPackages } from "../../packages/server/src/runtimes/packages/index.ts";
import { bytesOf, COUNTER, LEFT, RIGHT } from "./engine-state.ts";
import { runUntilKilled } from "./killed-child.ts";

const ROUNDS = 25;
const SEED = 20_261_122;
const CHILD = join(import.meta.dirname, "engine-child.ts");

/** What the child was told, over all rounds. */
interface Acknowledged {
  readonly kept: Set<number>;
  readonly gone: Set<number>;
  readonly packages: Set<string>;
  count: number;
}

it(`${ROUNDS} times killed while it writes, an engine has everything that it acknowledged, and nothing torn`, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-kill-"));
  context.after(() => rm(directory, { recursive: true }));
  const random = seeded(SEED);
  const acknowledged: Acknowledged = {
    kept: new Set(),
    gone: new Set(),
    packages: new Set(),
    count: 0,
  };
  for (let round = 0; round < ROUNDS; round++) {
    const commits = 1 + Math.floor(random() * 60);
    const when = { lines: commits + 1, afterMs: random() * 4 };
    await runUntilKilled(CHILD, [directory, `${round * 100_000}`], when, (line) =>
      note(line, acknowledged),
    );
    const engine = await openEmbeddedEngine({ directory });
    try {
      await check(engine, directory, acknowledged);
    } finally {
      await engine.close();
    }
  }
  assert.ok(acknowledged.kept.size > ROUNDS && acknowledged.gone.size > 0);
  assert.ok(acknowledged.count > ROUNDS && acknowledged.packages.size > 0);
});

function note(line: string, acknowledged: Acknowledged): void {
  const [what, which = ""] = line.split(" ");
  if (what === "kept") acknowledged.kept.add(Number(which));
  else if (what === "gone") acknowledged.gone.add(Number(which));
  else if (what === "count") acknowledged.count = Math.max(acknowledged.count, Number(which));
  else if (what === "package") acknowledged.packages.add(which);
}

async function check(engine: Engine, directory: string, acknowledged: Acknowledged): Promise<void> {
  const { records, blobs } = engine;
  const left = await records.list<{ n: number; blob: string }>(LEFT, { limit: 10_000 });
  const right = await records.list<{ n: number; blob: string }>(RIGHT, { limit: 10_000 });
  assert.deepEqual(
    left.map(({ id, value }) => [id, value]),
    right.map(({ id, value }) => [id, value]),
    "a commit is there whole or not at all",
  );
  const there = new Set(left.map(({ value }) => value.n));
  // Of every third one the deletion may have been durable and not heard of any more.
  for (const n of acknowledged.kept)
    assert.ok(there.has(n) || n % 3 === 0, `record ${n} was acknowledged and is gone`);
  for (const n of acknowledged.gone)
    assert.ok(!there.has(n), `record ${n} was deleted and is back`);
  for (const { value } of left) {
    const bytes = Buffer.concat(await collect(await blobs.read(value.blob)));
    assert.ok(bytes.equals(bytesOf(value.n)), `the blob of record ${value.n} is torn`);
  }
  const count = await records.get<number>(COUNTER, "counter");
  assert.ok((count?.value ?? 0) >= acknowledged.count, "the counter went back");
  await checkPackages(engine, directory, acknowledged);
}

async function checkPackages(
  { records, packageBlobs }: Engine,
  directory: string,
  acknowledged: Acknowledged,
): Promise<void> {
  const packages = createPackages({
    records,
    blobs: packageBlobs,
    directory: join(directory, "packages"),
  });
  for (const id of acknowledged.packages) {
    const unpacked = await packages.directory(id);
    assert.match(await readFile(join(unpacked, "index.mjs"), "utf8"), /^export default \d+$/);
    assert.ok((await collect(await packages.zip(id))).length > 0);
  }
}
