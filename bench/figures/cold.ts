import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { chooseSandbox } from "../../packages/server/src/runtimes/index.ts";
import { startPlatform } from "../../tests/platform.ts";
import { bareStart } from "../bare-start.ts";
import { type ColdCalls, type ColdFunction, openColdCalls } from "../cold-calls.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { openPrototype } from "../prototype.ts";
import { type Lab, openLab } from "../runtimes-lab.ts";

const HANDLER = "exports.handler = async (event) => ({ greeting: `hello ${event.name}` });";
const SDK_HANDLER = `
  import { S3Client } from "@aws-sdk/client-s3";
  const client = new S3Client({});
  export const handler = async () => client.config.serviceId;`;
const SMALL: ColdFunction = { files: { "index.js": HANDLER } };
const SDK: ColdFunction = { files: { "index.mjs": SDK_HANDLER } };
const PYTHON: ColdFunction = {
  files: {
    "app.py": "def handler(event, context):\n    return {'greeting': f\"hello {event['name']}\"}\n",
  },
  settings: { Runtime: "python3.13", Handler: "app.handler" },
};
/** Each of them is called for the first time at the same moment. */
const BURST = 50;
/** What a process needs to boot, and a little. */
const BOOT_MS = 200;

/** First invocations: with a process waiting, without one, and fifty at once. */
export const figure: Figure = {
  name: "cold",
  describe:
    "first invokes behind the best walls here; floors: a bare prototype of becoming a function, a bare Node.js start",
  async run(options: BenchOptions): Promise<Measurement[]> {
    const { quick } = options;
    return [
      ...(await hits(quick ? 5 : 200, options)),
      ...(await misses(quick ? 5 : 200, options)),
      ...(await bursts(quick ? 1 : 5, options)),
    ];
  },
};

/** A process waits: in alternating rounds the prototype, the runtimes alone, and the platform over HTTP. */
async function hits(rounds: number, { progress }: BenchOptions): Promise<Measurement[]> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-bench-"));
  const { sandbox } = await chooseSandbox({ directory: join(directory, "sandbox") });
  const prototype = await openPrototype(sandbox, HANDLER);
  await using lab = await openLab({ tier: "auto" });
  const platform = await startPlatform({ flags: ["--isolation", "auto"] });
  const calls = openColdCalls(platform);
  const python = spawnSync("python3", ["--version"]).status === 0;
  if (!python) progress("no python3 here: its figure is left out");
  const samples: Record<string, number[]> = {
    floor: [],
    alone: [],
    small: [],
    sdk: [],
    python: [],
  };
  const add = (name: keyof typeof samples, ms: number): void => void samples[name]?.push(ms);
  try {
    for (let round = 1; round <= rounds; round++) {
      if (round % 25 === 0) progress(`waiting process, round ${round} of ${rounds}`);
      const become = await prototype.boot();
      await wait(50);
      add("floor", await become());
      add("alone", await firstAlone(lab));
      add("small", await first(calls, SMALL));
      add("sdk", await first(calls, SDK));
      if (python) add("python", await first(calls, PYTHON));
    }
  } finally {
    calls.close();
    await platform.stop();
    await prototype.close();
    sandbox.close?.();
    await rm(directory, { recursive: true, force: true });
  }
  const at = (name: string, q: number) => quantile(samples[name] ?? [], q);
  const rows = (name: string, from: string, targets: Record<number, [string, number]>) =>
    [0.5, 0.95, 0.99].map((q): Measurement => {
      const value = at(from, q);
      const [target, most] = targets[q] ?? [];
      const row = {
        name,
        value,
        unit: `ms p${q * 100}`,
        floor: at("floor", q),
        floorName: "prototype",
      };
      return target === undefined || most === undefined
        ? row
        : { ...row, target, met: value <= most };
    });
  return [
    ...rows("small function, runtimes alone", "alone", {
      0.5: ["<= 3 of the floor", 3 * at("floor", 0.5)],
    }),
    ...rows("small function, HTTP", "small", { 0.5: ["<= 6 ms", 6], 0.99: ["<= 20 ms", 20] }),
    ...rows("imports @aws-sdk/client-s3, HTTP", "sdk", { 0.5: ["<= 25 ms", 25] }),
    ...(python ? rows("small function in Python, HTTP", "python", { 0.5: ["<= 10 ms", 10] }) : []),
  ];
}

