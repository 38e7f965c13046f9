/** How shards become others: by splits and merges alone, since a shard has two parents at most. */
import { evenRanges, type HashRange, splitAt } from "./hash-range.ts";

/** A shard of a stream. Closed ones take no records, and are read until what they hold has expired. */
export interface StreamShard extends HashRange {
  readonly number: number;
  /** Those it was split or merged from. */
  readonly parents: readonly number[];
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly closed?: ClosedShard;
}

export interface ClosedShard {
  readonly at: number;
  /** No record of it has a greater number. */
  readonly last: number;
}

/** One split or merge: shards that are closed, and those that take their places, with the numbers they will have. */
export interface Reshaping {
  readonly close: readonly number[];
  readonly open: readonly (HashRange & { readonly number: number })[];
}

type Piece = HashRange & { readonly number: number };

/** Splits and merges that turn the open shards, in order of their ranges, into so many of one size. */
export function evenly(open: readonly Piece[], count: number, nextNumber: number): Reshaping[] {
  const steps: Reshaping[] = [];
  let next = nextNumber;
  const pieces: Piece[] = [];
  const bounds = evenRanges(count);
  const starts = new Set(bounds.map(({ start }) => start));
  for (const shard of open) {
    let rest = shard;
    for (const start of starts) {
      if (start <= rest.start || start > rest.end) continue;
      const [first, second] = splitAt(rest, start);
      const halves = [
        { ...first, number: next++ },
        { ...second, number: next++ },
      ] as const;
      steps.push({ close: [rest.number], open: halves });
      pieces.push(halves[0]);
      rest = halves[1];
    }
    pieces.push(rest);
  }
  for (const { start, end } of bounds) {
    const within = pieces.filter((piece) => piece.start >= start && piece.end <= end);
    within.reduce((merged, piece) => {
      const whole = { start: merged.start, end: piece.end, number: next++ };
      steps.push({ close: [merged.number, piece.number], open: [whole] });
      return whole;
    });
  }
  return steps;
}

/** The shards afterwards. `lastOf`: the last number that each closed shard gave; 0 where it took no record. */
export function reshaped(
  shards: readonly StreamShard[],
  steps: readonly Reshaping[],
  now: number,
  lastOf: (number: number) => number,
): StreamShard[] {
  const all = new Map(shards.map((shard) => [shard.number, shard]));
  for (const { close, open } of steps) {
    for (const number of close) {
      const shard = all.get(number);
      if (shard) all.set(number, { ...shard, closed: { at: now, last: lastOf(number) } });
    }
    for (const shard of open) all.set(shard.number, { ...shard, parents: close, openedAt: now });
  }
  return [...all.values()].sort((a, b) => a.number - b.number);
}

/** Open shards in order of their ranges. */
export const openShards = (shards: readonly StreamShard[]): StreamShard[] =>
  shards.filter(({ closed }) => closed === undefined).sort((a, b) => (a.start < b.start ? -1 : 1));
