/**
 * A batch of a stream until all of its records have ended: processed, or given up.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
 */
import { doubling } from "../../domain/backoff.ts";
import type { Clock } from "../../ports/clock.ts";
import { pause } from "./bell.ts";
import type { LaneItem } from "./lane.ts";
import type { StreamOutcome, StreamWork, WindowCall } from "./stream-work.ts";

/** Recorded: eight attempts within a minute. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

export interface AttemptsContext<Last> {
  readonly clock: Clock;
  readonly work: StreamWork<Last>;
  readonly shardId: string;
  readonly signal: AbortSignal;
  /** Keeps that these have ended. Resolves once that is durable. */
  ended(items: readonly LaneItem[]): Promise<void>;
  /** The state of the window after an attempt that went well. */
  setState(state: unknown): void;
  window(): Omit<WindowCall, "final"> | undefined;
}

/** A part of a batch, with how often it has failed. */
interface Part<Last> {
  readonly items: readonly LaneItem[];
  readonly failures: number;
  readonly last: Last | undefined;
}

/** Whether all of them have ended; not so where the poller was stopped, or what it invokes is gone. */
export async function attemptBatch<Last>(
  context: AttemptsContext<Last>,
  items: readonly LaneItem[],
): Promise<boolean> {
  const { clock, work, signal } = context;
  const parts: Part<Last>[] = [{ items, failures: 0, last: undefined }];
  let waits = 0;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (signal.aborted) return false;
    const fresh = await giveUpOld(context, part);
    if (fresh === undefined) return false;
    if (fresh.items.length === 0) continue;
    const outcome = await attempt(context, fresh.items, false);
    if (outcome.kind === "gone" || outcome.kind === "closing") {
      if (outcome.kind === "gone") work.gone();
      return false;
    }
    if (outcome.kind === "done") {
      context.setState(outcome.state);
      await context.ended(fresh.items);
      waits = 0;
      continue;
    }
    if (outcome.kind === "failed") {
      if (outcome.from > 0) await context.ended(fresh.items.slice(0, outcome.from));
      const next = await afterFailure(context, fresh, outcome.from, outcome.last);
      if (next === undefined) return false;
      if (next.length === 0) {
        waits = 0;
        continue;
      }
      parts.push(...next);
      if (outcome.from > 0) waits = 0;
    } else parts.push(fresh);
    await pause(clock, doubling(FIRST_RETRY_MS, waits, LONGEST_RETRY_MS), signal);
    waits += 1;
  }
  return true;
}

/** The parts that are tried next, last first; undefined where the poller was stopped. */
async function afterFailure<Last>(
  context: AttemptsContext<Last>,
  { items, failures }: Part<Last>,
  from: number,
  last: Last,
): Promise<Part<Last>[] | undefined> {
  const { work } = context;
  // What comes after records that went well is another batch.
  if (from > 0) return [{ items: items.slice(from), failures: 0, last }];
  if (work.bisect && items.length > 1) {
    const middle = Math.ceil(items.length / 2);
    // Lambda: halving counts for no retry.
    const half = (some: readonly LaneItem[]) => ({ items: some, failures, last });
    return [half(items.slice(middle)), half(items.slice(0, middle))];
  }
  if (failures < work.retries) return [{ items, failures: failures + 1, last }];
  const given = await giveUp(context, items, "RetryAttemptsExhausted", failures + 1, last);
  return given ? [] : undefined;
}

/** What is left of a part without the records that are too old; undefined where the poller was stopped. */
async function giveUpOld<Last>(
  context: AttemptsContext<Last>,
  part: Part<Last>,
): Promise<Part<Last> | undefined> {
  const { clock, work } = context;
  if (work.ageMs === Number.POSITIVE_INFINITY) return part;
  const now = clock.now();
  const old = part.items.filter(({ record }) => now - record.arrivedAt > work.ageMs);
  if (old.length === 0) return part;
  // Recorded: the attempt that is not made for it is counted.
  const count = part.failures + 1;
  if (!(await giveUp(context, old, "RecordAgeExceeded", count, part.last))) return undefined;
  return { ...part, items: part.items.filter((item) => !old.includes(item)) };
}

/** Whether it was told; not so where the poller was stopped. */
async function giveUp<Last>(
  context: AttemptsContext<Last>,
  items: readonly LaneItem[],
  condition: "RetryAttemptsExhausted" | "RecordAgeExceeded",
  invokeCount: number,
  last: Last | undefined,
): Promise<boolean> {
  const { clock, work, shardId, signal } = context;
  for (let troubles = 0; ; troubles += 1)
    try {
      await work.giveUp({ shardId, items, condition, invokeCount, last });
      await context.ended(items);
      return true;
    } catch (error) {
      work.trouble(error);
      await pause(clock, doubling(FIRST_RETRY_MS, troubles, LONGEST_RETRY_MS), signal);
      if (signal.aborted) return false;
    }
}

export async function attempt<Last>(
  { work, shardId, window }: AttemptsContext<Last>,
  items: readonly LaneItem[],
  final: boolean,
): Promise<StreamOutcome<Last>> {
  const open = window();
  return await work.process({
    shardId,
    items,
    ...(open === undefined ? {} : { window: { ...open, final } }),
  });
}
