import assert from "node:assert/strict";
import { it } from "node:test";
import { blobsContract } from "../../ports/blobs.contract.ts";
import { logQueriesContract } from "../../ports/log-queries.contract.ts";
import { logsContract } from "../../ports/logs.contract.ts";
import { queuesContract } from "../../ports/queues.contract.ts";
import { recordsContract } from "../../ports/records.contract.ts";
import { shardsContract } from "../../ports/shards.contract.ts";
import { createMemoryEngine } from "./engine.ts";
import { MemoryLogs } from "./logs.ts";

recordsContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const engine = createMemoryEngine();
    return { port: engine.records, dispose: () => engine.close() };
  },
});

blobsContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const engine = createMemoryEngine();
    return { port: engine.blobs, dispose: () => engine.close() };
  },
});

logsContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const engine = createMemoryEngine();
    return { port: engine.logs, dispose: () => engine.close() };
  },
});

logQueriesContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const logs = new MemoryLogs();
    return { port: logs, dispose: () => logs.close() };
  },
});

queuesContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const engine = createMemoryEngine();
    return { port: engine.queues, dispose: () => engine.close() };
  },
});

shardsContract({
  engine: "memory",
  keeps: false,
  open: async () => {
    const engine = createMemoryEngine();
    return { port: engine.shards, dispose: () => engine.close() };
  },
});

it("memory logs keep the newest lines, however long they are", async () => {
  const { logs } = createMemoryEngine();
  const message = "x".repeat(256 * 1024);
  for (let n = 0; n < 200; n++) logs.append("group", "stream", [{ timestamp: n, message }]);
  const kept = await logs.read("group");
  assert.equal(kept.at(-1)?.timestamp, 199);
  assert.ok(kept.length >= 32 && kept.length <= 65, `${kept.length} lines of 256 KB`);
});
