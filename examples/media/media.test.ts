/** Deploys the example to a real platform, sends a real video through it, and looks at every result. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { startPlatform, type TestPlatform } from "../../tests/platform.ts";
import { makeClip } from "./clip.ts";
import { type Clients, clientsOf, deploy, OUTPUT_BUCKET } from "./deploy.ts";
import { run } from "./run.ts";

let directory = "";
let platform: TestPlatform;
let clients: Clients;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "yunque-media-"));
  platform = await startPlatform();
  clients = clientsOf(platform.origin);
});
after(async () => {
  await platform.stop();
  await rm(directory, { recursive: true });
});

async function result(name: string): Promise<{ type: string; bytes: Buffer }> {
  const key = { Bucket: OUTPUT_BUCKET, Key: `a holiday/${name}` };
  const { Body, ContentType = "" } = await clients.s3.send(new GetObjectCommand(key));
  return { type: ContentType, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
}

test("an uploaded video becomes thumbnails, a clip for the web and a probe, in another bucket", async () => {
  const deployed: string[] = [];
  await deploy(clients, (step) => deployed.push(step));
  await deploy(clients, () => {}); // safe to repeat
  assert.equal(deployed.length, 4);

  const clip = await makeClip(directory, "a holiday");
  const steps: string[] = [];
  const outcome = await run(platform.origin, clients, clip, ({ name }) => steps.push(name));
  for (const step of ["download", "probe", "thumbnails", "clip", "upload"])
    assert.ok(steps.includes(step), `${step} is missing in: ${steps}`);
  assert.ok(steps.some((step) => step.startsWith("cold start")));

  assert.equal(outcome.place, "s3://media-output/a holiday/");
  assert.deepEqual(
    outcome.objects.map(({ key }) => key.slice("a holiday/".length)),
    ["clip.mp4", "probe.json", "thumbnail-1.jpg", "thumbnail-2.jpg", "thumbnail-3.jpg"],
  );
  for (const n of [1, 2, 3]) {
    const { type, bytes } = await result(`thumbnail-${n}.jpg`);
    assert.equal(type, "image/jpeg");
    assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.deepEqual([...bytes.subarray(-2)], [0xff, 0xd9]);
  }
  const { type, bytes } = await result("clip.mp4");
  assert.equal(type, "video/mp4");
  assert.deepEqual(boxes(bytes).slice(0, 2), ["ftyp", "moov"]); // the index in front: it plays while it loads
  assert.ok(bytes.includes("avc1") && bytes.includes("mp4a"));

  const { probe, source } = JSON.parse((await result("probe.json")).bytes.toString());
  assert.equal(source, "s3://media-input/a holiday.mp4");
  assert.equal(Math.round(probe.seconds), 5);
  assert.deepEqual(
    probe.streams.map(({ type, codec }: { type: string; codec: string }) => `${type} ${codec}`),
    ["video h264", "audio aac"],
  );
  assert.deepEqual([probe.streams[0].width, probe.streams[0].height], [640, 360]);
});

/** Names of an MP4's outermost boxes, in order: ISO/IEC 14496-12, 4.2. */
function boxes(file: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 8 <= file.length; at += Math.max(8, file.readUInt32BE(at)))
    names.push(file.toString("latin1", at + 4, at + 8));
  return names;
}
