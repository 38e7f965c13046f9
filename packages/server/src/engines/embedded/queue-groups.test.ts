import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { it, type TestContext } from "node:test";
import { message, NOW, OTHER, QUEUE } from "../../ports/queues.fixture.ts";
import type { NewMessage } from "../../ports/queues.ts";
import { addedMessage, endingOf, type QueueCall } from "./queue-calls.ts";
import { QueueGroups } from "./queue-groups.ts";
import { openQueueDatabase } from "./queue-schema.ts";
import { prepareQueueStatements } from "./queue-statements.ts";
import { isFailure } from "./transaction.ts";

const BIG = new Uint8Array(2 << 20);

function opened(context: TestContext): { database: DatabaseSync; groups: QueueGroups } {
  const directory = mkdtempSync(join(tmpdir(), "yunque-queues-"));
  const path = join(directory, "queues.db");
  const database = openQueueDatabase(path);
  context.after(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });
  return { database, groups: new QueueGroups(database, path) };
}

const add = (queue: string, ...messages: NewMessage[]): QueueCall => ({
  kind: "enqueue",
  queue,
  messages: messages.map(addedMessage),
  now: NOW,
});
const lease = (queue: string, limit = 10): QueueCall => ({
  kind: "lease",
  queue,
  options: { now: NOW, leaseMs: 1000, limit, maxBytes: 32 << 20, groupLimit: 1, expireBefore: 0 },
});
const done = (queue: string, id: number): QueueCall => ({
  kind: "settle",
  outcomes: [endingOf({ queue, id, epoch: 1, become: { kind: "done" } })],
  now: NOW,
});
const depth = (queue: string): QueueCall => ({ kind: "depth", queue, now: NOW });

it("calls of one group see the ones before", (context) => {
  const { groups } = opened(context);
  const [added, leased, settled, left] = groups.run([
    add(QUEUE, message("a")),
    lease(QUEUE),
    done(QUEUE, 1),
    depth(QUEUE),
  ]);
  assert.deepEqual(added, [{ id: 1, epoch: 0 }]);
  assert.equal((leased as unknown[]).length, 1);
  assert.deepEqual(settled, [true]);
  assert.deepEqual(left, { visible: 0, delayed: 0, leased: 0, bytes: 0 });
});

it("what SQLite cannot do fails the whole group, and nothing of it is there, also in memory", (context) => {
  const { database, groups } = opened(context);
  groups.run([add(QUEUE, message("a"), message("b"))]);
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON message WHEN NEW.attributes = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END",
  );
  const answers = groups.run([
    lease(QUEUE, 1),
    done(QUEUE, 1),
    add(OTHER, message("c")),
    add(QUEUE, message("d"), message("e", { attributes: "bad" })),
    { kind: "purge", queue: QUEUE },
  ]);
  assert.equal(answers.length, 5);
  for (const answer of answers) {
    assert.ok(isFailure(answer));
    assert.equal(answer.failure, "StorageFailed");
    assert.match(answer.message, /refused/);
  }
  const [here, there, settled, leased, added] = groups.run([
    depth(QUEUE),
    depth(OTHER),
    done(QUEUE, 1),
    lease(QUEUE),
    add(OTHER, message("f")),
  ]);
  assert.deepEqual(here, { visible: 2, delayed: 0, leased: 0, bytes: 2, oldestEnqueuedAt: NOW });
  assert.deepEqual(there, { visible: 0, delayed: 0, leased: 0, bytes: 0 });
  assert.deepEqual(settled, [false]);
  assert.deepEqual(
    (leased as { attempts: number; body: Uint8Array }[]).map(({ attempts, body }) => [
      attempts,
      `${Buffer.from(body)}`,
    ]),
    [
      [1, "a"],
      [1, "b"],
    ],
  );
  assert.deepEqual(added, [{ id: 3, epoch: 0 }]);
});

it("a group hands out about 32 MiB at most: who comes later waits for the next", (context) => {
  const { groups } = opened(context);
  const large = Array.from({ length: 15 }, () => ({ body: BIG, attributes: "" }));
  for (let n = 0; n < 4; n++) groups.run([add(QUEUE, ...large)]);
  const calls = Array.from({ length: 4 }, () => lease(QUEUE));
  const first = groups.run(calls);
  assert.deepEqual(
    first.map((leased) => (leased as unknown[]).length),
    [10, 10],
  );
  const second = groups.run(calls.slice(first.length));
  assert.deepEqual(
    second.map((leased) => (leased as unknown[]).length),
    [10, 10],
  );
});

it("no statement looks at rows that it does not need", (context) => {
  const { database } = opened(context);
  for (const [name, { sourceSQL }] of Object.entries(prepareQueueStatements(database)))
    for (const { detail } of database.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all())
      assert.match(`${detail}`, /^SEARCH .*(PRIMARY KEY|INDEX)/, `${name}: ${detail}`);
});
