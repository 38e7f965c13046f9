/** The bytes `[start, end)` of a blob. */
export interface BlobRange {
  readonly start: number;
  readonly end: number;
}

/** @throws RangeError unless 0 <= start <= end. */
export function checkRange(range: BlobRange | undefined): void {
  if (!range) return;
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start)
    throw new RangeError(`no range: ${start} to ${end}`);
}
