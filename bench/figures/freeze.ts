import { setTimeout as wait } from "node:timers/promises";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { type Lab, openLab } from "../runtimes-lab.ts";

const HANDLER = "exports.handler = async (event) => ({ greeting: `hello ${event.name}` });";
/** So long after an invocation an instance is frozen here, and so long after that the next one comes. */
const FREEZE_MS = 20;
const PAUSE_MS = 100;

/** An invocation of an instance that was frozen, beside one that only slept; in alternating rounds. */
export const figure: Figure = {
  name: "freeze",
  describe:
    "an invocation that thaws its instance; floor: the same after the same pause, never frozen",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const rounds = quick ? 5 : 200;
    await using freezing = await openLab({ tier: "auto", limits: { freezeMs: FREEZE_MS } });
    await using plain = await openLab({ tier: "auto", limits: { freezeMs: 3_600_000 } });
    const thawed = await warmed(freezing);
    const slept = await warmed(plain);
    const ours: number[] = [];
    const floor: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      if (round % 50 === 0) progress(`round ${round} of ${rounds}`);
      await wait(PAUSE_MS);
      ours.push(await thawed());
      floor.push(await slept());
    }
    const added = quantile(ours, 0.5) - quantile(floor, 0.5);
    return [
      ...[0.5, 0.95, 0.99].map((q) => ({
        name: "frozen instance",
        value: quantile(ours, q),
        unit: `ms p${q * 100}`,
        floor: quantile(floor, q),
        floorName: "not frozen",
      })),
      { name: "added", value: added, unit: "ms p50", target: "<= 1 ms", met: added <= 1 },
    ];
  },
};

/** A warm instance; milliseconds of one more invocation. */
async function warmed(lab: Lab): Promise<() => Promise<number>> {
  const deployment = lab.deployment(await lab.store({ "index.js": HANDLER }));
  for (let i = 0; i < 20; i++) await lab.invoke(deployment);
  return async () => {
    const begun = performance.now();
    await lab.invoke(deployment);
    return performance.now() - begun;
  };
}
