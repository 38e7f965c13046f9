/** The thread that alone writes shards. */
import { parentPort, workerData } from "node:worker_threads";
import { ShardGroups } from "./shard-groups.ts";
import { openShardDatabase } from "./shard-schema.ts";
import { serve } from "./writer-thread.ts";

const path = String(workerData);
if (parentPort) serve(parentPort, new ShardGroups(openShardDatabase(path), path));
