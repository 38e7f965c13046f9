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
import { type Load, load } from "../load.ts";

const HANDLER = `exports.handler = async ({ ms }) => {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
};`;
const CONNECTIONS = 16;
const SLOW_MS = 50;
const FAST = JSON.stringify({ ms: 0 });
const SLOW = JSON.stringify({ ms: SLOW_MS });
/** One function, and what its callers ask it for. */
const MIXES: Readonly<Record<string, readonly string[]>> = {
  "50 % slow": [FAST, SLOW],
  "2 % slow": [...Array.from({ length: 49 }, () => FAST), SLOW],
};

/** Short invocations are gathered in few instances; none may wait there until a long one is over. */
export const figure: Figure = {
  name: "mix",
  describe: `calls of 0 ms and of ${SLOW_MS} ms to one function; floor: the same calls of 0 ms alone`,
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 2 : 10;
    const platform = await startPlatform({ flags: UNLIMITED });
    const client = new LambdaClient(clientSettings(platform.origin));
    try {
      const rows: Measurement[] = [];
      for (const [name, body] of Object.entries(MIXES)) {
        const functionName = `mix-${rows.length}`;
        await deploy(client, functionName, { "index.js": HANDLER }, { MemorySize: 1_769 });
        const path = `/2015-03-31/functions/${functionName}/invocations`;
        const run = (bodies: readonly string[], time: number) =>
          load({ origin: platform.origin, path, body: bodies }, CONNECTIONS, time);
        await run(body, seconds / 2);
        progress(name);
        rows.push(...report(name, await run(body, seconds), await run([FAST], seconds)));
      }
      return rows;
    } finally {
      client.destroy();
      await platform.stop();
    }
  },
};

function report(name: string, mixed: Load, alone: Load): Measurement[] {
  const slow = mixed.byBody.at(-1) ?? new Float64Array();
  const fast = mixed.byBody.slice(0, -1).flatMap((each) => [...each]);
  const rows = [0.5, 0.99].map((q): Measurement => {
    const value = quantile(fast, q);
    const row = { name: `${name}: the fast ones`, value, unit: `ms p${q * 100}` };
    const floor = { floor: quantile([...alone.latencies], q), floorName: "alone" };
    const target = q === 0.99 && { target: `< ${SLOW_MS} ms`, met: value < SLOW_MS };
    return { ...row, ...floor, ...target };
  });
  const ms = quantile([...slow], 0.99);
  const failures = mixed.failures + alone.failures;
  return [
    ...rows,
    {
      name: `${name}: the slow ones`,
      value: ms,
      unit: "ms p99",
      floor: SLOW_MS,
      floorName: "handler",
    },
    { name, value: failures, unit: "failures", target: "none", met: failures === 0 },
  ];
}
