import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { seeded } from "../../packages/server/src/ports/port.contract.ts";
import type { ShardRecord, Shards } from "../../packages/server/src/ports/shards.ts";
import { runUntilKilled } from "./killed-child.ts";
import { numberOf, recordOf, SHARDS, sealedShard, TRIMMED } from "./shard-state.ts";

const ROUNDS = 20;
const SEED = 20_261_129;
const CHILD = join(import.meta.dirname, "shard-child.ts");

/** What the child said, over all rounds. */
interface Said {
  /** Numbers by record. */
  readonly added: Map<number, number>;
  readonly sealed: number[];
  trimmed: number;
}

it(`${ROUNDS} times killed while it works, shards lose nothing that was acknowledged, and keep their order`, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-kill-"));
  context.after(() => rm(directory, { recursive: true }));
  const random = seeded(SEED);
  const said: Said = { added: new Map(), sealed: [], trimmed: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const when = { lines: 2 + Math.floor(random() * 200), afterMs: random() * 4 };
    await runUntilKilled(CHILD, [directory, `${round * 100_000}`], when, (line) => {
      const [what, n = 0, number = 0] = line.split(" ");
      if (what === "added") said.added.set(Number(n), Number(number));
      if (what === "sealed") said.sealed.push(Number(n));
      if (what === "trimmed") said.trimmed = Number(n);
    });
    const engine = await openEmbeddedEngine({ directory });
    try {
      await check(engine.shards, said);
    } finally {
      await engine.close();
    }
  }
  assert.ok(said.added.size > ROUNDS && said.sealed.length > 0 && said.trimmed > 0);
});

async function check(shards: Shards, said: Said): Promise<void> {
  const found = new Map<number, number>();
  for (const shard of SHARDS)
    for (const record of await whole(shards, shard)) {
      const n = numberOf(record);
      assert.equal(recordOf(n).shard, shard);
      assert.ok(!found.has(n), `record ${n} is there twice`);
      found.set(n, record.number);
    }
  for (const [n, number] of said.added)
    assert.equal(found.get(n), number, `record ${n} was acknowledged as ${number}`);
  for (const n of said.sealed) {
    assert.deepEqual((await whole(shards, sealedShard(n))).map(numberOf), [n]);
    assert.deepEqual(await shards.append([recordOf(n, sealedShard(n))], Date.now()), [undefined]);
  }
  const left = (await whole(shards, TRIMMED)).map(numberOf);
  assert.ok(left.every((n) => n >= said.trimmed));
}

/** All that a shard holds, in order, as many and as much as it says. */
async function whole(shards: Shards, shard: string): Promise<ShardRecord[]> {
  const all: ShardRecord[] = [];
  for (let after = 0; ; ) {
    const page = await shards.read(shard, { after, limit: 1000 });
    const last = page.at(-1);
    if (last === undefined) break;
    all.push(...page);
    after = last.number;
  }
  for (const [index, { number }] of all.entries())
    assert.ok(number > (all[index - 1]?.number ?? 0), "numbers grow");
  const bytes = all.reduce((sum, { body, attributes }) => sum + body.length + attributes.length, 0);
  const state = await shards.describe(shard);
  assert.deepEqual([state?.records ?? 0, state?.bytes ?? 0], [all.length, bytes]);
  return all;
}
