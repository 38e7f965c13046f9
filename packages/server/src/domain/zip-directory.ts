/** The central directory of a zip archive: where it is, and what it says of each entry. */
import { malformed, ZipError } from "./zip-error.ts";
import { safeNumber, zip64Fields } from "./zip64.ts";

/** What the central directory says of an entry, zip64 resolved. */
export interface DirectoryRecord {
  /** As it is in the archive. */
  readonly name: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** st_mode; 0 where the archive was not made on Unix. */
  readonly mode: number;
  /** Of the local header. */
  readonly offset: number;
}

/** 4.3.16, 4.3.15, 4.3.14, 4.3.12: signatures and lengths without the parts that vary. */
const END = { signature: 0x06054b50, length: 22 };
const END64_LOCATOR = { signature: 0x07064b50, length: 20 };
const END64 = { signature: 0x06064b50, length: 56 };
const RECORD = { signature: 0x02014b50, length: 46 };
const FULL16 = 0xffff;
/** 4.4.2: the archive's maker was on Unix, or on macOS. */
const UNIX_HOSTS = [3, 19];

interface Extent {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** @throws ZipError */
export function readDirectory(zip: Uint8Array, maxEntries: number): DirectoryRecord[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const { count, start, end } = findDirectory(view);
  if (count > maxEntries)
    throw new ZipError("tooManyFiles", `${count} entries, at most ${maxEntries}`);
  const records: DirectoryRecord[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const next = endOfRecord(view, at, end);
    records.push(readRecord(view, zip, at));
    at = next;
  }
  if (at !== end) throw malformed("the central directory is longer than its entries");
  return records;
}

function findDirectory(view: DataView): Extent {
  const at = findEnd(view);
  const count = view.getUint16(at + 10, true);
  const size = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const locator = at - END64_LOCATOR.length;
  if (locator >= 0 && view.getUint32(locator, true) === END64_LOCATOR.signature)
    return findDirectory64(view, locator);
  if (disks.some((disk) => disk !== 0) || count !== view.getUint16(at + 8, true))
    throw malformed("the archive is one of several parts");
  return checkExtent({ count, start: offset, end: offset + size }, at);
}

/** 4.3.16: at the very end, but for a comment of its own length. */
function findEnd(view: DataView): number {
  const last = view.byteLength - END.length;
  for (let at = last; at >= Math.max(0, last - FULL16); at--)
    if (view.getUint32(at, true) === END.signature && view.getUint16(at + 20, true) === last - at)
      return at;
  throw malformed("not a zip archive, or not all of it: its end is missing");
}

/** 4.3.14: what does not fit into the plain record. */
function findDirectory64(view: DataView, locator: number): Extent {
  const at = safeNumber(view.getBigUint64(locator + 8, true));
  if (at + END64.length > locator || view.getUint32(at, true) !== END64.signature)
    throw malformed("the zip64 end record is not where it should be");
  const length = safeNumber(view.getBigUint64(at + 4, true)) + 12;
  if (at + length !== locator) throw malformed("the zip64 end record does not end where it should");
  const count = safeNumber(view.getBigUint64(at + 32, true));
  const disks = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
  if (disks.some((disk) => disk !== 0) || count !== safeNumber(view.getBigUint64(at + 24, true)))
    throw malformed("the archive is one of several parts");
  const start = safeNumber(view.getBigUint64(at + 48, true));
  return checkExtent(
    { count, start, end: start + safeNumber(view.getBigUint64(at + 40, true)) },
    at,
  );
}

/** The directory ends where its end record begins: an archive with something before or between means another one. */
function checkExtent(extent: Extent, endRecord: number): Extent {
  const { count, start, end } = extent;
  if (end !== endRecord || start > end)
    throw malformed("the central directory is not where it should be");
  if (count * RECORD.length > end - start) throw malformed("the central directory is cut off");
  return extent;
}

function endOfRecord(view: DataView, at: number, end: number): number {
  if (at + RECORD.length > end || view.getUint32(at, true) !== RECORD.signature)
    throw malformed("the central directory is damaged");
  const variable = [28, 30, 32].reduce((sum, field) => sum + view.getUint16(at + field, true), 0);
  const next = at + RECORD.length + variable;
  if (next > end) throw malformed("the central directory is cut off");
  return next;
}

function readRecord(view: DataView, zip: Uint8Array, at: number): DirectoryRecord {
  const nameEnd = at + RECORD.length + view.getUint16(at + 28, true);
  const extra = new DataView(zip.buffer, zip.byteOffset + nameEnd, view.getUint16(at + 30, true));
  const host = view.getUint8(at + 5);
  const wide = zip64Fields(extra);
  const size = wide(view.getUint32(at + 24, true));
  const compressedSize = wide(view.getUint32(at + 20, true));
  const offset = wide(view.getUint32(at + 42, true));
  return {
    name: zip.subarray(at + RECORD.length, nameEnd),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc32: view.getUint32(at + 16, true),
    compressedSize,
    size,
    mode: UNIX_HOSTS.includes(host) ? view.getUint16(at + 40, true) : 0,
    offset,
  };
}
