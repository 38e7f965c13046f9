/** Numbers of 64 bits in zip archives (APPNOTE.TXT 4.5.3). */
import { malformed } from "./zip-error.ts";

const ZIP64_EXTRA = 0x0001;
const FULL32 = 0xffffffff;

/**
 * Reads the fields that an extra field widens: called with each plain field in the order that 4.5.3 gives them, the
 * function answers the field itself, or the next wide one where the plain one is full.
 * @throws ZipError from that function, where a wide one is missing.
 */
export function zip64Fields(extra: DataView): (plain: number) => number {
  const wide = findExtra(extra);
  let at = 0;
  return (plain) => {
    if (plain !== FULL32) return plain;
    if (!wide || at + 8 > wide.byteLength) throw malformed("a zip64 field is missing");
    const value = safeNumber(wide.getBigUint64(at, true));
    at += 8;
    return value;
  };
}

/** @throws ZipError where it is more than any archive has bytes. */
export function safeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`${value} is no size or offset`);
  return Number(value);
}

/** Other extra fields are nobody's business, and some are padding that is no field at all. */
function findExtra(extra: DataView): DataView | undefined {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const length = extra.getUint16(at + 2, true);
    if (at + 4 + length > extra.byteLength) return undefined;
    if (extra.getUint16(at, true) === ZIP64_EXTRA)
      return new DataView(extra.buffer, extra.byteOffset + at + 4, length);
    at += 4 + length;
  }
  return undefined;
}
