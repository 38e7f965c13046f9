/**
 * The thread that alone writes records. While one group is fsynced further commits arrive; all that wait when it ends
 * are the next group. So a lone commit waits for nobody, and many share one fsync.
 */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import type { Write } from "../record-rules.ts";
import { openDatabase } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";

/** Bounds the time that the first of a group waits for the last. */
const GROUP_COMMITS = 256;
const GROUP_BYTES = 4 << 20;

/** Commits in order, or null for "no more will come". */
export type WriterMessage = readonly WaitingCommit[] | null;
export interface WaitingCommit {
  readonly writes: readonly Write[];
  /** About how much memory it takes. */
  readonly bytes: number;
}

if (parentPort) serve(parentPort, String(workerData));

/** Answers outcomes in the order of the commits that came. */
function serve(port: MessagePort, path: string): void {
  const database = openDatabase(path);
  const groups = new GroupCommit(database, path);
  const waiting: WaitingCommit[] = [];
  let closing = false;
  const receive = (message: WriterMessage) => {
    if (message === null) closing = true;
    else for (const commit of message) waiting.push(commit);
  };
  port.on("message", (first: WriterMessage) => {
    receive(first);
    do {
      for (let more = next(port); more; more = next(port)) receive(more.message);
      if (waiting.length > 0) port.postMessage(groups.run(takeGroup(waiting)));
    } while (waiting.length > 0);
    if (!closing) return;
    database.close();
    port.close();
  });
}

function takeGroup(waiting: WaitingCommit[]): (readonly Write[])[] {
  let bytes = 0;
  const beyond = waiting.findIndex((commit, index) => {
    bytes += commit.bytes;
    return index > 0 && (index >= GROUP_COMMITS || bytes > GROUP_BYTES);
  });
  return waiting.splice(0, beyond < 0 ? waiting.length : beyond).map(({ writes }) => writes);
}

const next = (port: MessagePort): { message: WriterMessage } | undefined =>
  receiveMessageOnPort(port);
