/**
 * Which shard a record belongs to: partition keys are hashed to 128 bits, and every open shard has a range of these.
 * Hash keys are text of 32 hexadecimal digits, so that they compare as texts do.
 */
import { createHash } from "node:crypto";

/** Both ends belong to it. */
export interface HashRange {
  readonly start: string;
  readonly end: string;
}

const SPACE = 1n << 128n;

/** Kinesis: the MD5 of the partition key. */
export const hashOfKey = (partitionKey: string): string =>
  createHash("md5").update(partitionKey).digest("hex");

/** Of a decimal number; undefined where it is none of 128 bits. */
export function hashOfNumber(decimal: string): string | undefined {
  if (!/^\d{1,39}$/.test(decimal)) return undefined;
  const value = BigInt(decimal);
  return value < SPACE ? hex(value) : undefined;
}

export const decimalOf = (hash: string): string => String(numberOf(hash));

/** So many ranges of one size, which cover all; what cannot be shared out is the last one's. */
export function evenRanges(count: number): HashRange[] {
  const size = SPACE / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: hex(size * BigInt(index)),
    end: index === count - 1 ? hex(SPACE - 1n) : hex(size * BigInt(index + 1) - 1n),
  }));
}

/** In two, the second of which begins there. */
export const splitAt = ({ start, end }: HashRange, second: string): [HashRange, HashRange] => [
  { start, end: hex(numberOf(second) - 1n) },
  { start: second, end },
];

/** Whether the second begins where the first ends. */
export const isBefore = (first: HashRange, second: HashRange): boolean =>
  numberOf(first.end) + 1n === numberOf(second.start);

/** Kinesis: both halves have more than one hash key. */
export const canSplitAt = ({ start, end }: HashRange, second: string): boolean =>
  numberOf(second) > numberOf(start) + 1n && numberOf(second) < numberOf(end);

/** Which of these, in order and without gaps, has the hash. */
export function rangeOf(ranges: readonly HashRange[], hash: string): number {
  let [low, high] = [0, ranges.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ranges[middle]?.start ?? "") <= hash) low = middle;
    else high = middle - 1;
  }
  return low;
}

const numberOf = (hash: string): bigint => BigInt(`0x${hash}`);
const hex = (value: bigint): string => value.toString(16).padStart(32, "0");
