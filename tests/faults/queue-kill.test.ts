import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { seeded } from "../../packages/server/src/ports/port.contract.ts";
import type { Queues } from "../../packages/server/src/ports/queues.ts";
import { runUntilKilled } from "./killed-child.ts";
import { FIRST, numberOf, SECOND } from "./queue-state.ts";

const ROUNDS = 20;
const SEED = 20_261_128;
const CHILD = join(import.meta.dirname, "queue-child.ts");

/** What the child said of messages, over all rounds. */
type Said = Record<"added" | "ending" | "done" | "moving" | "moved", Set<number>>;

it(`${ROUNDS} times killed while it works, queues lose nothing that was acknowledged, and nothing comes back`, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-kill-"));
  context.after(() => rm(directory, { recursive: true }));
  const random = seeded(SEED);
  const said: Said = {
    added: new Set(),
    ending: new Set(),
    done: new Set(),
    moving: new Set(),
    moved: new Set(),
  };
  for (let round = 0; round < ROUNDS; round++) {
    const when = { lines: 2 + Math.floor(random() * 200), afterMs: random() * 4 };
    await runUntilKilled(CHILD, [directory, `${round * 100_000}`], when, (line) => {
      const [what = "", n] = line.split(" ");
      if (what in said) said[what as keyof Said].add(Number(n));
    });
    const engine = await openEmbeddedEngine({ directory });
    try {
      await check(engine.queues, said);
    } finally {
      await engine.close();
    }
  }
  assert.ok(said.added.size > ROUNDS && said.done.size > 0 && said.moved.size > 0);
});

async function check(queues: Queues, said: Said): Promise<void> {
  const first = await numbersIn(queues, FIRST);
  const second = await numbersIn(queues, SECOND);
  for (const n of said.added) {
    const places = Number(first.has(n)) + Number(second.has(n));
    if (said.done.has(n)) assert.equal(places, 0, `message ${n} was settled and is back`);
    else if (!said.ending.has(n)) assert.equal(places, 1, `message ${n} is in ${places} places`);
    if (said.moved.has(n)) assert.ok(second.has(n), `message ${n} was moved and is not there`);
  }
  // What came over in one commit is in one of the two queues, also where nobody heard of it.
  for (const n of said.moving) assert.notEqual(first.has(n), second.has(n), `message ${n}`);
}

/** All that a queue holds, every one visible: the leases of a killed process are over. */
async function numbersIn(queues: Queues, queue: string): Promise<Set<number>> {
  const now = Date.now();
  const { visible, delayed, leased, bytes } = await queues.depth(queue, now);
  assert.deepEqual([delayed, leased], [0, 0]);
  const numbers = new Set<number>();
  let found = 0;
  const held = [];
  // Of a group only the first is handed out: settle what came to see the next, and add it again behind.
  for (;;) {
    const messages = await queues.lease(queue, { now, leaseMs: 60_000, limit: 1000 });
    if (messages.length === 0) break;
    for (const message of messages) {
      numbers.add(numberOf(message));
      found += message.body.length;
      held.push(message);
    }
    await queues.settle(
      messages.map(({ id, epoch }) => ({ queue, id, epoch, become: { kind: "done" } })),
      now,
    );
  }
  assert.deepEqual([numbers.size, held.length, found], [visible, visible, bytes]);
  for (let at = 0; at < held.length; at += 1000) {
    const again = held.slice(at, at + 1000).sort((a, b) => a.id - b.id);
    await queues.enqueue(queue, again, now);
  }
  return numbers;
}
