import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import { seeded, until, withCode } from "../../ports/port.contract.ts";
import { queuesContract } from "../../ports/queues.contract.ts";
import { bodies, LEASE, message, NOW, OTHER, outcome, QUEUE } from "../../ports/queues.fixture.ts";
import type { Leased, NewMessage, Outcome, Queues } from "../../ports/queues.ts";
import { MemoryQueues } from "../memory/queues.ts";
import { openDatabase } from "./database.ts";
import { QUEUE_MIGRATIONS } from "./queue-schema.ts";
import { EmbeddedQueues } from "./queues.ts";

queuesContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-queues-"));
    const opened: EmbeddedQueues[] = [];
    const open = () => {
      const queues = new EmbeddedQueues(join(directory, "queues.db"));
      opened.push(queues);
      return queues;
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

async function opened(context: TestContext): Promise<{ path: string; queues: EmbeddedQueues }> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-queues-"));
  const path = join(directory, "queues.db");
  const queues = new EmbeddedQueues(path);
  context.after(async () => {
    await queues.close();
    await rm(directory, { recursive: true });
  });
  return { path, queues };
}

it("more calls at once than may wait are refused, and change nothing", async (context) => {
  const { queues } = await opened(context);
  const calls = Array.from({ length: 20_000 }, (_, n) =>
    queues.enqueue(QUEUE, [message(`${n}`)], NOW),
  );
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter(({ status }) => status === "rejected");
  assert.ok(refused.length > 0 && refused.length < 10_000);
  assert.ok(
    outcomes.every((one) => one.status === "fulfilled" || withCode("StorageBusy")(one.reason)),
  );
  const { visible } = await queues.depth(QUEUE, NOW);
  assert.equal(visible, outcomes.length - refused.length);
});

it("more bytes at once than may wait are refused, and fit once the others are kept", async (context) => {
  const { queues } = await opened(context);
  const large = Array.from({ length: 15 }, () => ({
    body: new Uint8Array(2 << 20),
    attributes: "",
  }));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 4 }, () => queues.enqueue(QUEUE, large, NOW)),
  );
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "rejected"],
  );
  assert.equal((await queues.enqueue(QUEUE, large, NOW)).length, 15);
  const leased = await queues.lease(QUEUE, { now: NOW, ...LEASE });
  assert.equal(leased.length, 16, "a lease hands out at most 32 MiB");
});

it("what was purged is gone from the disk too, soon", async (context) => {
  const { path, queues } = await opened(context);
  for (let round = 0; round < 3; round++) {
    const added = Array.from({ length: 500 }, (_, n) =>
      message("x".repeat(1000), n % 5 === 0 ? { group: `${n % 3}` } : {}),
    );
    await queues.enqueue(QUEUE, added, NOW);
    await queues.lease(QUEUE, { now: NOW, leaseMs: 10, limit: 100 });
    assert.equal(await queues.purge(QUEUE), 500);
  }
  await queues.enqueue(OTHER, [message("stays", { group: "0" })], NOW);
  const database = new DatabaseSync(path, { readOnly: true });
  context.after(() => database.close());
  const rows = (table: string) =>
    database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"];
  await until(() => rows("purged") === 0);
  const tables = ["queue", "message", "ready", "lease", "follower", "head"];
  assert.deepEqual(tables.map(rows), [1, 1, 1, 0, 0, 1]);
  assert.deepEqual(await bodies(queues, NOW, OTHER), ["stays"]);
});

it("the room of what is gone is used again", async (context) => {
  const { path, queues } = await opened(context);
  await queues.purge(QUEUE); // makes the database
  const database = new DatabaseSync(path, { readOnly: true });
  context.after(() => database.close());
  const pages = () => Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
  const fillAndDrain = async () => {
    const added = Array.from({ length: 500 }, () => message("x".repeat(3000)));
    await queues.enqueue(QUEUE, added, NOW);
    assert.equal((await bodies(queues, NOW)).length, 500);
  };
  await fillAndDrain();
  const once = pages();
  for (let round = 0; round < 5; round++) await fillAndDrain();
  assert.ok(pages() < once * 1.2, `${once} pages, then ${pages()}`);
});

