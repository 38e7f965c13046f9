import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { blobsContract } from "../../ports/blobs.contract.ts";
import { collect, until } from "../../ports/port.contract.ts";
import { EmbeddedBlobs } from "./blobs.ts";

blobsContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-blobs-"));
    const opened = [new EmbeddedBlobs(directory)];
    return {
      port: opened[0] ?? new EmbeddedBlobs(directory),
      reopen: async () => {
        await opened.at(-1)?.close();
        const blobs = new EmbeddedBlobs(directory);
        opened.push(blobs);
        return blobs;
      },
      dispose: async () => {
        await opened.at(-1)?.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

const MiB = 1 << 20;

async function opened(context: TestContext): Promise<{ directory: string; blobs: EmbeddedBlobs }> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-blobs-"));
  const blobs = new EmbeddedBlobs(directory);
  context.after(async () => {
    await blobs.close();
    await rm(directory, { recursive: true });
  });
  return { directory, blobs };
}

async function* repeated(chunk: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < times; n++) yield chunk;
}

it("a put whose source throws leaves no file", async (context) => {
  const { directory, blobs } = await opened(context);
  async function* source() {
    yield Buffer.alloc(MiB);
    assert.equal(readdirSync(join(directory, "tmp")).length, 1, "it was being written");
    throw new Error("half way");
  }
  await assert.rejects(blobs.put(source()), /half way/);
  assert.deepEqual(readdirSync(join(directory, "tmp")), []);
  assert.deepEqual(readdirSync(directory), ["tmp"]);
});

it("a put that close gave up leaves no file", async (context) => {
  const { directory, blobs } = await opened(context);
  let reached = () => {};
  const silent = new Promise<void>((resolve) => {
    reached = resolve;
  });
  async function* source() {
    yield Buffer.alloc(MiB);
    reached();
    await new Promise(() => undefined);
  }
  const given = assert.rejects(blobs.put(source()));
  await silent;
  await blobs.close();
  await given;
  assert.deepEqual(readdirSync(join(directory, "tmp")), []);
});

it("drafts of a killed process are cleared away, others' new ones are not", async (context) => {
  const { directory } = await opened(context);
  const stale = join(directory, "tmp", "0123456789abcdef0123-0123456789ab");
  await writeFile(stale, "half of something");
  const blobs = new EmbeddedBlobs(directory);
  const { id } = await blobs.put(repeated(Buffer.from("x"), 3));
  await until(() => !existsSync(stale));
  assert.equal(String(Buffer.concat(await collect(await blobs.read(id)))), "xxx");
  await blobs.close();
});

it("memory does not grow with the size of a blob", async (context) => {
  const { blobs } = await opened(context);
  const chunk = Buffer.alloc(64 << 10, 7);
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  async function* source() {
    for (let n = 0; n < 4096; n++) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      yield Buffer.from(chunk);
    }
  }
  const { id, size } = await blobs.put(source());
  for await (const { length } of await blobs.read(id)) {
    assert.ok(length <= MiB);
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(size, 256 * MiB);
  assert.ok(peak < 128 * MiB, `${peak >> 20} MiB of buffers for a blob of 256 MiB`);
});

it("readers close their files: at the end, when stopped, when never started", async (context) => {
  const { directory, blobs } = await opened(context);
  const { id } = await blobs.put(repeated(Buffer.alloc(MiB), 2));
  const open = () => openFilesUnder(directory);
  const before = open();
  await collect(await blobs.read(id));
  for await (const _ of await blobs.read(id)) break;
  const unstarted = (await blobs.read(id))[Symbol.asyncIterator]();
  assert.equal(open(), before + 1);
  await unstarted.return?.();
  assert.equal(open(), before);
});

function openFilesUnder(directory: string): number {
  if (!existsSync("/proc/self/fd")) return 0;
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return targets.filter((target) => target.startsWith(directory)).length;
}
