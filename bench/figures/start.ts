import { execFileSync } from "node:child_process";
import { startPlatform } from "../../tests/platform.ts";
import { type Figure, quantile } from "../figure.ts";

/** From the command to `yunque ready`, with an empty data directory each time. */
export const figure: Figure = {
  name: "start",
  describe: "start to ready with an empty data directory; floor: bare Node.js from start to end",
  async run({ quick }) {
    const ready: number[] = [];
    const bare: number[] = [];
    for (let n = 0; n < (quick ? 3 : 20); n++) {
      const platform = await startPlatform();
      ready.push(platform.readyMs);
      await platform.stop();
      const started = performance.now();
      execFileSync(process.execPath, ["-e", ""]);
      bare.push(performance.now() - started);
    }
    const row = (q: number, unit: string) => ({
      name: "start to ready",
      value: quantile(ready, q),
      unit,
      floor: quantile(bare, q),
      floorName: "bare Node.js",
    });
    const p50 = quantile(ready, 0.5);
    return [{ ...row(0.5, "ms p50"), target: "<= 500 ms", met: p50 <= 500 }, row(0.95, "ms p95")];
  },
};
