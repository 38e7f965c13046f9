import { spawn } from "node:child_process";
import { once } from "node:events";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { type Lab, openLab } from "../runtimes-lab.ts";

const HANDLER = "exports.handler = async (event) => ({ greeting: `hello ${event.name}` });";
const SDK_HANDLER = `
  import { S3Client } from "@aws-sdk/client-s3";
  const client = new S3Client({});
  export const handler = async () => client.config.serviceId;`;

/** The first invocation of a function, in a process of its own, beside the start of a bare Node.js. */
export const figure: Figure = {
  name: "cold",
  describe:
    "first invoke of a small function, without HTTP; floor: a bare Node.js start to its first line",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const rounds = quick ? 10 : 100;
    await using lab = await openLab();
    const small = await lab.store({ "index.js": HANDLER });
    const sdk = await lab.store({ "index.mjs": SDK_HANDLER });
    await firstInvoke(lab, small); // the bootstrap is built once
    const bare: number[] = [];
    const ours: number[] = [];
    const withSdk: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      if (round % 20 === 0) progress(`round ${round} of ${rounds}`);
      bare.push(await bareStart());
      ours.push(await firstInvoke(lab, small));
      if (round % 5 === 0) withSdk.push(await firstInvoke(lab, sdk));
    }
    return [
      ...quantiles("small function", ours, bare),
      ...quantiles("function that imports @aws-sdk/client-s3", withSdk, bare).slice(0, 1),
      {
        name: "small function, in time",
        value: quantile(ours, 0.5),
        unit: "ms p50",
        target: "<= 100 ms",
        met: quantile(ours, 0.5) <= 100,
      },
    ];
  },
};

function quantiles(name: string, ours: number[], bare: number[]): Measurement[] {
  return [0.5, 0.95].map((q) => ({
    name,
    value: quantile(ours, q),
    unit: `ms p${q * 100}`,
    floor: quantile(bare, q),
    floorName: "bare Node.js start",
  }));
}

/** Milliseconds from the call to the answer; the instance ends afterwards. */
async function firstInvoke(lab: Lab, code: string): Promise<number> {
  const deployment = lab.deployment(code);
  const started = performance.now();
  const result = await lab.invoke(deployment);
  const ms = performance.now() - started;
  if (result.functionError) throw new Error(Buffer.from(result.payload).toString());
  lab.executor.retire(deployment.id);
  return ms;
}

/** Milliseconds until a Node.js that does nothing else has written its first line. */
async function bareStart(): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ["-e", "require('fs').writeSync(1, 'ready')"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: {},
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const ms = performance.now() - started;
  await exited;
  return ms;
}
