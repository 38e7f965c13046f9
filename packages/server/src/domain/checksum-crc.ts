/**
 * The three cyclic redundancy checks of S3, reflected, with all ones before and after (as zlib's CRC-32).
 *
 * zlib computes CRC-32 natively. The other two walk eight bytes at a time through eight tables ("slicing by eight"),
 * which is faster than MD5, so that the entity tag stays the bound of an upload and not the checksum.
 */
import { crc32 } from "node:zlib";

/** A running checksum of bytes. */
export interface Digester {
  update(bytes: Uint8Array): void;
  /** The checksum of all bytes so far, big-endian. May be asked once. */
  digest(): Uint8Array;
}

export type CrcAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME";

export function createCrc(algorithm: CrcAlgorithm): Digester {
  if (algorithm === "CRC32") return nativeCrc32();
  return algorithm === "CRC32C" ? slicedCrc32c() : slicedCrc64();
}

/**
 * The checksum of a byte string from those of its pieces, in order, without reading a byte of it: appending `n` bytes
 * multiplies what came before by x^8n in the field of the polynomial.
 */
export function combineCrcs(
  algorithm: CrcAlgorithm,
  pieces: readonly { readonly digest: Uint8Array; readonly size: number }[],
): Uint8Array {
  const field = fields[algorithm];
  const shifts = new Map<number, bigint>(); // parts mostly have one size: x^8n is costly, and wanted once
  let whole = 0n;
  for (const { digest, size } of pieces) {
    const shift = shifts.get(size) ?? power(field, 8n * BigInt(size));
    shifts.set(size, shift);
    whole = multiply(field, shift, whole) ^ fromBytes(digest);
  }
  return toBytes(whole, field.bits / 8);
}

function nativeCrc32(): Digester {
  let crc = 0;
  return {
    update(bytes) {
      crc = crc32(bytes, crc);
    },
    digest: () => toBytes(BigInt(crc), 4),
  };
}

interface Field {
  readonly bits: number;
  /** Reflected: the highest bit is the coefficient of x^0. */
  readonly polynomial: bigint;
}
const fields: Record<CrcAlgorithm, Field> = {
  CRC32: { bits: 32, polynomial: 0xedb88320n },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** Eight tables of 256: the k-th advances a byte by k more zero bytes. Low and high halves apart: JavaScript's 32-bit integers are fast. */
interface Tables {
  readonly low: Int32Array;
  readonly high: Int32Array;
}
/** Built at the first use: the platform's start does not wait for it. */
const tables = new Map<Field, Tables>();

function tablesOf(field: Field): Tables {
  const found = tables.get(field) ?? buildTables(field);
  tables.set(field, found);
  return found;
}

function buildTables({ polynomial }: Field): Tables {
  const first = Array.from({ length: 256 }, (_, byte) => {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    return crc;
  });
  const low = new Int32Array(8 * 256);
  const high = new Int32Array(8 * 256);
  let row = first;
  for (let k = 0; k < 8; k++) {
    row.forEach((crc, byte) => {
      low[k * 256 + byte] = Number(BigInt.asIntN(32, crc));
      high[k * 256 + byte] = Number(BigInt.asIntN(32, crc >> 32n));
    });
    row = row.map((crc) => (crc >> 8n) ^ (first[Number(crc & 255n)] ?? 0n));
  }
  return { low, high };
}

function slicedCrc32c(): Digester {
  const t = tablesOf(fields.CRC32C).low;
  let crc = -1;
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const even = bytes.length & ~7;
      for (let i = 0; i < even; i += 8) {
        const a = crc ^ view.getInt32(i, true);
        const b = view.getInt32(i + 4, true);
        crc = row(t, a, b);
      }
      for (let i = even; i < bytes.length; i++)
        crc = at(t, (crc ^ view.getUint8(i)) & 255) ^ (crc >>> 8);
    },
    digest: () => toBytes(BigInt(~crc >>> 0), 4),
  };
}

function slicedCrc64(): Digester {
  const t = tablesOf(fields.CRC64NVME);
  let low = -1;
  let high = -1;
  return {
    update(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const even = bytes.length & ~7;
      for (let i = 0; i < even; i += 8) {
        const a = low ^ view.getInt32(i, true);
        const b = high ^ view.getInt32(i + 4, true);
        low = row(t.low, a, b);
        high = row(t.high, a, b);
      }
      for (let i = even; i < bytes.length; i++) {
        const index = (low ^ view.getUint8(i)) & 255;
        low = at(t.low, index) ^ ((low >>> 8) | (high << 24));
        high = at(t.high, index) ^ (high >>> 8);
      }
    },
    digest: () => toBytes((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0), 8),
  };
}

/** Eight bytes, four in each word, looked up at once. The first byte has the longest way to go. */
function row(t: Int32Array, a: number, b: number): number {
  return (
    at(t, 1792 + (a & 255)) ^
    at(t, 1536 + ((a >>> 8) & 255)) ^
    at(t, 1280 + ((a >>> 16) & 255)) ^
    at(t, 1024 + (a >>> 24)) ^
    at(t, 768 + (b & 255)) ^
    at(t, 512 + ((b >>> 8) & 255)) ^
    at(t, 256 + ((b >>> 16) & 255)) ^
    at(t, b >>> 24)
  );
}

/** The index is always inside: this only tells the type checker so, and costs nothing once compiled. */
const at = (t: Int32Array, index: number): number => t[index] as number;

/** Product modulo the polynomial. */
function multiply({ bits, polynomial }: Field, a: bigint, b: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let mask = 1n << BigInt(bits - 1); mask !== 0n; mask >>= 1n) {
    if (a & mask) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
  }
  return product;
}

/** x^n modulo the polynomial, by squaring. */
function power(field: Field, n: bigint): bigint {
  let result = 1n << BigInt(field.bits - 1); // x^0
  let square = result >> 1n; // x^1
  for (let rest = n; rest !== 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(field, square, result);
    square = multiply(field, square, square);
  }
  return result;
}

function fromBytes(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function toBytes(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}
