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
