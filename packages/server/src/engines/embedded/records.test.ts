import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordsContract } from "../../ports/records.contract.ts";
import { EmbeddedRecords } from "./records.ts";

recordsContract({
  engine: "embedded",
  keeps: true,
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), "yunque-records-"));
    const opened: EmbeddedRecords[] = [];
    const open = () => {
      const records = new EmbeddedRecords(join(directory, "records.db"));
      opened.push(records);
      return records;
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
