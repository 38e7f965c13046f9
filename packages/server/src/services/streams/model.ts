/** What the service keeps. All times are milliseconds since the epoch. */
import type { Reshaping, StreamShard } from "../../domain/resharding.ts";
import type { Scope } from "../../domain/scope.ts";

/** Names a stream. */
export interface StreamRef extends Scope {
  readonly name: string;
}

export type StreamStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

export interface Stream extends StreamRef {
  readonly created: number;
  readonly status: StreamStatus;
  readonly mode: StreamMode;
  readonly retentionHours: number;
  /** Of data and partition key. */
  readonly maxRecordKiB: number;
  /** AUTO: records may have no partition key. */
  readonly distribution: "USER_PARTITION_KEY" | "AUTO";
  /** In order of their numbers; those that hold nothing any more are left out. */
  readonly shards: readonly StreamShard[];
  /** The number of the next shard. */
  readonly nextShard: number;
  /** What is under way while it is UPDATING. */
  readonly reshaping?: readonly Reshaping[];
  /** When its shard count was updated, in the last 24 hours. */
  readonly scaled: readonly number[];
  /** When its mode was changed, in the last 24 hours. */
  readonly modeChanges: readonly number[];
  readonly keyId?: string;
  readonly metrics: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly policy?: string;
  readonly consumers: readonly Consumer[];
}

/** Who reads with a throughput of its own. */
export interface Consumer {
  readonly name: string;
  readonly created: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy?: string;
}

/** A record as it is read. */
export interface DataRecord {
  readonly sequenceNumber: string;
  readonly arrivedAt: number;
  readonly data: Uint8Array;
  /** Absent where its stream distributes records itself and it had none. */
  readonly partitionKey?: string;
}
