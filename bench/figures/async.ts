import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
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
import { type Cost, measure } from "./invoke.ts";

const CONNECTIONS = 64;
export const TOKEN = "a-token-of-the-bench";
/** About 200 bytes, as a small event is. */
const BODY = JSON.stringify({ name: "skylark", pad: "x".repeat(160) });
const HANDLER = "exports.handler = async (event) => ({ greeting: `hello ${event.name}` });";
/** How long an event took to the handler, by the clock that all processes of a machine share. */
const ARRIVALS = `
const waits = [];
exports.handler = async ({ sentAt }) => {
  if (sentAt === undefined) return waits.splice(0);
  waits.push(Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6);
};`;

/** Events from their callers through the queue and the function to their end, beside the queue alone. */
export const figure: Figure = {
  name: "async",
  describe: "asynchronous events accepted, fsynced, executed and settled; floor: the queue alone",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 5;
    const rounds = quick ? 1 : 3;
    const platform = await startPlatform({
      flags: UNLIMITED,
      env: { YUNQUE_ADMIN_TOKEN: TOKEN },
    });
    const client = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    try {
      await deploy(client, "bench", { "index.js": HANDLER }, { MemorySize: 1_769 });
      await deploy(client, "arrivals", { "index.js": ARRIVALS }, { MemorySize: 1_769 });
      const target: Target = {
        origin: platform.origin,
        path: "/2015-03-31/functions/bench/invocations",
        body: BODY,
        headers: ["x-amz-invocation-type: Event"],
        status: 202,
      };
      await throughput(target, seconds / 2);
      const ours: Round[] = [];
      const costs: number[] = [];
      const syncCosts: number[] = [];
      const sync: Target = { origin: target.origin, path: target.path, body: BODY };
      const perCpu = ({ load: { requests }, front }: Cost) => requests / front;
      const floors: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}`);
        floors.push(await queueAlone(seconds));
        ours.push(await throughput(target, seconds));
        syncCosts.push(perCpu(await measure(platform.pid, sync, CONNECTIONS, seconds / 2)));
        costs.push(perCpu(await measure(platform.pid, target, CONNECTIONS, seconds / 2)));
      }
      const samples = quick ? 20 : 300;
      const later = await arrivals(client, "Event", samples);
      const atOnce = await arrivals(client, "RequestResponse", samples);
      return [
        ...report(ours, floors, later, atOnce),
        {
          name: `${CONNECTIONS} connections, the platform's process`,
          value: quantile(costs, 0.5),
          unit: "events per CPU-second",
          floor: quantile(syncCosts, 0.5),
          floorName: "warm synchronous invocations",
        },
      ];
    } finally {
      client.destroy();
      await platform.stop();
    }
  },
};

interface Round {
  readonly load: Load;
  /** Events that were executed and settled, per second of load and of what was left afterwards. */
  readonly rate: number;
}

function report(
  ours: readonly Round[],
  floors: readonly number[],
  later: readonly number[],
  atOnce: readonly number[],
): Measurement[] {
  const failures = ours.reduce((sum, { load: { failures: some } }) => sum + some, 0);
  const floorName = "the queue alone: enqueue, lease, settle";
  const value = quantile(
    ours.map(({ rate }) => rate),
    0.5,
  );
  const p50 = quantile(later, 0.5);
  const accepting = [...(ours.at(-1)?.load.latencies ?? [])];
  return [
    {
      name: `${CONNECTIONS} connections`,
      value,
      unit: "events/s end to end",
      floor: quantile(floors, 0.5),
      floorName,
      target: ">= 10,000",
      met: value >= 10_000 && failures === 0,
    },
    {
      name: `${CONNECTIONS} connections, to the 202`,
      value: quantile(accepting, 0.5),
      unit: "ms p50",
    },
    {
      name: `${CONNECTIONS} connections, to the 202`,
      value: quantile(accepting, 0.99),
      unit: "ms p99",
    },
    {
      name: "idle function, from its caller to its handler",
      value: p50,
      unit: "ms p50",
      floor: quantile(atOnce, 0.5),
      floorName: "the same of a synchronous invocation",
      target: "<= 5 ms",
      met: p50 <= 5,
    },
    {
      name: "idle function, from its caller to its handler",
      value: quantile(later, 0.99),
      unit: "ms p99",
      floor: quantile(atOnce, 0.99),
      floorName: "the same of a synchronous invocation",
    },
    { name: "failures", value: failures, unit: "events", target: "none", met: failures === 0 },
  ];
}

/** Sends events for so long, and waits until all of them are over. */
async function throughput(target: Target, seconds: number): Promise<Round> {
  const before = await counted(target.origin);
  const started = performance.now();
  const loaded = await load(target, CONNECTIONS, seconds);
  const sent = loaded.requests - loaded.failures;
  while ((await counted(target.origin)) < before + sent)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return { load: loaded, rate: (sent * 1000) / (performance.now() - started) };
}

/** Asynchronous events of the function `bench` that succeeded so far. */
export async function counted(origin: string): Promise<number> {
  const answer = await fetch(`${origin}/_yunque/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const text = await answer.text();
  return Number(/^yunque_async_events_succeeded_total\{.*"bench"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Messages per second that go through the queue, as many at a time as there are connections. */
async function queueAlone(seconds: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-bench-queue-"));
  const engine = await openEmbeddedEngine({ directory });
  const { queues } = engine;
  const queue = "000000000000/us-east-1/async-events/bench";
  const message = { body: Buffer.from(BODY), attributes: JSON.stringify({ requestId: "r" }) };
  const until = performance.now() + seconds * 1000;
  let done = 0;
  const worker = async () => {
    while (performance.now() < until) {
      await queues.enqueue(queue, [message], Date.now());
      const options = { now: Date.now(), leaseMs: 60_000, limit: 1 };
      const leased = await queues.lease(queue, options);
      const outcomes = leased.map(({ id, epoch }) => ({
        queue,
        id,
        epoch,
        become: { kind: "done" } as const,
      }));
      await queues.settle(outcomes, Date.now());
      done += outcomes.length;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  await engine.close();
  await rm(directory, { recursive: true, force: true });
  return done / seconds;
}

/** Milliseconds from the caller to the handler, of invocations one after the other. */
async function arrivals(
  client: LambdaClient,
  InvocationType: "Event" | "RequestResponse",
  count: number,
): Promise<number[]> {
  const waits: number[] = [];
  const invoke = (type: typeof InvocationType, event: object) =>
    client.send(
      new InvokeCommand({
        FunctionName: "arrivals",
        InvocationType: type,
        Payload: JSON.stringify(event),
      }),
    );
  for (let sent = 0; waits.length < count && sent < count * 3; sent++) {
    await invoke(InvocationType, { sentAt: String(process.hrtime.bigint()) });
    // Then the instance that ran it is idle, and used next; what another one has to tell is told another time.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { Payload } = await invoke("RequestResponse", {});
    waits.push(...(JSON.parse(Payload?.transformToString() ?? "[]") as number[]));
  }
  return waits.slice(1); // the first one was a cold start
}
