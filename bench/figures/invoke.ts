import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { deploy } from "../../tests/deploy.ts";
import { clientSettings, startPlatform } from "../../tests/platform.ts";
import {
  type BenchOptions,
  type Figure,
  type Measurement,
  quantile,
  UNLIMITED,
} from "../figure.ts";
import { type Load, load, type Target } from "../load.ts";
import { cpuSeconds, descendants } from "../process.ts";

/** About 200 bytes, as a small API event is. */
export const BODY = JSON.stringify({ name: "skylark", pad: "x".repeat(160) });
const HANDLER = "exports.handler = async (event) => ({ greeting: `hello ${event.name}` });";
const CONNECTIONS = 64;

export interface Cost {
  readonly load: Load;
  /** CPU seconds of the process that serves HTTP. */
  readonly front: number;
  /** The same and every process that it started. */
  readonly all: number;
}

/** Warm invokes over HTTP beside bare node:http, in alternating rounds of one run. */
export const figure: Figure = {
  name: "invoke",
  describe: "warm invoke over HTTP; floor: bare node:http with the same handler in its process",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 5;
    const rounds = quick ? 1 : 3;
    const floor = await startFloor();
    const platform = await startPlatform({ flags: UNLIMITED });
    const slow = await startPlatform({ flags: [...UNLIMITED, "--no-fast-front"] });
    try {
      const path = await deployBench(platform.origin);
      await deployBench(slow.origin);
      const target: Target = { origin: platform.origin, path, body: BODY };
      const slowTarget: Target = { ...target, origin: slow.origin };
      const floorTarget: Target = { origin: floor.origin, path: "/", body: BODY };
      await measure(platform.pid, target, CONNECTIONS, seconds / 2);
      await measure(slow.pid, slowTarget, CONNECTIONS, seconds / 2);
      await measure(floor.pid, floorTarget, CONNECTIONS, seconds / 2);
      const ours: Cost[] = [];
      const byNode: Cost[] = [];
      const bare: Cost[] = [];
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}`);
        bare.push(await measure(floor.pid, floorTarget, CONNECTIONS, seconds));
        ours.push(await measure(platform.pid, target, CONNECTIONS, seconds));
        byNode.push(await measure(slow.pid, slowTarget, CONNECTIONS, seconds));
      }
      const shared = await measureWorkers(floorTarget, floor.pid, { seconds, rounds, progress });
      const bareOne = await measure(floor.pid, floorTarget, 1, seconds);
      const oursOne = await measure(platform.pid, target, 1, seconds);
      return [...report(ours, byNode, bare, oursOne.load, bareOne.load), ...shared];
    } finally {
      await platform.stop();
      await slow.stop();
      floor.stop();
    }
  },
};

function report(
  ours: Cost[],
  byNode: Cost[],
  bare: Cost[],
  one: Load,
  bareOne: Load,
): Measurement[] {
  const rate = (costs: Cost[], cpu: (cost: Cost) => number) =>
    quantile(
      costs.map((cost) => cost.load.requests / cpu(cost)),
      0.5,
    );
  const front = (cost: Cost) => cost.front;
  const failures = [...ours, ...byNode].reduce((sum, cost) => sum + cost.load.failures, 0);
  const floor = rate(bare, front);
  const floorName = "bare node:http";
  const value = rate(ours, front);
  const valueByNode = rate(byNode, front);
  const p50 = quantile([...one.latencies], 0.5);
  return [
    {
      name: `${CONNECTIONS} connections, front end`,
      value,
      unit: "requests per CPU-second",
      floor,
      floorName,
      target: ">= 0.9 of the floor",
      met: value >= 0.9 * floor && failures === 0,
    },
    {
      name: `${CONNECTIONS} connections, front end with --no-fast-front`,
      value: valueByNode,
      unit: "requests per CPU-second",
      floor,
      floorName,
      target: ">= 0.55 of the floor",
      met: valueByNode >= 0.55 * floor && failures === 0,
    },
    {
      name: `${CONNECTIONS} connections, front end and instances`,
      value: rate(ours, (cost) => cost.all),
      unit: "requests per CPU-second",
      floor,
      floorName,
    },
    {
      name: `${CONNECTIONS} connections`,
      value: quantile(
        ours.map((cost) => cost.load.requests / cost.load.seconds),
        0.5,
      ),
      unit: "requests/s",
      floor: quantile(
        bare.map((cost) => cost.load.requests / cost.load.seconds),
        0.5,
      ),
      floorName,
    },
    {
      name: `${CONNECTIONS} connections`,
      value: quantile([...(ours.at(-1)?.load.latencies ?? [])], 0.99),
      unit: "ms p99",
      floor: quantile([...(bare.at(-1)?.load.latencies ?? [])], 0.99),
      floorName,
    },
    {
      name: "1 connection",
      value: p50,
      unit: "ms p50",
      floor: quantile([...bareOne.latencies], 0.5),
      floorName,
      target: "<= 0.6 ms",
      met: p50 <= 0.6,
    },
    { name: "failures", value: failures, unit: "requests", target: "none", met: failures === 0 },
  ];
}

/** The same with two workers: their CPU, and that of the primary, is the front end's. */
async function measureWorkers(
  floorTarget: Target,
  floorPid: number,
  { seconds, rounds, progress }: { seconds: number; rounds: number; progress(text: string): void },
): Promise<Measurement[]> {
  const platform = await startPlatform({ flags: [...UNLIMITED, "--workers", "2"] });
  const ours: Cost[] = [];
  const bare: Cost[] = [];
  try {
    const path = await deployBench(platform.origin);
    const target: Target = { origin: platform.origin, path, body: BODY };
    const fronts = [platform.pid, ...descendants(platform.pid).filter(isWorker)];
    await measure(platform.pid, target, CONNECTIONS, seconds / 2);
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}, two workers`);
      bare.push(await measure(floorPid, floorTarget, CONNECTIONS, seconds));
      ours.push(await measure(platform.pid, target, CONNECTIONS, seconds, fronts));
    }
  } finally {
    await platform.stop();
  }
  const median = (costs: Cost[], of: (cost: Cost) => number) => quantile(costs.map(of), 0.5);
  const perCpu = ({ load, front }: Cost) => load.requests / front;
  const perSecond = ({ load }: Cost) => load.requests / load.seconds;
  const failures = ours.reduce((sum, cost) => sum + cost.load.failures, 0);
  const floorName = "bare node:http";
  return [
    {
      name: `${CONNECTIONS} connections, --workers 2, front end`,
      value: median(ours, perCpu),
      unit: "requests per CPU-second",
      floor: median(bare, perCpu),
      floorName,
    },
    {
      name: `${CONNECTIONS} connections, --workers 2`,
      value: median(ours, perSecond),
      unit: "requests/s",
      floor: median(bare, perSecond),
      floorName,
    },
    {
      name: "failures, --workers 2",
      value: failures,
      unit: "requests",
      target: "none",
      met: failures === 0,
    },
  ];
}

const isWorker = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").at(-2)?.endsWith("/worker.ts") === true;

/** `fronts`: the processes that serve HTTP. */
export async function measure(
  pid: number,
  target: Target,
  connections: number,
  seconds: number,
  fronts: readonly number[] = [pid],
): Promise<Cost> {
  const family = () => [pid, ...descendants(pid)];
  const sum = (pids: readonly number[]) =>
    pids.reduce((total, each) => total + cpuSeconds(each), 0);
  const front = sum(fronts);
  const all = sum(family());
  const result = await load(target, connections, seconds);
  return { load: result, front: sum(fronts) - front, all: sum(family()) - all };
}

async function deployBench(origin: string): Promise<string> {
  const client = new LambdaClient(clientSettings(origin));
  // As much processor time as the floor has.
  await deploy(client, "bench", { "index.js": HANDLER }, { MemorySize: 1_769 });
  client.destroy();
  return "/2015-03-31/functions/bench/invocations";
}

export async function startFloor(): Promise<{ origin: string; pid: number; stop: () => void }> {
  const script = join(import.meta.dirname, "../floor-http.ts");
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return {
    origin: `http://127.0.0.1:${port.trim()}`,
    pid: child.pid ?? 0,
    stop: () => child.kill(),
  };
}
