/**
 * Reading zip archives that strangers made, from bytes in memory. Numbers in comments are clauses of PKWARE's
 * APPNOTE.TXT 6.3.10. An archive is wholly well-formed, inside of its limits and of its own root, or it is refused.
 */
import { crc32, inflateRawSync } from "node:zlib";
import { type DirectoryRecord, readDirectory } from "./zip-directory.ts";
import { malformed, ZipError } from "./zip-error.ts";
import { locateData } from "./zip-local.ts";
import { pathOf, targetOf, textOf } from "./zip-path.ts";
import { checkTree } from "./zip-tree.ts";

export interface ZipLimits {
  /** Bytes of all entries together, unpacked. */
  readonly unpackedBytes: number;
  /** Files, links and directories, those included that only paths name. */
  readonly files: number;
}

/** Where an entry goes. */
interface Place {
  /** Relative, `/` between segments, none of them empty, `.` or `..`. */
  readonly path: string;
  /** Permission bits of owner, group and others; 0 where the archive has none. */
  readonly mode: number;
}
export interface ZipFile extends Place {
  readonly type: "file";
  /** Bytes, unpacked. */
  readonly size: number;
  readonly crc32: number;
  readonly deflated: boolean;
  /** The archive's bytes `[start, end)` are its data. */
  readonly start: number;
  readonly end: number;
}
export interface ZipDirectory extends Place {
  readonly type: "directory";
}
export interface ZipLink extends Place {
  readonly type: "link";
  /** Relative, and inside of the root wherever other links lead. */
  readonly target: string;
  /** Bytes of the target. */
  readonly size: number;
}
export type ZipEntry = ZipFile | ZipDirectory | ZipLink;

/** The upper half of the external attributes is st_mode, where the archive was made on Unix. */
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** 4.4.5 */
const STORED = 0;
const DEFLATED = 8;

/**
 * The entries of an archive in its order, all of them checked; the bytes of files are not read yet.
 * @throws ZipError
 */
export function readZip(zip: Uint8Array, limits: ZipLimits): ZipEntry[] {
  const records = readDirectory(zip, limits.files);
  if (unpackedSize(records) > limits.unpackedBytes)
    throw new ZipError("tooLarge", `more than ${limits.unpackedBytes} bytes unpacked`);
  const starts = locateData(zip, records);
  const entries = records.flatMap((record, index) => entryOf(zip, record, starts[index] ?? 0));
  checkTree(entries, limits.files);
  return entries;
}

/** What entries take once they are unpacked, in bytes: what they say, which fileBytes() holds them to. */
export function unpackedSize(entries: readonly (ZipEntry | DirectoryRecord)[]): number {
  return entries.reduce((sum, entry) => sum + ("size" in entry ? entry.size : 0), 0);
}

/**
 * The bytes of a file, unpacked; of a stored one they are the archive's own. Never more than the entry said.
 * @throws ZipError where they are not what the archive says.
 */
export function fileBytes(zip: Uint8Array, file: ZipFile): Uint8Array {
  const data = zip.subarray(file.start, file.end);
  const bytes = file.deflated ? inflate(data, file) : data;
  if (bytes.length !== file.size || crc32(bytes) !== file.crc32)
    throw malformed(`${JSON.stringify(file.path)} is damaged`);
  return bytes;
}

function entryOf(zip: Uint8Array, record: DirectoryRecord, start: number): ZipEntry[] {
  const name = textOf(record.name);
  const path = pathOf(name);
  const type = typeOf(record, name);
  const mode = record.mode & 0o777;
  if (type === S_IFDIR) {
    if (record.size !== 0) throw malformed(`the directory ${JSON.stringify(name)} has content`);
    return path === "" ? [] : [{ type: "directory", path, mode }];
  }
  if (path === "") throw malformed(`${JSON.stringify(name)} is no file's name`);
  const file = fileOf(record, path, start);
  if (type !== S_IFLNK) return [file];
  const target = targetOf(file.size, () => fileBytes(zip, file));
  return [{ type: "link", path, mode, target, size: file.size }];
}

/** @throws ZipError for what is no file, directory or link: devices, sockets, pipes. */
function typeOf({ mode }: DirectoryRecord, name: string): number {
  const type = mode & S_IFMT || S_IFREG;
  if (type === S_IFDIR || (type === S_IFREG && name.endsWith("/"))) return S_IFDIR;
  if (!name.endsWith("/") && (type === S_IFREG || type === S_IFLNK)) return type;
  throw malformed(`${JSON.stringify(name)} is no file, directory or link`);
}

function fileOf(record: DirectoryRecord, path: string, start: number): ZipFile {
  const { method, mode, size, compressedSize, crc32 } = record;
  if (method !== STORED && method !== DEFLATED)
    throw malformed(`${JSON.stringify(path)} has the unknown compression method ${method}`);
  if (method === STORED && size !== compressedSize)
    throw malformed(`${JSON.stringify(path)} is stored and has two different sizes`);
  const deflated = method === DEFLATED;
  const end = start + compressedSize;
  return { type: "file", path, mode: mode & 0o777, size, crc32, deflated, start, end };
}

/** The buffer has one byte more than there should be: zlib would otherwise ask for a second one to see the end. */
function inflate(data: Uint8Array, { path, size }: ZipFile): Uint8Array {
  try {
    return inflateRawSync(data, { maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1) });
  } catch {
    throw malformed(`${JSON.stringify(path)} is damaged, or larger than it says`);
  }
}
