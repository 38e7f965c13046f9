/** A power cut in the middle of deploys and puts: what was acknowledged is there afterwards, whole; nothing is torn. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { create } from "../deploy.ts";
import { clientSettings, startPlatform } from "../platform.ts";
import { seeded } from "../random.ts";
import { zipOf } from "../zip.ts";

const ROUNDS = 50;
const BUCKET = "survivors";
const SHA256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");

/** What the platform acknowledged, and what was under way when it died: either is right then. */
interface Known {
  readonly objects: Map<string, string>;
  readonly functions: Map<string, string>;
  readonly maybe: Map<string, Set<string>>;
  /** How many deploys it acknowledged. */
  deploys: number;
}

let dataDir: string;
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "yunque-kill-"));
});
after(() => rm(dataDir, { recursive: true, force: true }));

test(`${ROUNDS} rounds of kill -9 during deploys and puts lose nothing acknowledged and tear nothing`, async () => {
  const random = seeded(2026);
  const known: Known = { objects: new Map(), functions: new Map(), maybe: new Map(), deploys: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const platform = await startPlatform({ dataDir });
    const s3 = new S3Client({
      ...clientSettings(platform.origin),
      forcePathStyle: true,
      maxAttempts: 1,
    });
    const lambda = new LambdaClient({ ...clientSettings(platform.origin), maxAttempts: 1 });
    if (round === 0) await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    else await verify(known, s3, lambda, round % 10 === 0);
    const load = Promise.allSettled([
      ...Array.from({ length: 4 }, (_, worker) => puts(s3, known, `${round}-${worker}`, random)),
      deploys(lambda, known, round),
    ]);
    const before = known.deploys;
    // Every second round dies where its first deploy may be under way still.
    await condition(
      () => known.objects.size >= (round + 1) * 2 && (round % 2 === 1 || known.deploys > before),
    );
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    await platform.kill();
    await load;
    s3.destroy();
    lambda.destroy();
  }
  const platform = await startPlatform({ dataDir });
  const s3 = new S3Client({ ...clientSettings(platform.origin), forcePathStyle: true });
  const lambda = new LambdaClient(clientSettings(platform.origin));
  await verify(known, s3, lambda, true);
  await platform.stop();
  assert.ok(known.objects.size >= ROUNDS * 2, `${known.objects.size} puts were acknowledged`);
  assert.ok(known.deploys >= ROUNDS / 2, `${known.deploys} deploys were acknowledged`);
});

/** Puts objects until the platform is gone; keys repeat, so that overwriting is cut too. */
async function puts(s3: S3Client, known: Known, name: string, random: () => number): Promise<void> {
  for (let n = 0; n < 200; n++) {
    const key = random() < 0.3 ? `shared-${name.slice(-1)}` : `object-${name}-${n}`;
    const body = randomBytes(Math.floor(random() ** 3 * 300_000) + 1);
    const digest = SHA256(body);
    mayBe(known, `s3/${key}`, digest);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
    known.objects.set(key, digest);
    known.maybe.set(`s3/${key}`, new Set());
  }
}

/** Creates a function of its own, then updates one that every round updates. */
async function deploys(lambda: LambdaClient, known: Known, round: number): Promise<void> {
  for (let n = 0; n < 50; n++) {
    const code = await zipOf({ "index.js": `exports.handler = async () => "${round}-${n}";` });
    const name = n === 0 && round > 0 ? "shared" : `function-${round}-${n}`;
    mayBe(known, `lambda/${name}`, SHA256(code));
    if (known.functions.has(name)) {
      await waitUntilFunctionUpdatedV2(
        { client: lambda, maxWaitTime: 10, minDelay: 0.02, maxDelay: 0.05 },
        { FunctionName: name },
      );
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: code }));
    } else await create(lambda, name, code);
    known.functions.set(name, SHA256(code));
    known.deploys += 1;
    known.maybe.set(`lambda/${name}`, new Set());
  }
}

function mayBe(known: Known, name: string, digest: string): void {
  known.maybe.set(name, (known.maybe.get(name) ?? new Set()).add(digest));
}

async function verify(known: Known, s3: S3Client, lambda: LambdaClient, all: boolean) {
  await verifyObjects(known, s3, all);
  await verifyFunctions(known, lambda, all);
}

/** Every listed object is whole and one that we sent; every acknowledged one is listed. */
async function verifyObjects(known: Known, s3: S3Client, all: boolean): Promise<void> {
  const listed = new Set<string>();
  for (let token: string | undefined, more = true; more; ) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, ...(token && { ContinuationToken: token }) }),
    );
    for (const { Key } of page.Contents ?? []) if (Key) listed.add(Key);
    token = page.NextContinuationToken;
    more = token !== undefined;
  }
  for (const key of known.objects.keys()) assert.ok(listed.has(key), `the object ${key} is gone`);
  const suspects = [...listed].filter(
    (key) => all || (known.maybe.get(`s3/${key}`)?.size ?? 0) > 0,
  );
  for (const key of suspects) {
    const answer = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    const digest = SHA256((await answer.Body?.transformToByteArray()) ?? new Uint8Array());
    settle(known, known.objects, key, `s3/${key}`, digest);
  }
}

async function verifyFunctions(known: Known, lambda: LambdaClient, all: boolean): Promise<void> {
  const listed = new Set<string>();
  for (let marker: string | undefined, more = true; more; ) {
    const page = await lambda.send(new ListFunctionsCommand({ ...(marker && { Marker: marker }) }));
    for (const { FunctionName } of page.Functions ?? []) if (FunctionName) listed.add(FunctionName);
    marker = page.NextMarker;
    more = marker !== undefined && marker !== "";
  }
  for (const name of known.functions.keys())
    assert.ok(listed.has(name), `the function ${name} is gone`);
  const suspects = [...listed].filter(
    (name) => all || (known.maybe.get(`lambda/${name}`)?.size ?? 0) > 0,
  );
  for (const name of suspects) {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    settle(known, known.functions, name, `lambda/${name}`, Configuration?.CodeSha256 ?? "");
  }
  const last = [...listed].at(-1);
  if (!last) return;
  await waitUntilFunctionUpdatedV2(
    { client: lambda, maxWaitTime: 10, minDelay: 0.02, maxDelay: 0.05 },
    { FunctionName: last },
  );
  const answer = await lambda.send(new InvokeCommand({ FunctionName: last }));
  assert.equal(answer.FunctionError, undefined, `the function ${last} does not run`);
}

/** What is there must be the acknowledged state, or one that was under way; from now on it is the state. */
function settle(
  known: Known,
  states: Map<string, string>,
  key: string,
  name: string,
  digest: string,
) {
  const allowed = new Set([...(known.maybe.get(name) ?? []), states.get(key)]);
  assert.ok(allowed.has(digest), `${name} is torn or old`);
  states.set(key, digest);
  known.maybe.set(name, new Set());
}

async function condition(holds: () => boolean): Promise<void> {
  const until = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > until) throw new Error("the load makes no progress");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
