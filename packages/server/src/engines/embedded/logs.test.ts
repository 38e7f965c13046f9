import assert from "node:assert/strict";
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { logsContract } from "../../ports/logs.contract.ts";
import { until, withCode } from "../../ports/port.contract.ts";
import { EmbeddedLogs } from "./logs.ts";

logsContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-logs-"));
    let logs = new EmbeddedLogs(directory);
    return {
      port: logs,
      reopen: async () => {
        await logs.close();
        logs = new EmbeddedLogs(directory);
        return logs;
      },
      dispose: async () => {
        await logs.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

async function opened(context: TestContext): Promise<{ directory: string; logs: EmbeddedLogs }> {
  const directory = await mkdtemp(join(tmpdir(), "yunque-logs-"));
  const logs = new EmbeddedLogs(directory);
  context.after(async () => {
    await logs.close();
    await rm(directory, { recursive: true });
  });
  return { directory, logs };
}

const line = (message: string) => ({ timestamp: 1, message });

it("lines reach the disk without being asked for", async (context) => {
  const { directory, logs } = await opened(context);
  logs.append("group", "stream", [line("hello")]);
  await until(() => readdirSync(directory).length === 1);
  const [file = ""] = readdirSync(directory);
  await until(() => statSync(join(directory, file)).size > 0);
});

it("a line that a crash tore is left out, and the next one does not join it", async (context) => {
  const { directory, logs } = await opened(context);
  logs.append("group", "stream", [line("whole")]);
  await logs.close();
  const [file = ""] = readdirSync(directory);
  await appendFile(join(directory, file), '{"timestamp":1,"stream":"s","message":"to');
  const again = new EmbeddedLogs(directory);
  again.append("group", "stream", [line("next")]);
  const read = await again.read("group");
  assert.deepEqual(
    read.map(({ message }) => message),
    ["whole", "next"],
  );
  await again.close();
});

it("a group has two files at most, of 16 MiB at most", async (context) => {
  const { directory, logs } = await opened(context);
  const message = "x".repeat(200_000);
  for (let n = 0; n < 300; n++) {
    logs.append("group", "stream", [line(message)]);
    if (n % 10 === 9) await logs.read("group", { limit: 1 });
  }
  const sizes = readdirSync(directory).map((file) => statSync(join(directory, file)).size);
  assert.equal(sizes.length, 2);
  assert.ok(sizes.every((size) => size <= 16 << 20));
  assert.ok(Math.max(...sizes) > 15 << 20);
});

it("many groups do not keep many files open", { skip: noProc() }, async (context) => {
  const { directory, logs } = await opened(context);
  for (let n = 0; n < 700; n++) logs.append(`group ${n}`, "stream", [line(`${n}`)]);
  await until(() => readdirSync(directory).length === 700);
  await until(() => openFilesUnder(directory) <= 256);
  for (const n of [0, 350, 699]) {
    logs.append(`group ${n}`, "stream", [line("more")]);
    const read = await logs.read(`group ${n}`);
    assert.deepEqual(
      read.map(({ message }) => message),
      [`${n}`, "more"],
    );
  }
});

it("what could not be written is counted, and said once writing works again", async (context) => {
  const { directory, logs } = await opened(context);
  logs.append("group", "stream", [line("before")]);
  await logs.close();
  const [file = ""] = readdirSync(directory);
  await rm(join(directory, file));
  await mkdir(join(directory, file));
  const again = new EmbeddedLogs(directory);
  again.append("group", "stream", [line("lost"), line("lost too")]);
  await assert.rejects(again.read("group"), withCode("StorageFailed"));
  await rmdir(join(directory, file));
  again.append("group", "stream", [line("kept")]);
  const read = await again.read("group");
  assert.deepEqual(
    read.map(({ message }) => message),
    ["2 log lines were dropped here", "kept"],
  );
  await again.close();
});

function openFilesUnder(directory: string): number {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return targets.filter((target) => target.startsWith(directory)).length;
}

function noProc(): string | false {
  return process.platform === "linux" ? false : "needs /proc to count open files";
}
