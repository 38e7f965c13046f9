import { createHash } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { clientSettings, startPlatform, type TestPlatform } from "../../tests/platform.ts";
import { type BenchOptions, type Figure, type Measurement, quantile } from "../figure.ts";
import { resetPeak, residentBytes } from "../process.ts";

const MB = 1024 ** 2;
const CHUNK = Buffer.alloc(MB, "a body of an object ");
/** What an object of any size may cost: buffers of the connection and of the disk, and what Node has not collected yet. */
const MAX_GROWTH_MB = 200;

/** An object of 1 GB through the platform and back: what it costs in memory and in time. */
export const figure: Figure = {
  name: "objects",
  describe: "an object of 1 GB, put and got; floor: the same bytes to a file with MD5 and fsync",
  async run({ quick, progress }: BenchOptions): Promise<Measurement[]> {
    const size = quick ? 128 : 1024;
    const platform = await startPlatform();
    try {
      const client = new S3Client(clientSettings(platform.origin));
      await client.send(new CreateBucketCommand({ Bucket: "bench" }));
      const small = await smallPuts(client, quick ? 50 : 500);
      client.destroy();
      progress(`writing ${size} MB to a file`);
      const floor = await timed(() => writeFloor(size));
      resetPeak(platform.pid);
      const idle = residentBytes(platform.pid).now;
      progress(`putting ${size} MB`);
      const put = await timed(() => putObject(platform, size));
      progress(`getting ${size} MB`);
      const get = await timed(() => getObject(platform, size));
      const growth = (residentBytes(platform.pid).peak - idle) / MB;
      return report({ size, floor, put, get, idle: idle / MB, growth, small });
    } finally {
      await platform.stop();
    }
  },
};

interface Result {
  /** MB of the object. */
  readonly size: number;
  /** Seconds. */
  readonly floor: number;
  readonly put: number;
  readonly get: number;
  /** MB of the platform before, and how much more at the peak. */
  readonly idle: number;
  readonly growth: number;
  /** Milliseconds of each. */
  readonly small: readonly number[];
}

function report({ size, floor, put, get, idle, growth, small }: Result): Measurement[] {
  const [written, ours] = [size / floor, size / put];
  return [
    {
      name: `put of ${size} MB`,
      value: ours,
      unit: "MB/s",
      floor: written,
      floorName: "file, MD5, fsync",
      target: ">= 0.3 of the floor",
      met: ours >= 0.3 * written,
    },
    { name: `get of ${size} MB`, value: size / get, unit: "MB/s" },
    {
      name: `memory while both ran, above ${Math.round(idle)} MB idle`,
      value: growth,
      unit: "MB",
      target: `<= ${MAX_GROWTH_MB} MB, whatever the size`,
      met: growth <= MAX_GROWTH_MB,
    },
    {
      name: "put of 1 KB by the SDK, one after the other",
      value: quantile(small, 0.5),
      unit: "ms p50",
    },
    {
      name: "put of 1 KB by the SDK, one after the other",
      value: quantile(small, 0.99),
      unit: "ms p99",
    },
  ];
}

/** Writes the same bytes to a file, durably and with their MD5. */
async function writeFloor(size: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-bench-"));
  try {
    const file = await open(join(directory, "floor"), "w");
    const md5 = createHash("md5");
    for (let n = 0; n < size; n++) {
      md5.update(CHUNK);
      await file.write(CHUNK);
    }
    md5.digest("hex");
    await file.sync();
    await file.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Seconds that the work took. */
async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Without an SDK: what is measured is the platform, and not a client's checksums. */
function putObject({ origin }: TestPlatform, size: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": size * MB };
    const sent = request(`${origin}/bench/large`, { method: "PUT", headers }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`put: ${response.statusCode}`));
      });
    });
    sent.on("error", reject);
    let left = size;
    const more = (): void => {
      while (left-- > 0) if (!sent.write(CHUNK)) return void sent.once("drain", more);
      sent.end();
    };
    more();
  });
}

function getObject({ origin }: TestPlatform, size: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = 0;
    request(`${origin}/bench/large`, (response) => {
      response.on("data", (chunk: Buffer) => {
        got += chunk.length;
      });
      response.on("end", () => (got === size * MB ? resolve() : reject(new Error(`got ${got}`))));
    })
      .on("error", reject)
      .end();
  });
}

/** Milliseconds of puts of 1 KB, one after the other. */
async function smallPuts(client: S3Client, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const put = { Bucket: "bench", Key: `small/${n}`, Body: CHUNK.subarray(0, 1024) };
    await client.send(new PutObjectCommand(put));
    found.push(performance.now() - start);
  }
  return found;
}
