/** The thread that alone writes records. */
import { parentPort, workerData } from "node:worker_threads";
import { GroupCommit } from "./group-commit.ts";
import { openRecordDatabase } from "./record-schema.ts";
import { serve } from "./writer-thread.ts";

const path = String(workerData);
if (parentPort) serve(parentPort, new GroupCommit(openRecordDatabase(path), path));
