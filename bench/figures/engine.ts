import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import type { Records } from "../../packages/server/src/ports/records.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";

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
        const floor = floorRate(join(directory, "floor"), callers, seconds);
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
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1000;
  const call = async (caller: number) => {
    for (let n = 0, now = performance.now(); now < until; n++) {
      await records.commit([{ put: VALUE, space: SPACE, id: `${caller}-${n}` }]);
      const before = now;
      now = performance.now();
      latencies.push(now - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const rate = (latencies.length * 1000) / (performance.now() - started);
  const name = callers === 1 ? "one caller" : `${callers} callers`;
  return [
    { name, value: rate, unit: "commits/s", floor, floorName: `fdatasync in groups of ${callers}` },
    milliseconds(`${name}, p50`, quantile(latencies, 0.5)),
    milliseconds(`${name}, p99`, quantile(latencies, 0.99)),
  ];
}

/** Records per second of a file that was written before, so that no metadata has to follow. */
function floorRate(path: string, group: number, seconds: number): number {
  const bytes = Buffer.alloc(group * RECORD_BYTES, 1);
  const groups = 64;
  const fd = openSync(path, "w");
  try {
    for (let n = 0; n < groups; n++) writeSync(fd, bytes, 0, bytes.length, n * bytes.length);
    fdatasyncSync(fd);
    const started = performance.now();
    let written = 0;
    while (performance.now() - started < seconds * 1000) {
      writeSync(fd, bytes, 0, bytes.length, (written % groups) * bytes.length);
      fdatasyncSync(fd);
      written++;
    }
    return (written * group * 1000) / (performance.now() - started);
  } finally {
    closeSync(fd);
  }
}

function milliseconds(name: string, value: number, target?: number): Measurement {
  const plain = { name, value, unit: "ms" };
  return target === undefined
    ? plain
    : { ...plain, target: `<= ${target} ms`, met: value <= target };
}
