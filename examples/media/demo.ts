/**
 * `npm run demo`: starts the platform, deploys the example, sends a real video through it, and leaves the platform
 * up. `--port N` (0: any free one), `--data-dir DIR`, `--exit` to stop when all is done.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeClip } from "./clip.ts";
import { clientsOf, deploy, FUNCTION } from "./deploy.ts";
import { findPlatform, type Platform } from "./platform.ts";
import { type Outcome, run } from "./run.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "4566" },
    "data-dir": { type: "string" },
    exit: { type: "boolean", default: false },
  },
});
const place = values["data-dir"];
const flags = place === undefined ? [] : ["--data-dir", place];

let platform: Platform | undefined;
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    interrupted = true;
    platform?.stop();
    if (platform?.ended === undefined) process.exit(1); // there is nothing of ours to wait for
  });

let failed = false;
try {
  platform = await findPlatform(Number(values.port), flags);
  console.log(platform.said);
  await show(platform);
} catch (error) {
  failed = !interrupted;
  if (failed) console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
}
if (values.exit || failed) platform?.stop();
const code = await platform?.ended;
process.exitCode = failed ? 1 : (code ?? 0);

async function show({ origin, ended }: Platform): Promise<void> {
  const clients = clientsOf(origin);
  heading("Deployed with AWS's SDK");
  await deploy(clients, line);
  heading("A video goes through: S3 -> Lambda -> FFmpeg -> S3");
  const directory = await mkdtemp(join(tmpdir(), "yunque-demo-"));
  try {
    const clip = await timed("five seconds of video made by FFmpeg", makeClip(directory, "demo"));
    const outcome = await run(origin, clients, clip, ({ name, ms }) => line(name, ms));
    line("from upload to result", outcome.totalMs);
    showResult(origin, outcome, ended !== undefined);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @param ours whether the platform ends with the demo. */
function showResult(origin: string, { place, objects }: Outcome, ours: boolean): void {
  heading(`The result lies in ${place}`);
  for (const { key, bytes } of objects)
    console.log(`${String(Math.ceil(bytes / 1024)).padStart(8)} KB  ${origin}/media-output/${key}`);
  if (values.exit) return;
  heading("Try next");
  const at = origin.endsWith(":4566") ? "" : ` --endpoint ${origin}`;
  console.log(`  npx yunque functions logs ${FUNCTION} --since 10m${at}
  npx yunque functions list${at}
  export AWS_ENDPOINT_URL=${origin} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
  aws s3 cp your.mp4 s3://media-input/
  aws s3 ls s3://media-output/ --recursive
${ours ? "\nThe platform is up; Ctrl-C stops it." : "\nThe platform stays up."}`);
}

async function timed<T>(name: string, work: Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work;
  line(name, performance.now() - started);
  return result;
}

function heading(text: string): void {
  console.log(`\n${text}`);
}

function line(name: string, ms: number): void {
  const time = ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
  console.log(`${time.padStart(8)} ms  ${name}`);
}
