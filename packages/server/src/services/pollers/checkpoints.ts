/** Checkpoints in a space of records: id is the shard. */
import { everyRecord } from "../../ports/every-record.ts";
import type { Change, Records } from "../../ports/records.ts";
import type { Checkpoints, ShardCheckpoint } from "./stream-work.ts";

export function checkpointsIn(records: Records, space: string): Checkpoints {
  return {
    async load() {
      const all = await everyRecord<ShardCheckpoint>(records, space);
      return new Map(all.map(({ id, value }) => [id, value]));
    },
    async save(changes) {
      await records.commit(
        [...changes].map(
          ([id, checkpoint]): Change =>
            checkpoint === undefined ? { delete: true, space, id } : { put: checkpoint, space, id },
        ),
      );
    },
  };
}
