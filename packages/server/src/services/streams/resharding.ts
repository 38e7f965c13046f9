/** Splits, merges and new shard counts. They are decided at once, and come to their end in the background. */
import { canSplitAt, decimalOf, hashOfNumber, isBefore, splitAt } from "../../domain/hash-range.ts";
import { evenly, openShards, type Reshaping, type StreamShard } from "../../domain/resharding.ts";
import type { StreamsContext } from "./context.ts";
import { invalid, tooMany } from "./errors.ts";
import { checkActive, checkShardLimit } from "./lifecycle.ts";
import type { Stream, StreamRef } from "./model.ts";
import { shardId, shardNumber } from "./names.ts";
import { noShard } from "./store.ts";

/** UpdateShardCount: in 24 hours. */
const MAX_SCALINGS = 10;
const MAX_SHARDS = 10_000;
const DAY_MS = 86_400_000;

export async function splitShard(
  context: StreamsContext,
  ref: StreamRef,
  id: string,
  newStartingHashKey: string,
): Promise<void> {
  const others = await context.store.list(ref);
  await context.store.edit(ref, (stream) => {
    const shard = shardOf(stream, id);
    const hash = hashOfNumber(newStartingHashKey);
    const { name, account } = stream;
    if (hash === undefined || !canSplitAt(shard, hash))
      throw invalid(
        `NewStartingHashKey ${newStartingHashKey} used in SplitShard() on shard ${shardId(shard.number)} in stream ${name} under account ${account} is not both greater than one plus the shard's StartingHashKey ${decimalOf(shard.start)} and less than the shard's EndingHashKey ${decimalOf(shard.end)}.`,
      );
    checkOpen(stream, shard);
    checkActive(stream);
    checkShardLimit(ref, others, 1);
    const [first, second] = splitAt(shard, hash);
    const next = stream.nextShard;
    return reshaping(stream, [
      {
        close: [shard.number],
        open: [
          { ...first, number: next },
          { ...second, number: next + 1 },
        ],
      },
    ]);
  });
  context.settle(ref);
}

export async function mergeShards(
  context: StreamsContext,
  ref: StreamRef,
  ids: readonly [string, string],
): Promise<void> {
  await context.store.edit(ref, (stream) => {
    const [first, second] = [shardOf(stream, ids[0]), shardOf(stream, ids[1])];
    const { name, account } = stream;
    checkOpen(stream, first);
    checkOpen(stream, second);
    const [lower, upper] = first.start < second.start ? [first, second] : [second, first];
    if (lower === upper || !isBefore(lower, upper))
      throw invalid(
        `Shards ${shardId(first.number)} and ${shardId(second.number)} in stream ${name} under account ${account} are not an adjacent pair of shards eligible for merging`,
      );
    checkActive(stream);
    const whole = { start: lower.start, end: upper.end, number: stream.nextShard };
    return reshaping(stream, [{ close: [first.number, second.number], open: [whole] }]);
  });
  context.settle(ref);
}

/** Answers how many open shards there were. */
export async function updateShardCount(
  context: StreamsContext,
  ref: StreamRef,
  target: number,
): Promise<number> {
  const others = await context.store.list(ref);
  const now = context.clock.now();
  const { before } = await context.store.edit(ref, (stream) => {
    checkActive(stream);
    if (stream.mode === "ON_DEMAND")
      throw invalid(
        `Request is invalid. Stream ${stream.name} under account ${stream.account} is in On-Demand mode.`,
      );
    const open = openShards(stream.shards);
    const scaled = stream.scaled.filter((time) => now - time < DAY_MS);
    checkTarget(open.length, target, scaled.length);
    checkShardLimit(ref, others, target - open.length);
    const steps = evenly(open, target, stream.nextShard);
    return { ...reshaping(stream, steps), scaled: [...scaled, now] };
  });
  context.settle(ref);
  return openShards(before.shards).length;
}

function checkTarget(open: number, target: number, scalings: number): void {
  const counts = `Current open shard count: ${open}, Target shard count: ${target}`;
  if (target > open * 2)
    throw tooMany(
      `UpdateShardCount cannot scale up over double your current open shard count. ${counts}`,
    );
  if (target < open / 2)
    throw tooMany(
      `UpdateShardCount cannot scale down below half your current open shard count. ${counts}`,
    );
  if (target > MAX_SHARDS)
    throw tooMany(
      `Target shard count or number of open shards cannot be greater than ${MAX_SHARDS}. ${counts}`,
    );
  if (scalings >= MAX_SCALINGS)
    throw tooMany(
      `UpdateShardCount cannot scale more than ${MAX_SCALINGS} times in a rolling 24 hour period for one stream.`,
    );
}

function reshaping(stream: Stream, steps: readonly Reshaping[]): Stream {
  const opened = steps.reduce((sum, { open }) => sum + open.length, 0);
  return {
    ...stream,
    status: "UPDATING",
    reshaping: steps,
    nextShard: stream.nextShard + opened,
  };
}

function shardOf(stream: Stream, id: string): StreamShard {
  const number = shardNumber(id);
  const shard = stream.shards.find((one) => one.number === number);
  if (!shard) throw noShard(stream, number === undefined ? id : shardId(number));
  return shard;
}

function checkOpen({ name, account }: Stream, { number, closed }: StreamShard): void {
  if (closed)
    throw invalid(
      `Shard ${shardId(number)} in stream ${name} under account ${account} has already been merged or split, and thus is not eligible for merging or splitting.`,
    );
}
