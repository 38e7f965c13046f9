/** A power cut in the middle of puts and deletions of versions: what was acknowledged is so afterwards, and each key has one latest version. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { clientSettings, startPlatform } from "../platform.ts";
import { seeded } from "../random.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 15);
const Bucket = "versions";
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");

/** Versions by `key id`: the digest of their bytes, or "marker". */
interface Known {
  readonly there: Map<string, string>;
  readonly gone: Set<string>;
  /** Deletions under way when the platform died: either is right then. */
  readonly maybe: Set<string>;
  acknowledged: number;
}

let dataDir: string;
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "yunque-versions-"));
});
after(() => rm(dataDir, { recursive: true, force: true }));

test(`${ROUNDS} rounds of kill -9 keep versions as they were acknowledged`, async () => {
  const random = seeded(2027);
  const known: Known = { there: new Map(), gone: new Set(), maybe: new Set(), acknowledged: 0 };
  for (let round = 0; round <= ROUNDS; round++) {
    const platform = await startPlatform({ dataDir });
    const s3 = new S3Client({ ...clientSettings(platform.origin), maxAttempts: 1 });
    if (round === 0) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    } else await verify(s3, known);
    if (round === ROUNDS) {
      s3.destroy();
      await platform.stop();
      break;
    }
    const goal = known.acknowledged + 20;
    const load = Promise.allSettled(
      Array.from({ length: 6 }, (_, worker) => work(s3, known, `k${worker % 3}`, random)),
    );
    while (known.acknowledged < goal) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, random() * 40));
    await platform.kill();
    await load;
    s3.destroy();
  }
  assert.ok(known.acknowledged >= ROUNDS * 20);
});

/** Puts, hides and deletes versions of one key, which another worker does, too, until the platform is gone. */
async function work(s3: S3Client, known: Known, Key: string, random: () => number): Promise<void> {
  for (let n = 0; n < 1000; n++) {
    const choice = random();
    const mine = [...known.there.keys()].filter((name) => name.startsWith(`${Key} `));
    if (choice < 0.6 || mine.length === 0) {
      const Body = randomBytes(Math.floor(random() * 20_000) + 1);
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      known.there.set(`${Key} ${VersionId}`, digestOf(Body));
    } else if (choice < 0.7) {
      const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      known.there.set(`${Key} ${VersionId}`, "marker");
    } else {
      const from = Math.floor(random() * mine.length);
      const names = mine.slice(from, from + 2);
      const Objects = names.map((name) => ({ Key, VersionId: name.split(" ")[1] ?? "" }));
      for (const name of names) known.maybe.add(name);
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      for (const name of names) {
        known.there.delete(name);
        known.gone.add(name);
      }
    }
    known.acknowledged += 1;
  }
}

async function verify(s3: S3Client, known: Known): Promise<void> {
  const listed = await listAll(s3);
  for (const [name, digest] of known.there) {
    const found = listed.get(name);
    if (found === undefined) {
      assert.ok(known.maybe.has(name), `${name} is lost`);
      known.there.delete(name);
      continue;
    }
    assert.equal(found.marker, digest === "marker");
    if (found.marker) continue;
    const [Key = "", VersionId = ""] = name.split(" ");
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    assert.equal(digestOf((await Body?.transformToByteArray()) ?? new Uint8Array()), digest);
  }
  for (const name of known.gone) assert.ok(!listed.has(name), `${name} is back`);
  known.maybe.clear();
  const latest = new Map<string, number>();
  for (const [name, { isLatest }] of listed) {
    const [key = ""] = name.split(" ");
    if (!latest.has(key)) assert.ok(isLatest, `the first of ${key} is the latest`);
    latest.set(key, (latest.get(key) ?? 0) + Number(isLatest));
  }
  for (const [key, count] of latest) assert.equal(count, 1, `latest versions of ${key}`);
}

async function listAll(s3: S3Client) {
  const found = new Map<string, { readonly marker: boolean; readonly isLatest: boolean }>();
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket, MaxKeys: 100, ...next }),
    );
    // Versions and markers come apart: by the ids, which begin with their place in time, they are in order again.
    const all = [
      ...(page.Versions ?? []).map((each) => ({ ...each, marker: false })),
      ...(page.DeleteMarkers ?? []).map((each) => ({ ...each, marker: true })),
    ].sort((a, b) => (`${a.Key}` < `${b.Key}` ? -1 : `${a.Key}` > `${b.Key}` ? 1 : byTime(b, a)));
    for (const { Key, VersionId, marker, IsLatest = false } of all)
      found.set(`${Key} ${VersionId}`, { marker, isLatest: IsLatest });
    next = page.IsTruncated
      ? {
          ...(page.NextKeyMarker && { KeyMarker: page.NextKeyMarker }),
          ...(page.NextVersionIdMarker && { VersionIdMarker: page.NextVersionIdMarker }),
        }
      : undefined;
  }
  return found;
}

const byTime = (a: { VersionId?: string | undefined }, b: { VersionId?: string | undefined }) =>
  Buffer.compare(
    Buffer.from(a.VersionId ?? "", "base64url"),
    Buffer.from(b.VersionId ?? "", "base64url"),
  );
