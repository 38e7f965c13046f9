/**
 * The process of the database: answers questions to files of one directory, and seals them. It ends with the channel to
 * its parent. It can read and write nothing outside of that directory, and no question can change that.
 */
import { setPriority } from "node:os";
import { parentPort } from "./child-port.ts";
import type { FromDatabase, Request, RowsAnswer, SealAnswer } from "./protocol.ts";
import { openDatabase } from "./requests.ts";

const [directory = "", memoryMB = "512", threads = "2", nice = "0"] = process.argv.slice(2);
setPriority(Number(nice));
process.chdir(directory);
const database = openDatabase({ directory, memoryMB: Number(memoryMB), threads: Number(threads) });
const running = new Map<number, AbortController>();

parentPort(async (message, send) => {
  if ("cancel" in message) {
    running.get(message.cancel)?.abort();
    return;
  }
  const { id, request } = message;
  const abort = new AbortController();
  running.set(id, abort);
  send(await answered(id, request, abort.signal));
  running.delete(id);
});

async function answered(id: number, request: Request, signal: AbortSignal): Promise<FromDatabase> {
  try {
    const { rows, seal } = await database;
    const answer: RowsAnswer | SealAnswer =
      request.kind === "rows" ? await rows(request, signal) : await seal(request);
    return { id, answer };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const rejected = /^(Parser|Binder|Catalog|Conversion|Invalid Input|Out of Range) Error/.test(
      message,
    );
    return { id, error: message.slice(0, 2000), rejected };
  }
}
