/** Zip archives for tests, wrong wherever a test wants them wrong. */
import { crc32, deflateRawSync } from "node:zlib";

export interface FixtureEntry {
  readonly name: string | Uint8Array;
  readonly data?: string | Uint8Array;
  /** st_mode of an archive made on Unix; absent as from a machine without modes. */
  readonly mode?: number;
  readonly stored?: boolean;
  /** Overrides what is true. */
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  readonly offset?: number;
  /** Overrides of the local header alone. */
  readonly local?: {
    readonly name?: string;
    readonly method?: number;
    readonly flags?: number;
    readonly crc?: number;
    readonly size?: number;
  };
  /** Checksum and sizes behind the data instead of before it. */
  readonly descriptor?: boolean;
  /** Sizes and offset in a zip64 extra field. */
  readonly zip64?: boolean;
}

export interface FixtureOptions {
  readonly comment?: string;
  readonly zip64?: boolean;
  /** Overrides the number of entries in the end record. */
  readonly count?: number;
  /** Bytes between the central directory and its end record. */
  readonly gap?: number;
  readonly disk?: number;
}

const FULL32 = 0xffffffff;

export function makeZip(
  entries: readonly FixtureEntry[],
  options: FixtureOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const made = prepare(entry);
    const local = localPart(entry, made);
    records.push(directoryRecord(entry, made, offset));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(records);
  const end = endRecords(options, options.count ?? entries.length, directory.length, offset);
  const all = Buffer.concat([...parts, directory, Buffer.alloc(options.gap ?? 0), end]);
  return new Uint8Array(all);
}

type Made = ReturnType<typeof prepare>;

function prepare(entry: FixtureEntry) {
  const bytes = Buffer.from(entry.data ?? "");
  const data = entry.stored ? bytes : deflateRawSync(bytes);
  return {
    name: Buffer.from(entry.name),
    data,
    method: entry.method ?? (entry.stored ? 0 : 8),
    flags: entry.flags ?? (entry.descriptor ? 8 : 0),
    crc: entry.crc ?? crc32(bytes),
    size: entry.size ?? bytes.length,
    compressedSize: entry.compressedSize ?? data.length,
  };
}

function localPart(entry: FixtureEntry, made: Made): Buffer {
  const { local = {}, descriptor = false, zip64 = false } = entry;
  const name = local.name === undefined ? made.name : Buffer.from(local.name);
  const known = descriptor ? { crc: 0, size: 0, compressedSize: 0 } : made;
  const size = local.size ?? known.size;
  const extra = zip64 ? wide(size, known.compressedSize) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(local.flags ?? made.flags, 6);
  header.writeUInt16LE(local.method ?? made.method, 8);
  header.writeUInt32LE(local.crc ?? known.crc, 14);
  header.writeUInt32LE(zip64 ? FULL32 : known.compressedSize, 18);
  header.writeUInt32LE(zip64 ? FULL32 : size, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  const parts = [header, name, extra, made.data];
  if (descriptor) parts.push(descriptorOf(made));
  return Buffer.concat(parts);
}

function descriptorOf({ crc, size, compressedSize }: Made): Buffer {
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeUInt32LE(compressedSize, 8);
  descriptor.writeUInt32LE(size, 12);
  return descriptor;
}

function directoryRecord(entry: FixtureEntry, made: Made, offset: number): Buffer {
  const { mode, zip64 = false } = entry;
  const at = entry.offset ?? offset;
  const extra = zip64 ? wide(made.size, made.compressedSize, at) : Buffer.alloc(0);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(mode === undefined ? 20 : (3 << 8) | 20, 4);
  record.writeUInt16LE(20, 6);
  record.writeUInt16LE(made.flags, 8);
  record.writeUInt16LE(made.method, 10);
  record.writeUInt32LE(made.crc, 16);
  record.writeUInt32LE(zip64 ? FULL32 : made.compressedSize, 20);
  record.writeUInt32LE(zip64 ? FULL32 : made.size, 24);
  record.writeUInt16LE(made.name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 38);
  record.writeUInt32LE(zip64 ? FULL32 : at, 42);
  return Buffer.concat([record, made.name, extra]);
}

/** A zip64 extra field. */
function wide(...values: number[]): Buffer {
  const field = Buffer.alloc(4 + values.length * 8);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries())
    field.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return field;
}

function endRecords(options: FixtureOptions, count: number, size: number, offset: number): Buffer {
  const { comment = "", zip64 = false, gap = 0, disk = 0 } = options;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(disk, 4);
  end.writeUInt16LE(zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(zip64 ? FULL32 : size, 12);
  end.writeUInt32LE(zip64 ? FULL32 : offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  if (!zip64) return Buffer.concat([end, Buffer.from(comment)]);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt32LE(disk, 16);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size + gap), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end, Buffer.from(comment)]);
}
