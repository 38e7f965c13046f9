/** Logs when the platform dies, and when the disk is full. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { EmbeddedLogs } from "../../packages/server/src/engines/embedded/logs.ts";
import { withCode } from "../../packages/server/src/ports/port.contract.ts";
import { cannotMount, smallDisk } from "./small-disk.ts";

const GROUP = "000000000000/us-east-1/flood";
const WRITER = join(import.meta.dirname, "logs-writer.ts");

it("kill -9 in the middle of writing and sealing loses the newest lines at most", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-logs-"));
  let synced = -1;
  let begun = 0;
  for (let round = 0; round < 5; round++) {
    const writer = fork(WRITER, [directory, GROUP, String(begun)], { stdio: "inherit" });
    const exited = once(writer, "exit");
    await new Promise<void>((resolve) => {
      let heard = 0;
      writer.on("message", (last: number) => {
        synced = last;
        if (++heard >= 10 + round && readdirSync(directory).some(isSealing)) resolve();
      });
    });
    writer.kill("SIGKILL");
    await exited;
    const logs = new EmbeddedLogs(directory);
    const { rows } = await logs.query({
      groups: [GROUP],
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
      sql: 'SELECT count(*), count(DISTINCT "timestamp"), max("timestamp") FROM logs',
    });
    const [lines = 0, distinct = 0, last = 0] = rows[0] as number[];
    await logs.close();
    assert.equal(lines, distinct, "no line is there twice");
    assert.ok(last >= synced, `line ${synced} was durable, and the last one is ${last}`);
    assert.equal(lines, last + 1, "and none is missing before the last");
    begun = last + 1;
  }
  const logs = new EmbeddedLogs(directory);
  context.after(async () => {
    await logs.close();
    await rm(directory, { recursive: true });
  });
  await logs.seal(GROUP);
  const files = readdirSync(directory);
  assert.ok(files.length > 1 && files.every((file) => file.endsWith(".parquet")), String(files));
  const counted = await logs.query({
    groups: [GROUP],
    from: 0,
    to: begun,
    sql: 'SELECT count(DISTINCT "timestamp") FROM logs',
  });
  assert.deepEqual(counted.rows, [[begun]]);
});

const isSealing = (file: string): boolean => /\.(new|parquet)$/.test(file);

it("what is no segment is not taken for one", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "yunque-logs-"));
  context.after(() => rm(directory, { recursive: true }));
  const logs = new EmbeddedLogs(directory);
  context.after(() => logs.close());
  logs.append(GROUP, "s", [{ timestamp: 1, message: "one" }]);
  await logs.sync(GROUP);
  const [open = ""] = readdirSync(directory);
  await appendFile(
    join(directory, open),
    'garbage\n{"id":7}\n[1]\n{"timestamp":"x","message":1}\n',
  );
  logs.append(GROUP, "s", [{ timestamp: 2, message: "two" }]);
  await logs.seal(GROUP);
  assert.deepEqual(
    (await logs.read(GROUP)).map(({ message }) => message),
    ["one", "two"],
  );
});

it("a full disk drops lines and counts them; what waits is refused; it goes on once there is room", {
  skip: cannotMount(),
}, async (context) => {
  const { directory, fill, free, beforeUnmount } = smallDisk(context, 24);
  mkdirSync(directory);
  const logs = new EmbeddedLogs(directory);
  beforeUnmount(() => logs.close());
  logs.append(GROUP, "s", [{ timestamp: 1, message: "before" }]);
  await logs.sync(GROUP);
  fill(0);
  const large = "x".repeat(100_000);
  for (let n = 0; n < 3; n++) {
    logs.append(GROUP, "s", [{ timestamp: 2, message: large }]);
    await assert.rejects(logs.sync(GROUP), withCode("StorageFull"));
  }
  free();
  logs.append(GROUP, "s", [{ timestamp: 3, message: "after" }]);
  await logs.sync(GROUP);
  const read = (await logs.read(GROUP)).map(({ message }) => message);
  assert.equal(read.at(0), "before");
  assert.equal(read.at(-1), "after");
  assert.ok(read.some((message) => /^\d+ log lines were dropped here$/.test(message)));
  await logs.seal(GROUP);
  assert.equal((await logs.read(GROUP)).at(-1)?.message, "after");
});
