/** The local headers of a zip archive, which must say the same as its central directory. */
import type { DirectoryRecord } from "./zip-directory.ts";
import { malformed } from "./zip-error.ts";
import { zip64Fields } from "./zip64.ts";

/** 4.3.7 */
const HEADER = { signature: 0x04034b50, length: 30 };

/** 4.4.4: encrypted, patched, strongly encrypted, masked. */
const REFUSED_FLAGS = 0x0001 | 0x0020 | 0x0040 | 0x2000;
/** 4.4.4: checksum and sizes follow the data; the central directory has them anyhow. */
const DESCRIPTOR_FLAG = 0x0008;

/**
 * Where each entry's data starts. Readers that go by the central directory and readers that go by the local headers
 * must see the same archive, and no byte may belong to two entries: that is how small archives unpack to endless ones.
 * @throws ZipError
 */
export function locateData(zip: Uint8Array, records: readonly DirectoryRecord[]): number[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const starts = records.map((record) => dataStart(zip, view, record));
  const extents = records.map(({ offset, compressedSize }, index) => ({
    start: offset,
    end: (starts[index] ?? 0) + compressedSize,
  }));
  extents.sort((a, b) => a.start - b.start);
  let free = 0;
  for (const { start, end } of extents) {
    if (start < free) throw malformed("entries of the archive overlap");
    free = end;
  }
  if (free > zip.length) throw malformed("the archive is cut off");
  return starts;
}

function dataStart(zip: Uint8Array, view: DataView, record: DirectoryRecord): number {
  const { offset, name } = record;
  const nameStart = offset + HEADER.length;
  if (nameStart > zip.length || view.getUint32(offset, true) !== HEADER.signature)
    throw malformed("an entry is not where the central directory says");
  const extraStart = nameStart + view.getUint16(offset + 26, true);
  const start = extraStart + view.getUint16(offset + 28, true);
  if (start + record.compressedSize > zip.length) throw malformed("the archive is cut off");
  if (!equal(name, zip.subarray(nameStart, extraStart)))
    throw malformed("an entry has two different names");
  checkFields(
    view,
    record,
    new DataView(zip.buffer, zip.byteOffset + extraStart, start - extraStart),
  );
  return start;
}

function checkFields(view: DataView, record: DirectoryRecord, extra: DataView): void {
  const { offset, method, flags, crc32, size, compressedSize } = record;
  const localFlags = view.getUint16(offset + 6, true);
  if (((flags | localFlags) & REFUSED_FLAGS) !== 0) throw malformed("the archive is encrypted");
  if (view.getUint16(offset + 8, true) !== method)
    throw malformed("an entry has two different compression methods");
  if ((localFlags & DESCRIPTOR_FLAG) !== 0) return;
  const wide = zip64Fields(extra);
  const localSize = wide(view.getUint32(offset + 22, true));
  const localCompressedSize = wide(view.getUint32(offset + 18, true));
  const same =
    localSize === size &&
    localCompressedSize === compressedSize &&
    view.getUint32(offset + 14, true) === crc32;
  if (!same) throw malformed("an entry has two different sizes or checksums");
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
