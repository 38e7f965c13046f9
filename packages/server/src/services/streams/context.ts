/** What the service needs of the world, and what its parts share. */
import type { Clock } from "../../ports/clock.ts";
import type { Records } from "../../ports/records.ts";
import type { Shards } from "../../ports/shards.ts";
import type { StreamRef } from "./model.ts";
import type { StreamStore } from "./store.ts";
import type { Throughput } from "./throughput.ts";

export interface StreamsDependencies {
  readonly records: Records;
  readonly shards: Shards;
  readonly clock: Clock;
  /** Whether shards take and give no more in a second than AWS's do. */
  readonly throughput: boolean;
  /** Hears of errors that are nobody's request. */
  readonly onDefect: (error: unknown, where: object) => void;
}

export interface StreamsContext extends StreamsDependencies {
  readonly store: StreamStore;
  readonly writes: Throughput;
  readonly reads: Throughput;
  /** Lets what is under way in a stream come to its end, in the background. */
  settle(stream: StreamRef): void;
  /** Resolves once nothing is under way in it. */
  settled(stream: StreamRef): Promise<void>;
}
