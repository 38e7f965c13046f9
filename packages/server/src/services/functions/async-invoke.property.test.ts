/** Under random load, failures of functions, storage and destinations, and crashes no event is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../../../../tests/random.ts";
import { ExecutorError } from "../../ports/executor.ts";
import { idle, SCOPE, type TestFunctions, testFunctions } from "./fixture.ts";

const NAMES = ["a", "b", "c"];
const TARGET = "arn:aws:sqs:us-east-1:000000000000:records";

interface Tally {
  readonly accepted: Set<string>;
  /** Events that the storage refused: they may not run. */
  readonly refused: Set<string>;
  /** How often each event's handler ran to its end with success. */
  readonly succeeded: Map<string, number>;
  /** How often each event's handler began. */
  readonly begun: Map<string, number>;
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8])
  test(`accepted = executed + pending + told of as failed (seed ${seed})`, async () => {
    const random = seeded(seed);
    const all = testFunctions({
      limits: { concurrency: 12, eventConcurrency: 5, eventBytes: 5_000 },
    });
    for (const name of NAMES) {
      await all.deploy(name);
      await all.functions.eventInvoke.put(SCOPE, name, undefined, {
        onFailure: TARGET,
        maximumRetryAttempts: Math.floor(random() * 3),
        maximumEventAgeSeconds: 600,
        destinations: true,
      });
    }
    const tally: Tally = {
      accepted: new Set(),
      refused: new Set(),
      succeeded: new Map(),
      begun: new Map(),
    };
    let life = 0;
    all.executor.handler = async (_, { requestId }) => {
      const mine = life;
      add(tally.begun, requestId);
      for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await turn();
      if (mine !== life) return new Promise(() => {}); // it died with its platform
      if (random() < 0.15)
        throw new ExecutorError("throttled", "full", "ConcurrentInvocationLimitExceeded");
      if (random() < 0.2) return { functionError: "Unhandled" };
      add(tally.succeeded, requestId);
      return {};
    };
    all.destinations.deliver = async () => {
      if (random() < 0.2) throw new Error("not now");
    };
    const storage = flaky(all, random);
    let functions = all.functions;
    let next = 0;
    for (let step = 0; step < 150; step += 1) {
      const batch = Array.from({ length: Math.floor(random() * 12) }, async () => {
        const requestId = `${next++}`;
        const name = NAMES[Math.floor(random() * NAMES.length)] ?? "";
        const runnable = await functions.resolve(SCOPE, name);
        const payload = Buffer.alloc(Math.floor(random() * 300));
        await functions.accept(runnable, { requestId, payload, traceId: "Root=1-0-0" }).then(
          () => tally.accepted.add(requestId),
          () => tally.refused.add(requestId),
        );
      });
      if (random() < 0.5) await Promise.all(batch);
      all.clock.advance(Math.floor(random() * 3_000));
      if (random() < 0.08) {
        for (let turns = Math.floor(random() * 5); turns > 0; turns -= 1) await turn();
        life += 1;
        all.crash(); // whoever waits for an answer gets none
        functions = all.again();
        await functions.start();
      } else await Promise.all(batch);
      storage.fails = random() < 0.1;
    }
    storage.fails = false;
    await conserved(all, tally);
    for (let minutes = 0; minutes < 30; minutes += 1) {
      all.clock.advance(60_000);
      await idle();
    }
    assert.equal(await pending(all), 0, "everything is over in the end");
    await conserved(all, tally);
    assert.ok(tally.accepted.size > 300);
  });

/** What the storage does while `fails` is set: it takes nothing, and says so. */
function flaky({ engine }: TestFunctions, random: () => number): { fails: boolean } {
  const state = { fails: false };
  const refuse = async (): Promise<void> => {
    if (state.fails && random() < 0.5) throw new Error("full");
    for (let turns = Math.floor(random() * 3); turns > 0; turns -= 1) await turn();
  };
  const { queues } = engine;
  const { enqueue, lease, settle } = queues;
  queues.enqueue = async (...asked) => refuse().then(() => enqueue.apply(queues, asked));
  queues.lease = async (...asked) => refuse().then(() => lease.apply(queues, asked));
  queues.settle = async (...asked) => refuse().then(() => settle.apply(queues, asked));
  return state;
}

/** Each accepted event succeeded, was told of, or waits; what was refused never ran. */
async function conserved(all: TestFunctions, tally: Tally): Promise<void> {
  await idle();
  const told = new Set(all.deliveries.map(({ requestId }) => requestId));
  const open = [...tally.accepted].filter((id) => !tally.succeeded.has(id) && !told.has(id));
  const waiting = await pending(all);
  assert.ok(open.length <= waiting, `${open.length} events are open, and ${waiting} wait`);
  for (const id of tally.refused) assert.equal(tally.begun.has(id), false, `${id} was refused`);
}

async function pending({ engine, clock }: TestFunctions): Promise<number> {
  let sum = 0;
  for (const queue of await engine.queues.names("")) {
    const { visible, delayed, leased } = await engine.queues.depth(queue, clock.now());
    sum += visible + delayed + leased;
  }
  return sum;
}

function add(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
