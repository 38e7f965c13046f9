import assert from "node:assert/strict";
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { logQueriesContract } from "../../ports/log-queries.contract.ts";
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

logQueriesContract(
  {
    engine: "embedded",
    keeps: true,
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), "yunque's logs-"));
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
  },
  (logs, group) => (logs as EmbeddedLogs).seal(group),
);

it("full files are sealed, found after opening again, and deleted whole", async (context) => {
  const { directory, logs } = await opened(context);
  const message = "x".repeat(100_000);
  for (let n = 0; n < 200; n++) {
    logs.append("group", "stream", [{ timestamp: n, message: `${n} ${message}` }]);
    if (n % 20 === 19) await logs.read("group", { limit: 1 });
  }
  await logs.seal("group");
  assert.ok(readdirSync(directory).filter((file) => file.endsWith(".parquet")).length >= 2);
  assert.deepEqual(
    readdirSync(directory).filter((file) => /\.(new|ndjson)$/.test(file)),
    [],
  );
  await logs.close();
  const again = new EmbeddedLogs(directory);
  context.after(() => again.close());
  assert.equal((await again.read("group", { limit: 1000 })).length, 200);
  assert.equal((await again.select("group", { from: 150, limit: 1000 })).length, 50);
  await again.expire("group", 100);
  const left = (await again.read("group", { limit: 1000 })).length;
  assert.ok(left < 200 && left >= 100, `${left} lines are left`);
  await again.delete("group");
  assert.deepEqual(
    readdirSync(directory).filter((file) => file.endsWith(".parquet")),
    [],
  );
  assert.deepEqual(await again.read("group"), []);
});

it("what a crash left of sealing is cleared away, and no line is there twice", async (context) => {
  const { directory, logs } = await opened(context);
  logs.append("group", "stream", [line("one")]);
  await logs.sync("group");
  const [open = ""] = readdirSync(directory);
  const lines = await readFile(join(directory, open));
  await logs.seal("group");
  const [sealed = ""] = readdirSync(directory).filter((file) => file.endsWith(".parquet"));
  await logs.close();
  const [base = "", id = ""] = sealed.split(".");
  await writeFile(join(directory, `${base}.${id}.ndjson`), lines);
  await writeFile(join(directory, `${base}.77.new`), "half");
  const again = new EmbeddedLogs(directory);
  context.after(() => again.close());
  assert.deepEqual(
    (await again.read("group")).map(({ message }) => message),
    ["one"],
  );
  assert.deepEqual(readdirSync(directory), [sealed]);
});

it("the database's process is started by the first question, and may die", async (context) => {
  const { logs } = await opened(context);
  logs.append("group", "stream", [line("one")]);
  await logs.read("group");
  assert.equal(logs.databasePid, undefined);
  const query = { groups: ["group"], from: 0, to: 10, sql: "SELECT message FROM logs" };
  assert.deepEqual((await logs.query(query)).rows, [["one"]]);
  const pid = logs.databasePid;
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGKILL");
  await until(() => logs.databasePid === undefined);
  assert.deepEqual((await logs.query(query)).rows, [["one"]]);
});
