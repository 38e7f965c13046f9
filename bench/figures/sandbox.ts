import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Sandbox } from "../../packages/server/src/ports/sandbox.ts";
import { chooseSandbox, type Tier } from "../../packages/server/src/runtimes/sandboxes/index.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";

/** The runtime's first word on its channel. */
const SCRIPT = "require('fs').writeSync(3, 'r'); setTimeout(() => {}, 60000);";
const LANGUAGE = dirname(dirname(process.execPath));
/** 8 ms on the 30 ms that Node.js itself takes on a machine without other work. */
const MOST = 1.27;
/** The kernel takes the walls of a process down in the background. */
const PAUSE_MS = 15;

/** Milliseconds from the start until the program has spoken. */
type Start = () => Promise<number>;

/** A Node.js process behind each wall that this machine has, in alternating rounds with a bare one. */
export const figure: Figure = {
  name: "sandbox",
  describe: "a sandboxed Node.js process to its first word; floor: the same process without walls",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const rounds = quick ? 5 : 200;
    const directory = await mkdtemp(join(tmpdir(), "yunque-bench-"));
    const sandboxes = await openAll(directory, progress);
    try {
      const starts = new Map<string, Start>([["bare", startBare]]);
      for (const sandbox of sandboxes) starts.set(sandbox.tier, () => startIn(sandbox));
      const samples = new Map([...starts.keys()].map((name) => [name, [] as number[]]));
      for (const start of starts.values()) await start();
      for (let round = 1; round <= rounds; round++) {
        if (round % 50 === 0) progress(`round ${round} of ${rounds}`);
        for (const [name, start] of starts) {
          samples.get(name)?.push(await start());
          await wait(PAUSE_MS);
        }
      }
      return report(samples);
    } finally {
      for (const sandbox of sandboxes) sandbox.close?.();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function openAll(
  directory: string,
  progress: BenchOptions["progress"],
): Promise<readonly Sandbox[]> {
  const found: Sandbox[] = [];
  for (const tier of ["none", "unshare", "bubblewrap"] satisfies Tier[]) {
    try {
      found.push((await chooseSandbox({ tier, directory: join(directory, tier) })).sandbox);
    } catch (error) {
      progress((error as Error).message);
    }
  }
  return found;
}

async function startBare(): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, ["-e", SCRIPT], {
    env: {},
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const spoken = await firstWord(child.stdio[3] as Duplex, begun);
  child.kill("SIGKILL");
  await gone(child);
  return spoken;
}

const gone = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
};

async function startIn(sandbox: Sandbox): Promise<number> {
  const walls = sandbox.ownFilesystem === true;
  const begun = performance.now();
  const program = sandbox.start({
    command: walls ? "/var/lang/bin/node" : process.execPath,
    args: ["-e", SCRIPT],
    environment: {},
    directory: "/tmp",
    filesystem: { mounts: [{ source: LANGUAGE, target: "/var/lang" }], tmpMB: 512 },
    limits: { memoryMB: 512, processes: 1_024, openFiles: 1_024 },
  });
  const spoken = await firstWord(program.channel, begun);
  program.kill();
  await program.exited;
  return spoken;
}

async function firstWord(channel: Duplex, begun: number): Promise<number> {
  channel.on("error", () => {});
  await once(channel, "data");
  return performance.now() - begun;
}

function report(samples: ReadonlyMap<string, readonly number[]>): Measurement[] {
  const floorName = "bare Node.js";
  return [...samples].flatMap(([name, values]) => {
    if (name === "bare") return [];
    return [0.5, 0.95, 0.99].map((q): Measurement => {
      const floor = quantile(samples.get("bare") ?? [], q);
      const value = quantile(values, q);
      const measurement = { name, value, unit: `ms p${q * 100}`, floor, floorName };
      if (name !== "bubblewrap" || q !== 0.5) return measurement;
      const target = `<= ${MOST} of the floor`;
      return { ...measurement, target, met: value <= MOST * floor };
    });
  });
}