async function firstAlone(lab: Lab): Promise<number> {
  const deployment = lab.deployment(await lab.store(SMALL.files));
  lab.executor.expect(deployment);
  await wait(BOOT_MS);
  const begun = performance.now();
  await lab.invoke(deployment);
  const ms = performance.now() - begun;
  lab.executor.retire(deployment.id);
  return ms;
}

async function first(calls: ColdCalls, source: ColdFunction): Promise<number> {
  const name = await calls.deploy(source);
  const ms = await calls.invoke(name);
  await calls.remove(name);
  return ms;
}

/** No process has booted ahead: with walls that stand, and with nothing at all. */
async function misses(rounds: number, { progress }: BenchOptions): Promise<Measurement[]> {
  await using walls = await openLab({ tier: "auto", limits: { pooled: 0 } });
  await using nothing = await openLab({ tier: "auto", limits: { pooled: 0, walled: 0 } });
  const bare: number[] = [];
  const samples = { walls: [] as number[], nothing: [] as number[] };
  const labs = { walls, nothing };
  for (let round = 1; round <= rounds; round++) {
    if (round % 50 === 0) progress(`no process waiting, round ${round} of ${rounds}`);
    bare.push(await bareStart());
    for (const name of ["walls", "nothing"] as const) {
      const lab = labs[name];
      const deployment = lab.deployment(await lab.store(SMALL.files));
      lab.executor.expect(deployment);
      await wait(60);
      const begun = performance.now();
      await lab.invoke(deployment);
      samples[name].push(performance.now() - begun);
      lab.executor.retire(deployment.id);
    }
    await wait(20);
  }
  const rows = (name: string, ours: number[], target: boolean): Measurement[] =>
    [0.5, 0.95, 0.99].map((q) => {
      const value = quantile(ours, q);
      const floor = quantile(bare, q);
      const row = { name, value, unit: `ms p${q * 100}`, floor, floorName: "bare Node.js start" };
      if (!target || q !== 0.5) return row;
      return { ...row, target: "<= 1.6 of the floor", met: value <= 1.6 * floor };
    });
  return [
    ...rows("no process has booted", samples.walls, true),
    ...rows("no process has booted, and no walls stand", samples.nothing, false),
  ];
}

/** Fifty functions at once that nobody has called before, on a platform that had no such burst yet, and again. */
async function bursts(rounds: number, { progress }: BenchOptions): Promise<Measurement[]> {
  const platform = await startPlatform({ flags: ["--isolation", "auto"] });
  const calls = openColdCalls(platform);
  const samples: number[] = [];
  let failures = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      progress(`burst ${round} of ${rounds}`);
      const names = await Promise.all(Array.from({ length: BURST }, () => calls.deploy(SMALL)));
      await wait(500);
      const told = await Promise.allSettled(names.map((name) => calls.invoke(name)));
      for (const one of told) {
        if (one.status === "fulfilled") samples.push(one.value);
        else failures++;
      }
      await Promise.all(names.map((name) => calls.remove(name)));
    }
  } finally {
    calls.close();
    await platform.stop();
  }
  const p95 = quantile(samples, 0.95);
  return [
    { name: `${BURST} functions at once`, value: quantile(samples, 0.5), unit: "ms p50, HTTP" },
    {
      name: `${BURST} functions at once`,
      value: p95,
      unit: "ms p95, HTTP",
      target: "<= 1500 ms, no failure",
      met: p95 <= 1_500 && failures === 0,
    },
    { name: `${BURST} functions at once`, value: quantile(samples, 0.99), unit: "ms p99, HTTP" },
    { name: "failures", value: failures, unit: "invocations", target: "none", met: failures === 0 },
  ];
}
