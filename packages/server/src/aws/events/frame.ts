/**
 * Messages of `application/vnd.amazon.eventstream`: a prelude (total length, length of the headers, CRC of both),
 * headers, payload, and a CRC of all that stands before it. Numbers are big-endian.
 */
import { crc32 } from "node:zlib";
import { Malformed } from "../codecs/malformed.ts";

export interface Frame {
  readonly headers: FrameHeaders;
  readonly payload: Uint8Array;
}
export type FrameHeaders = Readonly<Record<string, FrameHeader>>;
/** Whole numbers are written as 32-bit integers where they fit, else as 64-bit ones. */
export type FrameHeader = string | boolean | number | bigint | Uint8Array | Date;

const PRELUDE = 12;
const TRAILER = 4;
/** AWS: a message's headers are at most 128 KiB, its payload at most 24 MiB. */
const MAX_HEADERS = 128 * 1024;
const MAX_MESSAGE = 24 * 1024 * 1024 + MAX_HEADERS + PRELUDE + TRAILER;

export function encodeFrame({ headers, payload }: Frame): Uint8Array {
  const head = Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => header(name, value)),
  );
  const total = PRELUDE + head.length + payload.length + TRAILER;
  const frame = Buffer.allocUnsafe(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(head.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  frame.set(head, PRELUDE);
  frame.set(payload, PRELUDE + head.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, total - TRAILER)), total - TRAILER);
  return frame;
}

/** The messages in a stream of bytes, as they are complete. @throws Malformed where a checksum or a length is wrong. */
export async function* decodeFrames(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= PRELUDE) {
      const total = checkPrelude(rest);
      if (rest.length < total) break;
      yield decodeFrame(rest.subarray(0, total));
      rest = rest.subarray(total);
    }
  }
  if (rest.length > 0) throw new Malformed("The event stream ends inside a message");
}

function checkPrelude(bytes: Buffer): number {
  const total = bytes.readUInt32BE(0);
  const headers = bytes.readUInt32BE(4);
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8))
    throw new Malformed("The event stream has a prelude with a wrong checksum");
  if (total > MAX_MESSAGE || headers > MAX_HEADERS || headers + PRELUDE + TRAILER > total)
    throw new Malformed("The event stream has a message of an impossible length");
  return total;
}

function decodeFrame(frame: Buffer): Frame {
  const end = frame.length - TRAILER;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end))
    throw new Malformed("The event stream has a message with a wrong checksum");
  const start = PRELUDE + frame.readUInt32BE(4);
  return {
    headers: readHeaders(frame.subarray(PRELUDE, start)),
    payload: frame.subarray(start, end),
  };
}

/** Types of header values, as the format numbers them. */
const TYPE = {
  true: 0,
  false: 1,
  byte: 2,
  short: 3,
  integer: 4,
  long: 5,
  bytes: 6,
  text: 7,
  time: 8,
  uuid: 9,
};

function header(name: string, value: FrameHeader): Buffer[] {
  const text = Buffer.from(name);
  return [Buffer.of(text.length), text, headerValue(value)];
}

function headerValue(value: FrameHeader): Buffer {
  if (typeof value === "boolean") return Buffer.of(value ? TYPE.true : TYPE.false);
  if (typeof value === "string") return sized(TYPE.text, Buffer.from(value));
  if (value instanceof Uint8Array) return sized(TYPE.bytes, value);
  if (value instanceof Date) return wide(TYPE.time, BigInt(value.getTime()));
  if (typeof value === "bigint" || (value | 0) !== value) return wide(TYPE.long, BigInt(value));
  const out = Buffer.allocUnsafe(5);
  out[0] = TYPE.integer;
  out.writeInt32BE(value, 1);
  return out;
}

function sized(type: number, bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(3 + bytes.length);
  out[0] = type;
  out.writeUInt16BE(bytes.length, 1);
  out.set(bytes, 3);
  return out;
}

function wide(type: number, value: bigint): Buffer {
  const out = Buffer.allocUnsafe(9);
  out[0] = type;
  out.writeBigInt64BE(value, 1);
  return out;
}

function readHeaders(bytes: Buffer): FrameHeaders {
  const headers: Record<string, FrameHeader> = Object.create(null);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Malformed("The event stream has a truncated header");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const name = take(take(1).readUInt8()).toString("utf8");
    headers[name] = readHeaderValue(take(1).readUInt8(), take);
  }
  return headers;
}

function readHeaderValue(type: number, take: (length: number) => Buffer): FrameHeader {
  switch (type) {
    case TYPE.true:
    case TYPE.false:
      return type === TYPE.true;
    case TYPE.byte:
      return take(1).readInt8();
    case TYPE.short:
      return take(2).readInt16BE();
    case TYPE.integer:
      return take(4).readInt32BE();
    case TYPE.long:
      return take(8).readBigInt64BE();
    case TYPE.bytes:
      return take(take(2).readUInt16BE());
    case TYPE.text:
      return take(take(2).readUInt16BE()).toString("utf8");
    case TYPE.time:
      return new Date(Number(take(8).readBigInt64BE()));
    case TYPE.uuid:
      return take(16)
        .toString("hex")
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    default:
      throw new Malformed("The event stream has a header of an unknown type");
  }
}
