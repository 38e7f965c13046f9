/** The service on the memory engine, and a clock that a test turns. */
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { ManualClock, SCOPE } from "../functions/fixture.ts";
import { createStreams, type RecordsPage, type StreamRef } from "./index.ts";

export { SCOPE };
export const SHARD = "shardId-000000000000";

/** `engine` and `clock` of an earlier life make this one its successor. */
export function openStreams({
  engine = createMemoryEngine(),
  clock = new ManualClock(),
  throughput = false,
} = {}) {
  const defects: unknown[] = [];
  const streams = createStreams({
    records: engine.records,
    shards: engine.shards,
    clock,
    throughput,
    onDefect: (error) => defects.push(error),
  });

  /** Lets everything happen that needs no time. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  const begin = (ref: StreamRef, shard = SHARD) =>
    streams.iterator(ref, shard, { type: "TRIM_HORIZON" });

  return {
    streams,
    engine,
    clock,
    defects,
    turns,

    async make(name: string, shardCount = 1): Promise<StreamRef> {
      await streams.create(SCOPE, { name, shardCount });
      await turns();
      return { ...SCOPE, name };
    },

    put: async (ref: StreamRef, text: string, partitionKey = "k") =>
      (await streams.put(ref, { data: Buffer.from(text), partitionKey })).placed,

    begin,

    /** What a shard holds, from its beginning. */
    async texts(ref: StreamRef, shard = SHARD): Promise<string[]> {
      return textsOf(await streams.records(await begin(ref, shard)));
    },
  };
}

export const textsOf = ({ records }: Pick<RecordsPage, "records">): string[] =>
  records.map(({ data }) => String(Buffer.from(data)));
