import { LambdaClient, PutFunctionConcurrencyCommand } from "@aws-sdk/client-lambda";
import { deploy } from "../../tests/deploy.ts";
import { clientSettings, startPlatform } from "../../tests/platform.ts";
import { type BenchOptions, type Figure, type Measurement, UNLIMITED } from "../figure.ts";
import { load, type Target } from "../load.ts";

const CONNECTIONS = 512;
const RESERVED = 10;
/** Takes its time without a processor, as a function that waits for a database does. */
const HANDLER = `
  exports.handler = async () => { await new Promise((resolve) => setTimeout(resolve, 20)); return "done"; };`;

interface Saturated {
  readonly name: string;
  /** Among these the best number of connections is looked for. */
  readonly tried: readonly number[];
  readonly reserved: number | undefined;
}

const FUNCTIONS: readonly Saturated[] = [
  { name: "reserved", tried: [RESERVED, 2 * RESERVED], reserved: RESERVED },
  { name: "shared", tried: [16, 32, 64], reserved: undefined },
];

/** What a saturated function still gets done when 512 callers want it. */
export const figure: Figure = {
  name: "overload",
  describe: "invocations that succeed at 512 connections; floor: the best number of connections",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const seconds = quick ? 1 : 5;
    const rounds = quick ? 1 : 3;
    const flags = [...UNLIMITED, "--instances-max", "32"];
    const platform = await startPlatform({ flags });
    const lambda = new LambdaClient(clientSettings(platform.origin));
    const measured: Measurement[] = [];
    try {
      for (const { name, tried, reserved } of FUNCTIONS) {
        await deploy(lambda, name, { "index.js": HANDLER });
        if (reserved !== undefined)
          await lambda.send(
            new PutFunctionConcurrencyCommand({
              FunctionName: name,
              ReservedConcurrentExecutions: reserved,
            }),
          );
        const path = `/2015-03-31/functions/${name}/invocations`;
        const target: Target = { origin: platform.origin, path, body: "{}" };
        for (const connections of tried) await load(target, connections, seconds / 2);
        let peak = 0;
        let flooded = 0;
        let refused = 0;
        for (let round = 1; round <= rounds; round++) {
          progress(`${name}: round ${round} of ${rounds}`);
          for (const connections of tried)
            peak = Math.max(peak, (await load(target, connections, seconds)).goodput);
          const flood = await load(target, CONNECTIONS, seconds);
          flooded = Math.max(flooded, flood.goodput);
          refused = Math.max(refused, flood.failures / flood.seconds);
        }
        measured.push(
          {
            name: `${name}: ${CONNECTIONS} connections`,
            value: flooded,
            unit: "successes/s",
            floor: peak,
            floorName: "best number of connections",
            target: ">= 0.9 of the peak",
            met: flooded >= 0.9 * peak,
          },
          { name: `${name}: throttled meanwhile`, value: refused, unit: "429s/s" },
        );
      }
      return measured;
    } finally {
      lambda.destroy();
      await platform.stop();
    }
  },
};
