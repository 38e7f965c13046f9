import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { BenchOptions, Figure, Measurement } from "../figure.ts";
import { descendants } from "../process.ts";
import { openLab } from "../runtimes-lab.ts";

const HANDLER = "exports.handler = async (event) => ({ greeting: `hello ${event.name}` });";
const BARE = "setInterval(() => {}, 1e6); require('fs').writeSync(1, 'ready')";
const LEAST = 60;
const GIB = 2 ** 30;
/** Afterwards idle instances are frozen. */
const SETTLE_MS = 500;

/** How many idle instances a gibibyte holds, with all that belongs to them, each shared page counted in parts. */
export const figure: Figure = {
  name: "density",
  describe:
    "idle instances per GiB of proportional memory (PSS); floor: idle bare Node.js processes",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const count = quick ? 6 : 80;
    const floor = await bare(count);
    progress(`${count} bare processes: ${Math.round(floor)} per GiB`);
    const value = await instances(count);
    return [
      {
        name: "idle instances of a small function",
        value,
        unit: "per GiB of PSS",
        floor,
        floorName: "bare Node.js",
        target: `>= ${LEAST}`,
        met: value >= LEAST,
      },
    ];
  },
};

async function instances(count: number): Promise<number> {
  await using lab = await openLab({ tier: "auto", limits: { pooled: 0, walled: 0 } });
  const code = await lab.store({ "index.js": HANDLER });
  for (let i = 0; i < count; i++) {
    const deployment = lab.deployment(code);
    for (let call = 0; call < 3; call++) await lab.invoke(deployment);
  }
  await wait(SETTLE_MS);
  return perGib(count);
}

async function bare(count: number): Promise<number> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ["-e", BARE], { stdio: ["ignore", "pipe", "ignore"], env: {} }),
  );
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  await wait(SETTLE_MS);
  const value = perGib(count);
  const gone = children.map((child) => once(child, "exit"));
  for (const child of children) child.kill();
  await Promise.all(gone);
  return value;
}

/** What all processes that we have started hold, shared out. proc(5): smaps_rollup. */
function perGib(count: number): number {
  let kilobytes = 0;
  for (const pid of descendants(process.pid)) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    kilobytes += Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
  }
  return count / ((kilobytes * 1_024) / GIB);
}
