import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { seeded, withCode } from "../../ports/port.contract.ts";
import { recordsContract } from "../../ports/records.contract.ts";
import { type Change, RecordConflict, type Records } from "../../ports/records.ts";
import { MemoryRecords } from "../memory/records.ts";
import { EmbeddedRecords } from "./records.ts";

recordsContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-records-"));
    const opened: EmbeddedRecords[] = [];
    const open = () => {
      const records = new EmbeddedRecords(join(directory, "records.db"));
      opened.push(records);
      return records;
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

async function opened(context: TestContext): Promise<EmbeddedRecords> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-records-"));
  const records = new EmbeddedRecords(join(directory, "records.db"));
  context.after(async () => {
    await records.close();
    await rm(directory, { recursive: true });
  });
  return records;
}

it("more commits at once than may wait are refused, and change nothing", async (context) => {
  const records = await opened(context);
  const space = "000000000000/us-east-1/things";
  const commits = Array.from({ length: 20_000 }, (_, n) =>
    records.commit([{ put: n, space, id: `${n}`.padStart(5, "0") }]),
  );
  const outcomes = await Promise.allSettled(commits);
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  assert.ok(refused.length > 0 && refused.length < 10_000);
  assert.ok(refused.every(({ reason }) => withCode("StorageBusy")(reason)));
  const kept = outcomes.findLastIndex(({ status }) => status === "fulfilled");
  const last = await records.list(space, { after: `${kept - 1}`.padStart(5, "0") });
  assert.deepEqual(
    last.map(({ value }) => value),
    [kept],
  );
  await records.commit([{ put: "again", space, id: "again" }]);
});

it("does what the memory engine does, whatever comes", async (context) => {
  const embedded = await opened(context);
  const memory = new MemoryRecords();
  const random = seeded(7);
  const pick = <T>(...choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];
  const space = () => `000000000000/us-east-1/${pick("a", "ab", "a/b")}`;
  const id = () =>
    pick("", "a", "a/", "a/b", "b", "\uFFFF", "\u{1F426}", "\u{10FFFF}", "__proto__");
  for (let round = 0; round < 300; round++) {
    const changes = Array.from({ length: Math.floor(random() * 4) }, (): Change => {
      const key = { space: space(), id: id() };
      const known = random() < 0.5;
      const what = pick("put", "put", "delete", "check");
      const expect = { expect: known ? -2 : 0 };
      if (what === "check") return { check: true, ...key, ...expect };
      const maybe = random() < 0.5 ? expect : {};
      return what === "put"
        ? { put: { round }, ...key, ...maybe }
        : { delete: true, ...key, ...maybe };
    });
    assert.equal(await outcome(memory, changes), await outcome(embedded, changes));
    const where = space();
    const options = { prefix: id(), after: id(), limit: pick(1, 2, 10) };
    assert.deepEqual(
      (await memory.list(where, options)).map((record) => [record.id, record.value]),
      (await embedded.list(where, options)).map((record) => [record.id, record.value]),
    );
    assert.deepEqual(await memory.spaces(where), await embedded.spaces(where));
  }
});

/** What a commit comes to; -2 stands for "the revision that is there", which differs between engines. */
async function outcome(records: Records, changes: readonly Change[]): Promise<string> {
  const resolved: Change[] = [];
  for (const change of changes) {
    const revision = (await records.get(change.space, change.id))?.revision ?? 0;
    resolved.push(change.expect === -2 ? { ...change, expect: revision } : change);
  }
  try {
    await records.commit(resolved);
    return "kept";
  } catch (error) {
    if (error instanceof RecordConflict) return `conflict at ${error.space} ${error.id}`;
    throw error;
  }
}
