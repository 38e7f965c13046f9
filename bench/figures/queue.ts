import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import type { Queues } from "../../packages/server/src/ports/queues.ts";
import { durableRate } from "../disk-floor.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { repeated } from "../repeated.ts";

const CALLERS = [1, 64, 256];
const EVENT = { body: Buffer.alloc(1000, "x"), attributes: '{"source":"bench"}' };
/** What an event with its attributes takes. */
const EVENT_BYTES = 1100;
const PREFIX = "000000000000/us-east-1/bench";
/** What lies in another queue, and in the queue itself, while leases are measured again. */
const BACKLOG = 100_000;

/** Durable events beside the disk's own best: the same bytes in the same groups into a file that is there already. */
export const figure: Figure = {
  name: "queue",
  describe: "durable events of 1 KB; floor: write + fdatasync of the same bytes in groups",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const directory = mkdtempSync(join(tmpdir(), "yunque-bench-"));
    const seconds = quick ? 0.2 : 2;
    try {
      const engine = await openEmbeddedEngine({ directory: join(directory, "data") });
      const results: Measurement[] = [];
      for (const callers of CALLERS) {
        progress(`${callers} callers at once`);
        const floor = durableRate(join(directory, "floor"), EVENT_BYTES, callers, seconds);
        results.push(...(await measure(engine.queues, callers, seconds, floor)));
      }
      progress("with a backlog");
      results.push(await withBacklog(engine.queues, quick ? BACKLOG / 100 : BACKLOG, seconds));
      await engine.close();
      return results;
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function measure(
  queues: Queues,
  callers: number,
  seconds: number,
  floor: number,
): Promise<Measurement[]> {
  const name = callers === 1 ? "one caller" : `${callers} callers`;
  const floorName = `fdatasync in groups of ${callers}`;
  const added = await repeated(callers, seconds, async () => {
    await queues.enqueue(`${PREFIX}/added`, [EVENT], Date.now());
  });
  await queues.purge(`${PREFIX}/added`);
  const cycles = await repeated(callers, seconds, () => cycle(queues, `${PREFIX}/cycles`));
  const target = callers === 64 ? { target: ">= 30,000 cycles/s", met: cycles.rate >= 30_000 } : {};
  return [
    { name: `${name}, enqueue`, value: added.rate, unit: "events/s", floor, floorName },
    { name: `${name}, enqueue p50`, value: quantile(added.latencies, 0.5), unit: "ms" },
    { name: `${name}, enqueue p99`, value: quantile(added.latencies, 0.99), unit: "ms" },
    // Three times durable, one after the other.
    {
      name: `${name}, enqueue, lease, settle`,
      value: cycles.rate,
      unit: "cycles/s",
      floor: floor / 3,
      floorName: `${floorName}, three times`,
      ...target,
    },
    {
      name: `${name}, per second of processor time`,
      value: cycles.perCpuSecond,
      unit: "cycles/CPU-s",
    },
  ];
}

async function withBacklog(queues: Queues, size: number, seconds: number): Promise<Measurement> {
  const queue = `${PREFIX}/backlog`;
  const thousand = Array.from({ length: 1000 }, () => EVENT);
  for (let n = 0; n < size; n += 1000) await queues.enqueue(queue, thousand, Date.now());
  const { rate } = await repeated(64, seconds, () => cycle(queues, queue));
  return { name: `64 callers, ${size.toLocaleString("en")} wait`, value: rate, unit: "cycles/s" };
}

/** Adds an event, takes the one that waits the longest, and is done with it. */
async function cycle(queues: Queues, queue: string): Promise<void> {
  await queues.enqueue(queue, [EVENT], Date.now());
  const leased = await queues.lease(queue, { now: Date.now(), leaseMs: 60_000, limit: 1 });
  await queues.settle(
    leased.map(({ id, epoch }) => ({ queue, id, epoch, become: { kind: "done" } })),
    Date.now(),
  );
}
