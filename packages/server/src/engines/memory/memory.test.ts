import { blobsContract } from "../../ports/blobs.contract.ts";
import { logsContract } from "../../ports/logs.contract.ts";
import { recordsContract } from "../../ports/records.contract.ts";
import { createMemoryEngine } from "./engine.ts";

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
