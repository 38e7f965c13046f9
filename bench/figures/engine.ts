import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import type { Records } from "../../packages/server/src/ports/records.ts";
import { durableRate } from "../disk-floor.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { repeated } from "../repeated.ts";

const CALLERS = [1, 64, 256];
const SPACE = "000000000000/us-east-1/bench";
const VALUE = { text: "x".repeat(1000) };
/** What a record of VALUE with its key takes. */
const RECORD_BYTES = 1100;

/** Durable commits beside the disk's own best: the same bytes in the same groups into a file that is there already. */
export const figure: Figure = {
  name: "engine",
  describe: "durable commits of 1 KB records; floor: write + fdatasync of the same bytes in groups",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const directory = mkdtempSync(join(tmpdir(), "yunque-bench-"));
    const seconds = quick ? 0.2 : 2;
    try {
      const started = performance.now();
      const engine = await openEmbeddedEngine({ directory: join(directory, "data") });
      const opened = performance.now() - started;
      await engine.records.commit([{ put: VALUE, space: SPACE, id: "first" }]);
      const committed = performance.now() - started;
      const results = [milliseconds("open an empty directory", opened, 60)];
      results.push(milliseconds("open to first durable commit", committed));
      for (const callers of CALLERS) {
        progress(`${callers} callers at once`);
        const floor = durableRate(join(directory, "floor"), RECORD_BYTES, callers, seconds);
        results.push(...(await measure(engine.records, callers, seconds, floor)));
      }
      await engine.close();
      return results;
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function measure(
  records: Records,
  callers: number,
  seconds: number,
  floor: number,
): Promise<Measurement[]> {
  const { rate, latencies } = await repeated(callers, seconds, (caller, n) =>
    records.commit([{ put: VALUE, space: SPACE, id: `${caller}-${n}` }]),
  );
  const name = callers === 1 ? "one caller" : `${callers} callers`;
  return [
    { name, value: rate, unit: "commits/s", floor, floorName: `fdatasync in groups of ${callers}` },
    milliseconds(`${name}, p50`, quantile(latencies, 0.5)),
    milliseconds(`${name}, p99`, quantile(latencies, 0.99)),
  ];
}

function milliseconds(name: string, value: number, target?: number): Measurement {
  const plain = { name, value, unit: "ms" };
  return target === undefined
    ? plain
    : { ...plain, target: `<= ${target} ms`, met: value <= target };
}
