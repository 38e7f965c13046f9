/** What S3 keeps over a kill -9, and what it clears away after one. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../platform.ts";

const Bucket = "restart";
let dataDir: string;
let platform: TestPlatform;
let client: S3Client;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "yunque-s3-"));
  await start();
  await send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  client.destroy();
  await platform.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function restart(): Promise<void> {
  client.destroy();
  await platform.kill();
  await start();
}

async function start(): Promise<void> {
  platform = await startPlatform({ dataDir });
  client = new S3Client(clientSettings(platform.origin));
}

const send = async <Output>(command: object) =>
  (await client.send(command as GetObjectCommand)) as Output;

async function get(Key: string): Promise<Buffer> {
  const { Body } = await send<{ Body: { transformToByteArray(): Promise<Uint8Array> } }>(
    new GetObjectCommand({ Bucket, Key }),
  );
  return Buffer.from(await Body.transformToByteArray());
}

const blobFiles = async () =>
  (await readdir(join(dataDir, "blobs", "objects"), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

it("objects that were acknowledged are there, byte by byte", async () => {
  const bodies = Array.from({ length: 20 }, (_, n) => randomBytes(n * 10_000));
  await Promise.all(
    bodies.map((Body, n) => send(new PutObjectCommand({ Bucket, Key: `kept/${n}`, Body }))),
  );
  await restart();
  for (const [n, body] of bodies.entries())
    assert.ok((await get(`kept/${n}`)).equals(body), `${n}`);
});

it("an upload goes on where it was", async () => {
  const name = { Bucket, Key: "upload" };
  const { UploadId } = await send<{ UploadId: string }>(new CreateMultipartUploadCommand(name));
  const upload = { ...name, UploadId };
  const first = randomBytes(5 * 1024 * 1024);
  const part = (PartNumber: number, Body: Uint8Array) =>
    send<{ ETag: string }>(new UploadPartCommand({ ...upload, PartNumber, Body }));
  const one = await part(1, first);
  await restart();
  const two = await part(2, Buffer.from("tail"));
  const Parts = [one, two].map(({ ETag }, index) => ({ ETag, PartNumber: index + 1 }));
  await send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  await restart();
  assert.ok((await get("upload")).equals(Buffer.concat([first, Buffer.from("tail")])));
});

it("a put that was cut leaves neither an object nor, after a while, its bytes", async () => {
  const before = (await blobFiles()).length;
  const { hostname, port } = new URL(platform.origin);
  const headers = { "content-length": 50_000_000 };
  const path = `/${Bucket}/cut`;
  const sent = request({ hostname, port, method: "PUT", path, headers });
  sent.on("error", () => undefined);
  sent.write(Buffer.alloc(20_000_000));
  while ((await blobFiles()).length === before) await new Promise((done) => setTimeout(done, 10));
  await restart();
  sent.destroy();
  const { Contents = [] } = await send<{ Contents?: { Key: string }[] }>(
    new ListObjectsV2Command({ Bucket, Prefix: "cut" }),
  );
  assert.deepEqual(Contents, []);
  while ((await blobFiles()).length > before) await new Promise((done) => setTimeout(done, 20));
});

it("a file that nobody names is swept, and no other", async () => {
  const files = await blobFiles();
  const [known = ""] = files;
  const stray = known.replace(/[^/]{6}$/, "ffffff");
  assert.notEqual(stray, known);
  await writeFile(stray, "left by a crash");
  await restart();
  while ((await blobFiles()).includes(stray)) await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual(new Set(await blobFiles()), new Set(files));
});
