import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queuesContract } from "../../ports/queues.contract.ts";
import { EmbeddedQueues } from "./queues.ts";

queuesContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-queues-"));
    const opened: EmbeddedQueues[] = [];
    const open = () => {
      const queues = new EmbeddedQueues(join(directory, "queues.db"));
      opened.push(queues);
      return queues;
    };
    return {
      port: open(),
      reopen: async () => {
        await opened.at(-1)?.close();
        return open();
      },
      dispose: async () => {
        await opened.at(-1)?.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});
