import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import { seeded, until, withCode } from "../../ports/port.contract.ts";
import { shardsContract } from "../../ports/shards.contract.ts";
import { NOW, OTHER_SHARD, record, SHARD } from "../../ports/shards.fixture.ts";
import type { Shards } from "../../ports/shards.ts";
import { MemoryShards } from "../memory/shards.ts";
import { EmbeddedShards } from "./shards.ts";

shardsContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-shards-"));
    const opened: EmbeddedShards[] = [];
    const open = () => {
      const shards = new EmbeddedShards(join(directory, "shards.db"));
      opened.push(shards);
      return shards;
    };
    return {
      port: open(),
      reopen: async () => {
        await opened.at(-1)?.close();
        return open();
      },
      dispose: async () => {
        await opened.at(-1)?.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

async function opened(context: TestContext): Promise<{ path: string; shards: EmbeddedShards }> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-shards-"));
  const path = join(directory, "shards.db");
  const shards = new EmbeddedShards(path);
  context.after(async () => {
    await shards.close();
    await rm(directory, { recursive: true });
  });
  return { path, shards };
}

it("nothing is opened or made before the first write", async (context) => {
  const { path, shards } = await opened(context);
  assert.deepEqual(await shards.names(""), []);
  assert.deepEqual(await shards.read(SHARD, { after: 0, limit: 1 }), []);
  assert.equal(await shards.describe(SHARD), undefined);
  assert.equal(existsSync(path), false);
  await shards.append([record("a")], NOW);
  assert.equal(existsSync(path), true);
});

it("more calls at once than may wait are refused, and change nothing", async (context) => {
  const { shards } = await opened(context);
  const calls = Array.from({ length: 20_000 }, (_, n) => shards.append([record(`${n}`)], NOW));
  const outcomes = await Promise.allSettled(calls);
  const kept = outcomes.filter(({ status }) => status === "fulfilled").length;
  assert.ok(kept < 20_000 && kept > 10_000);
  assert.ok(
    outcomes.every((one) => one.status === "fulfilled" || withCode("StorageBusy")(one.reason)),
  );
  assert.equal((await shards.describe(SHARD))?.records, kept);
});

it("what was trimmed or deleted is gone from the disk too, soon", async (context) => {
  const { path, shards } = await opened(context);
  for (let n = 0; n < 250; n++) await shards.append([record(`${n}`)], NOW + n);
  await shards.append([record("x", OTHER_SHARD)], NOW);
  await shards.trim(SHARD, NOW + 240);
  await shards.delete(OTHER_SHARD);
  const database = new DatabaseSync(path, { readOnly: true });
  context.after(() => database.close());
  const rows = (table: string) =>
    database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"];
  await until(() => rows("gone") === 0);
  assert.deepEqual(["shard", "block"].map(rows), [1, 10]);
});

it("does what the memory engine does, whatever comes", async (context) => {
  const { shards: embedded } = await opened(context);
  const memory = new MemoryShards();
  const random = seeded(11);
  const below = (n: number) => Math.floor(random() * n);
  const names = [SHARD, OTHER_SHARD, `${SHARD}/more`];
  const pick = () => names[below(names.length)] ?? SHARD;
  let now = NOW;
  const same = async <T>(call: (shards: Shards) => Promise<T>): Promise<void> => {
    const [expected, found] = await Promise.all([call(memory), call(embedded)]);
    assert.deepEqual(found, expected);
  };
  for (let step = 0; step < 1500; step++) {
    const shard = pick();
    now += below(8) - 2;
    const then = now - below(300);
    switch (below(9)) {
      case 0:
      case 1:
      case 2: {
        const added = Array.from({ length: below(5) }, (_, n) =>
          record(
            `${step}:${n}${"é".repeat(below(10) === 0 ? below(90_000) : below(9))}`,
            pick(),
            "á",
          ),
        );
        await same((shards) => shards.append(added, now));
        break;
      }
      case 3:
      case 4: {
        const options = { after: below(step + 2), limit: below(12), maxBytes: 10 ** below(7) };
        await same(async (shards) =>
          (await shards.read(shard, options)).map((one) => ({
            ...one,
            body: String(Buffer.from(one.body)),
          })),
        );
        break;
      }
      case 5:
        await same((shards) => shards.placeAt(shard, then));
        break;
      case 6:
        await same((shards) => shards.describe(shard));
        await same((shards) => shards.names(""));
        break;
      case 7:
        await same((shards) => shards.trim(shard, then));
        break;
      default:
        if (random() < 0.15) await same((shards) => shards.delete(shard));
        else if (random() < 0.1) await same((shards) => shards.seal(shard));
    }
  }
});
