/** What the shards ask of their writer's thread, and what it answers. */
import type { ShardState } from "../../ports/shards.ts";
import type { Run } from "./shard-blocks.ts";

export type ShardCall =
  | {
      readonly kind: "append";
      readonly runs: readonly Run[];
      readonly data: Uint8Array;
      readonly now: number;
    }
  | { readonly kind: "seal"; readonly shard: string }
  | { readonly kind: "trim"; readonly shard: string; readonly before: number }
  | { readonly kind: "delete"; readonly shard: string };

export interface ShardResults {
  /** The number of each run's first record; 0 where its shard is sealed. */
  readonly append: readonly number[];
  readonly seal: ShardState;
  readonly trim: number;
  readonly delete: null;
}

export type ShardResult = ShardResults[keyof ShardResults];

/** About what a call or a run takes besides its data, in bytes. */
const OVERHEAD = 200;

/** About how much memory a call takes while it waits, in bytes. */
export const sizeOfShardCall = (call: ShardCall): number =>
  call.kind === "append" ? call.data.length + (call.runs.length + 1) * OVERHEAD : OVERHEAD;
