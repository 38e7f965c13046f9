// Turns every video that lands in a bucket into three thumbnails, a short clip for the web, and a probe of what it
// is. A plain AWS Lambda function: S3 calls it, the AWS SDK comes with the runtime, FFmpeg with a layer.
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { clipOf, probeOf, thumbnailsOf } from "./ffmpeg.mjs";

const s3 = new S3Client();
const OUTPUT = process.env.OUTPUT_BUCKET;

export async function handler(event) {
  for (const { s3: notice } of event.Records) {
    // S3 writes keys into events as HTML forms do, with + for a space.
    const key = decodeURIComponent(notice.object.key.replaceAll("+", " "));
    await convert(notice.bucket.name, key);
  }
}

async function convert(bucket, key) {
  const work = await mkdtemp(join(tmpdir(), "media-"));
  const source = join(work, "source");
  const folder = key.replace(/\.[^./]*$/, "");
  try {
    await step("download", () => download(bucket, key, source));
    const probe = await step("probe", () => probeOf(source));
    const thumbnails = await step("thumbnails", () => thumbnailsOf(source, probe, work));
    const clip = await step("clip", () => clipOf(source, work));
    const files = [...thumbnails, clip];
    await step("upload", () => Promise.all(files.map((file) => upload(folder, file))));
    // Last: whoever finds it finds everything else.
    const summary = {
      source: `s3://${bucket}/${key}`,
      files: files.map(({ name }) => name),
      probe,
    };
    await put(`${folder}/probe.json`, "application/json", JSON.stringify(summary, null, 2));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Runs a part of the work and logs how long it took. */
async function step(name, work) {
  const started = performance.now();
  const result = await work();
  console.log(JSON.stringify({ step: name, ms: Math.round(performance.now() - started) }));
  return result;
}

async function download(bucket, key, file) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  await pipeline(Body, createWriteStream(file));
}

const upload = (folder, { name, type, bytes }) => put(`${folder}/${name}`, type, bytes);

const put = (Key, ContentType, Body) =>
  s3.send(new PutObjectCommand({ Bucket: OUTPUT, Key, ContentType, Body }));