it("what the first version of the schema kept is there, in its order", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-queues-"));
  context.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "queues.db");
  const old = openDatabase(path, QUEUE_MIGRATIONS.slice(0, 1));
  const row = (id: number, group: string | null) =>
    old
      .prepare("INSERT INTO message VALUES (?, 1, ?, ?, '{}', ?)")
      .run(id, NOW, group, Buffer.from(`${id}`));
  for (const id of [1, 2, 3]) row(id, null);
  for (const id of [4, 5]) row(id, "g");
  old.exec(`INSERT INTO queue VALUES (1, '${QUEUE}', 5, 5);
    INSERT INTO ready VALUES (1, ${NOW}, 1, 0), (1, ${NOW + 50}, 2, 3), (1, ${NOW}, 4, 0);
    INSERT INTO lease VALUES (3, 1, ${NOW + 1000}, ${NOW}, 2, 1, NULL);
    INSERT INTO head VALUES (1, 'g');
    INSERT INTO follower VALUES (1, 'g', 5, ${NOW});
    UPDATE counter SET value = 5 WHERE name = 'message';
    UPDATE counter SET value = 1 WHERE name = 'queue'`);
  old.close();
  const queues = new EmbeddedQueues(path);
  context.after(() => queues.close());
  assert.deepEqual(await queues.find(QUEUE, 2), { epoch: 3 });
  const { id } = (await queues.enqueue(QUEUE, [message("6")], NOW + 1))[0] ?? {};
  assert.equal(id, 6);
  const options = { now: NOW + 1, ...LEASE, groupLimit: 10 };
  assert.deepEqual(
    (await queues.lease(QUEUE, options)).map(({ id, attempts }) => [id, attempts]),
    [
      [1, 1],
      [3, 3],
      [4, 1],
      [5, 1],
      [6, 1],
    ],
  );
  assert.equal(await queues.expire(QUEUE, NOW + 1), 5);
  const { visible, delayed, leased } = await queues.depth(QUEUE, NOW + 1);
  assert.deepEqual([visible, delayed, leased], [0, 0, 1]);
});

it("does what the memory engine does, whatever comes", async (context) => {
  const { queues: embedded } = await opened(context);
  const memory = new MemoryQueues();
  const random = seeded(11);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(...choices: readonly [T, ...T[]]): T =>
    choices[below(choices.length)] ?? choices[0];
  const held: Leased[] = [];
  let now = NOW;
  let count = 0;
  const same = async <T>(call: (queues: Queues) => Promise<T>): Promise<T> => {
    const [expected, found] = await Promise.all([call(memory), call(embedded)]);
    assert.deepEqual(found, expected);
    return expected;
  };
  const added = (leases: boolean) =>
    message(`message ${count++}`, {
      ...pick({}, {}, { group: "g" }, { group: "h" }),
      ...pick<Partial<NewMessage>>(
        {},
        { delayMs: below(50) },
        leases ? { leaseMs: below(50) } : {},
      ),
      ...pick<Partial<NewMessage>>({}, {}, {}, { enqueuedAt: now - below(100) }),
      ...(leases && random() < 0.2 ? { once: once() } : {}),
    });
  const once = () => ({
    keys: [`k${below(6)}`, ...pick([], [`k${below(6)}`])],
    forMs: below(100),
    note: `note ${count}`,
  });
  const become = (): Outcome["become"] =>
    pick<Outcome["become"]>(
      { kind: "done" },
      { kind: "again", delayMs: below(50) },
      { kind: "again", delayMs: 0, attributes: `${count}` },
      { kind: "extended", leaseMs: below(50) },
    );
  for (let step = 0; step < 2500; step++) {
    const queue = pick(QUEUE, OTHER);
    now += below(8) - 1;
    switch (below(8)) {
      case 0:
      case 1: {
        const messages = Array.from({ length: below(4) }, () => added(true));
        const answers = await same((queues) => queues.enqueue(queue, messages, now));
        for (const { id, epoch } of answers)
          if (epoch > 0) held.push({ queue, id, epoch } as Leased);
        break;
      }
      case 2:
      case 3: {
        const options = {
          now,
          leaseMs: below(60),
          limit: below(5),
          maxBytes: pick(1000, 20),
          groupLimit: pick(1, 1 + below(4)),
          expireBefore: random() < 0.1 ? now - 200 : 0,
        };
        held.push(
          ...(await same(async (queues) => (await queues.lease(queue, options)).map(plain))),
        );
        break;
      }
      case 4:
      case 5: {
        const outcomes = held.splice(below(held.length), 3).map((one) => {
          const ending = {
            ...outcome(one, become()),
            ...pick<Partial<Outcome>>({}, { unlessEnded: true }),
          };
          if (ending.become.kind === "extended") held.push(one);
          const enqueue = Array.from({ length: pick(0, 0, 2) }, () => ({
            queue: pick(QUEUE, OTHER),
            message: added(false),
          }));
          return { ...ending, enqueue };
        });
        await same((queues) => queues.settle(outcomes, now));
        for (const { id } of outcomes) await same((queues) => queues.find(queue, id));
        break;
      }
      case 6: {
        const at = now - 20 + below(40);
        await same((queues) => queues.depth(queue, at));
        await same((queues) => queues.nextVisible(queue));
        break;
      }
      default:
        if (random() < 0.05) await same((queues) => queues.purge(queue));
        if (random() < 0.2) {
          const before = now - below(400);
          await same((queues) => queues.expire(queue, before));
        }
        await same((queues) => queues.names(""));
    }
  }
});

/** Comparable: engines answer with different kinds of byte arrays. */
const plain = (leased: Leased): Leased => ({ ...leased, body: new Uint8Array(leased.body) });
