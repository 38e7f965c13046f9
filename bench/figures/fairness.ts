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

const PLACES = 32;
const FLOOD = 512;
const QUIET = 4;
const handler = (ms: number) => `
  exports.handler = async () => { await new Promise((resolve) => setTimeout(resolve, ${ms})); return "done"; };`;

/** What a function notices of another one that floods a machine with too few places for it. */
export const figure: Figure = {
  name: "fairness",
  describe:
    "a quiet function beside one that floods the machine; floor: the same without the flood",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 5;
    const flags = [...UNLIMITED, "--instances-max", String(PLACES)];
    const platform = await startPlatform({ flags });
    const lambda = new LambdaClient(clientSettings(platform.origin));
    try {
      const target = (name: string): Target => ({
        origin: platform.origin,
        path: `/2015-03-31/functions/${name}/invocations`,
        body: "{}",
      });
      await deploy(lambda, "quiet", { "index.js": handler(10) });
      await deploy(lambda, "noisy", { "index.js": handler(100) });
      await load(target("quiet"), QUIET, seconds / 2);
      progress("without the flood");
      const alone = await load(target("quiet"), QUIET, seconds);
      progress("with the flood, as it begins");
      const flood = load(target("noisy"), FLOOD, 3 * seconds);
      const beginning = await load(target("quiet"), QUIET, seconds);
      progress("with the flood");
      const beside = await load(target("quiet"), QUIET, seconds);
      const noisy = await flood;
      return [
        ...compare("as the flood begins", beginning, alone),
        ...compare("beside the flood", beside, alone),
        {
          name: "the flood itself",
          value: (noisy.requests - noisy.failures) / noisy.seconds,
          unit: "successes/s",
        },
      ];
    } finally {
      lambda.destroy();
      await platform.stop();
    }
  },
};

function compare(name: string, beside: Load, alone: Load): Measurement[] {
  const rate = ({ requests, failures, seconds }: Load) => (requests - failures) / seconds;
  const p99 = ({ latencies }: Load) => quantile([...latencies], 0.99);
  const floorName = "alone";
  return [
    {
      name: `quiet function, ${name}`,
      value: rate(beside),
      unit: "successes/s",
      floor: rate(alone),
      floorName,
      target: "no failures",
      met: beside.failures === 0,
    },
    {
      name: `quiet function, ${name}`,
      value: p99(beside),
      unit: "ms p99",
      floor: p99(alone),
      floorName,
    },
  ];
}
