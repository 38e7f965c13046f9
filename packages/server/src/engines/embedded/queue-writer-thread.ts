/** The thread that alone writes queues. */
import { parentPort, workerData } from "node:worker_threads";
import { QueueGroups } from "./queue-groups.ts";
import { openQueueDatabase } from "./queue-schema.ts";
import { serve } from "./writer-thread.ts";

const path = String(workerData);
if (parentPort) serve(parentPort, new QueueGroups(openQueueDatabase(path), path));
