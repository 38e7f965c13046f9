import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "../../packages/server/src/engines/embedded/engine.ts";
import { systemClock } from "../../packages/server/src/ports/clock.ts";
import { createScheduler } from "../../packages/server/src/services/schedules/index.ts";
import type { BenchOptions, Figure, Measurement } from "../figure.ts";
import { quantile } from "../figure.ts";

const SCOPE = { account: "000000000000", region: "us-east-1" };
const SCHEDULES = 10_000;
const TARGET = {
  arn: "arn:aws:sqs:us-east-1:000000000000:q",
  roleArn: "arn:aws:iam::000000000000:role/any",
};

/** Schedules on the embedded engine: how late they run, and what they cost while they wait and while they run. */
export const figure: Figure = {
  name: "schedules",
  describe:
    "how late schedules run beside bare setTimeout; the processor's share of 10,000 schedules",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 3 : 20;
    const directory = await mkdtemp(join(tmpdir(), "yunque-bench-schedules-"));
    const engine = await openEmbeddedEngine({ directory });
    const late: number[] = [];
    let ran = 0;
    const scheduler = createScheduler({
      records: engine.records,
      queues: engine.queues,
      clock: systemClock,
      calls: () => "no-service",
      targets: {
        async deliver({ body }) {
          ran += 1;
          const due = Date.parse(Buffer.from(body).toString());
          if (!Number.isNaN(due)) late.push(Date.now() - due);
        },
        exists: async () => true,
      },
      onFailure: (error) => {
        throw error;
      },
      onGivenUp: () => {},
    });
    const create = (name: string, expression: string, input: string, start?: number) =>
      scheduler.schedules.create(SCOPE, {
        name,
        expression,
        start,
        window: { mode: "OFF" },
        target: { ...TARGET, input },
      });
    try {
      await scheduler.start();
      progress("one schedule a second, nothing else");
      const first = Math.ceil(Date.now() / 1000) * 1000 + 1000;
      for (let n = 0; n < seconds; n++)
        await create(`late-${n}`, at(first + n * 1000), "<aws.scheduler.scheduled-time>");
      const floor = await timers(first, seconds);
      while (late.length < seconds) await pause(20);
      const single = [...late];

      progress(`${SCHEDULES} schedules that wait`);
      const idleBefore = await share(seconds);
      const far = Date.now() + 3600_000;
      for (let n = 0; n < SCHEDULES; n += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, m) =>
            create(`wait-${n + m}`, "rate(1 hour)", "wait", far + (n + m) * 300),
          ),
        );
      const waiting = await share(seconds);

      progress(`${SCHEDULES} schedules of one second`);
      late.length = 0;
      const together = Math.ceil(Date.now() / 1000) * 1000 + 30_000;
      for (let n = 0; n < SCHEDULES; n += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, m) =>
            create(`burst-${n + m}`, at(together), "<aws.scheduler.scheduled-time>"),
          ),
        );
      while (Date.now() < together) await pause(20);
      const before = process.cpuUsage();
      while (late.length < SCHEDULES) await pause(5);
      const spent = process.cpuUsage(before);

      const p50 = quantile(single, 0.5);
      const most = Math.max(...single);
      return [
        {
          name: "idle machine, one a second",
          value: p50,
          unit: "ms late p50",
          floor: quantile(floor, 0.5),
          floorName: "bare setTimeout",
        },
        {
          name: "idle machine, one a second",
          value: most,
          unit: "ms late at most",
          floor: Math.max(...floor),
          floorName: "bare setTimeout",
          target: "<= 50 ms",
          met: most <= 50,
        },
        {
          name: `${SCHEDULES} schedules that wait`,
          value: waiting * 100,
          unit: "% of a core",
          floor: idleBefore * 100,
          floorName: "the same process without them",
          target: "< 1 %",
          met: waiting < 0.01,
        },
        {
          name: `${SCHEDULES} schedules of one second`,
          value: Math.max(...late),
          unit: "ms until the last one has run",
        },
        {
          name: `${SCHEDULES} schedules of one second`,
          value: (spent.user + spent.system) / ran,
          unit: "us of processor time a run",
        },
      ];
    } finally {
      await scheduler.close(0);
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

const at = (time: number): string => `at(${new Date(time).toISOString().slice(0, 19)})`;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How late bare timers are, at the same times. */
async function timers(first: number, count: number): Promise<number[]> {
  const late: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const due = first + n * 1000;
      await pause(due - Date.now());
      late.push(Math.max(0, Date.now() - due));
    }),
  );
  return late;
}

/** The share of a core that this process takes while it does nothing else. */
async function share(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  await pause(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / seconds;
}
