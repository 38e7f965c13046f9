/**
 * Works with an engine's queues until it is killed, and says on stdout what was acknowledged, a line each, at once:
 * `added N` after message N was added, `ending N` before and `done N` after its lease was settled, `moving N` before and
 * `moved N` after it was settled and added to another queue. Arguments: the data directory, the first N.
 */
import { writeSync } from "node:fs";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { FIRST, messageOf, numberOf, SECOND } from "./queue-state.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const { queues } = await openEmbeddedEngine({ directory });
let next = Number(first);

/** Waits where nobody reads as fast as this. */
function say(line: string): void {
  for (;;)
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
}

say("ready");
await Promise.all([adder(), adder(), adder(), worker(), worker(), worker()]);

async function adder(): Promise<never> {
  for (;;) {
    const numbers = Array.from({ length: 1 + (next % 4) }, () => next++);
    await queues.enqueue(FIRST, numbers.map(messageOf), Date.now());
    for (const n of numbers) say(`added ${n}`);
  }
}

async function worker(): Promise<never> {
  for (;;) {
    const leased = await queues.lease(FIRST, { now: Date.now(), leaseMs: 60_000, limit: 3 });
    for (const one of leased) {
      const { queue, id, epoch } = one;
      const n = numberOf(one);
      // Every fifth stays leased when the process is killed.
      if (n % 5 === 0) continue;
      const moves = n % 5 === 1;
      const enqueue = moves ? [{ queue: SECOND, message: messageOf(n) }] : [];
      say(`${moves ? "moving" : "ending"} ${n}`);
      await queues.settle([{ queue, id, epoch, become: { kind: "done" }, enqueue }], Date.now());
      say(`${moves ? "moved" : "done"} ${n}`);
    }
  }
}
