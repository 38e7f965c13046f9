import type { Deployment } from "../../packages/server/src/domain/deployment.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { type Lab, openLab } from "../runtimes-lab.ts";

const HANDLER = `
  exports.handler = async ({ name, ms = 0, block = 0 }) => {
    for (const end = performance.now() + block; performance.now() < end; );
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return { greeting: "hello " + name };
  };`;
const EVENT = { name: "skylark", pad: "x".repeat(160) };
const CONCURRENT = 64;

interface Run {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly latencies: number[];
}

/** The warm path of the runtimes alone: what an instance in its own process costs the platform's process. */
export const figure: Figure = {
  name: "instances",
  describe: "warm invoke without HTTP; floor: the same handler called in the platform's process",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 4;
    await using lab = await openLab();
    const deployment = lab.deployment(await lab.store({ "index.js": HANDLER }));
    const call = async (event: object) => void (await checked(lab, deployment, event));
    await repeat(call, CONCURRENT, 1, EVENT);
    progress(`${CONCURRENT} at once`);
    const many = await repeat(call, CONCURRENT, seconds, EVENT);
    const inProcess = await repeat(callInProcess, CONCURRENT, seconds / 2, EVENT);
    progress("one at a time");
    const one = await repeat(call, 1, seconds, EVENT);
    progress("half of them slow");
    const mixed = lab.deployment(await lab.store({ "index.js": HANDLER }));
    const fast = await mixture(lab, mixed, seconds);
    return [
      {
        name: `${CONCURRENT} at once`,
        value: many.perCpuSecond,
        unit: "invocations per CPU-second of the platform",
        floor: inProcess.perCpuSecond,
        floorName: "in process",
      },
      { name: `${CONCURRENT} at once`, value: many.perSecond, unit: "invocations/s" },
      { name: `${CONCURRENT} at once`, value: quantile(many.latencies, 0.99), unit: "ms p99" },
      { name: "one at a time", value: quantile(one.latencies, 0.5), unit: "ms p50" },
      {
        name: "0 ms handlers among 50 ms handlers, 32 at once",
        value: quantile(fast, 0.99),
        unit: "ms p99",
      },
    ];
  },
};

/** Calls again and again, so many at once, for so many seconds. */
async function repeat(
  call: (event: object) => Promise<void>,
  concurrent: number,
  seconds: number,
  event: object,
): Promise<Run> {
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  const until = started + seconds * 1000;
  const worker = async () => {
    for (let now = performance.now(); now < until; ) {
      await call(event);
      const then = performance.now();
      latencies.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: concurrent }, worker));
  const used = process.cpuUsage(cpu);
  return {
    perSecond: latencies.length / ((performance.now() - started) / 1000),
    perCpuSecond: latencies.length / ((used.user + used.system) / 1e6),
    latencies,
  };
}

/** Latencies of the 0 ms half of a mix with 50 ms handlers. */
async function mixture(lab: Lab, deployment: Deployment, seconds: number): Promise<number[]> {
  const fast: number[] = [];
  const slow = (ms: number) => (event: object) => checked(lab, deployment, { ...event, ms });
  await repeat(async (event) => void (await slow(50)(event)), 32, 1, EVENT);
  const runs = [0, 50].map((ms) =>
    repeat(
      async (event) => {
        const started = performance.now();
        await slow(ms)(event);
        if (ms === 0) {
          fast.push(performance.now() - started);
          // As many fast ones as slow ones, not as many as fit into the time.
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      16,
      seconds,
      EVENT,
    ),
  );
  await Promise.all(runs);
  return fast;
}

async function checked(lab: Lab, deployment: Deployment, event: object): Promise<void> {
  const result = await lab.invoke(deployment, event);
  if (result.functionError) throw new Error(Buffer.from(result.payload).toString());
}

/** What an event costs without any instance: parsed, handled, written. */
async function callInProcess(event: object): Promise<void> {
  const { name } = JSON.parse(JSON.stringify(event)) as { name: string };
  const answer = Buffer.from(JSON.stringify({ greeting: `hello ${name}` }));
  await new Promise((resolve) => setImmediate(resolve, answer));
}
