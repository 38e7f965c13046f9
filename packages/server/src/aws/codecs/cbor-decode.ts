/** RFC 8949, the part that rpcv2Cbor uses. */
import { checkDepth, Malformed, setKey } from "./malformed.ts";
import { readUtf8 } from "./text.ts";

/**
 * One data item: null, booleans, numbers, strings, Uint8Array, Date (tag 1), arrays, objects. `perSecond`: units in which
 * times are counted. @throws Malformed
 */
export function decodeCbor(bytes: Uint8Array, perSecond: TimeUnits = 1): unknown {
  const decoder = new Decoder(bytes, perSecond);
  const value = decoder.item(0);
  if (decoder.left > 0) throw new Malformed("The CBOR input has more than one item");
  return value;
}

/** Seconds, as the standard has them, or milliseconds, as AWS's older protocol. */
export type TimeUnits = 1 | 1000;

const BREAK = Symbol("break");
const INDEFINITE = 31;

class Decoder {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly perSecond: TimeUnits;
  private at = 0;

  constructor(bytes: Uint8Array, perSecond: TimeUnits) {
    this.perSecond = perSecond;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  item(depth: number): unknown {
    const value = this.any(depth);
    if (value === BREAK) throw new Malformed("The CBOR input has a break where none belongs");
    return value;
  }

  private any(depth: number): unknown {
    checkDepth(depth);
    const head = this.byte();
    const info = head & 31;
    switch (head >> 5) {
      case 0:
        return this.length(info);
      case 1:
        return -1 - this.length(info);
      case 2:
        return this.string(info, 2);
      case 3:
        return readUtf8(this.string(info, 3));
      case 4:
        return this.array(info, depth);
      case 5:
        return this.map(info, depth);
      case 6:
        return this.tagged(this.length(info), depth);
      default:
        return this.simple(info);
    }
  }

  private take(length: number): number {
    if (length > this.left) throw new Malformed("The CBOR input ends too early");
    const start = this.at;
    this.at += length;
    return start;
  }

  private byte(): number {
    return this.view.getUint8(this.take(1));
  }

  /** The argument of a head: a number itself, or the length of what follows. */
  private length(info: number): number {
    switch (info) {
      case 24:
        return this.byte();
      case 25:
        return this.view.getUint16(this.take(2));
      case 26:
        return this.view.getUint32(this.take(4));
      case 27:
        return Number(this.view.getBigUint64(this.take(8)));
      default:
        if (info > 27) throw new Malformed("The CBOR input has a reserved length");
        return info;
    }
  }

  private string(info: number, major: number): Uint8Array {
    if (info !== INDEFINITE) {
      const length = this.length(info);
      const start = this.take(length);
      return this.bytes.subarray(start, start + length);
    }
    const chunks: Uint8Array[] = [];
    for (let head = this.byte(); head !== 0xff; head = this.byte()) {
      if (head >> 5 !== major || (head & 31) === INDEFINITE)
        throw new Malformed("The CBOR input has a string of mixed chunks");
      chunks.push(this.string(head & 31, major));
    }
    return Buffer.concat(chunks);
  }

  private array(info: number, depth: number): unknown[] {
    const out: unknown[] = [];
    if (info === INDEFINITE) {
      for (let value = this.any(depth + 1); value !== BREAK; value = this.any(depth + 1))
        out.push(value);
    } else {
      for (let left = this.count(info); left > 0; left--) out.push(this.item(depth + 1));
    }
    return out;
  }

  private map(info: number, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const entry = (key: unknown) => {
      if (typeof key !== "string") throw new Malformed("The CBOR input has a key that is no text");
      setKey(out, key, this.item(depth + 1));
    };
    if (info === INDEFINITE) {
      for (let key = this.any(depth + 1); key !== BREAK; key = this.any(depth + 1)) entry(key);
    } else {
      for (let left = this.count(info); left > 0; left--) entry(this.item(depth + 1));
    }
    return out;
  }

  /** Of items that follow: each takes a byte at least, so a length that cannot be true is seen before anything is kept. */
  private count(info: number): number {
    const count = this.length(info);
    if (count > this.left) throw new Malformed("The CBOR input ends too early");
    return count;
  }

  /** Tag 1 is a time since the epoch; others say nothing that a model does not. */
  private tagged(tag: number, depth: number): unknown {
    const value = this.item(depth + 1);
    if (tag !== 1) return value;
    const scale = 1000 / this.perSecond;
    const date = new Date(typeof value === "number" ? Math.round(value * scale) : Number.NaN);
    if (Number.isNaN(date.getTime())) throw new Malformed("The CBOR input has a time that is none");
    return date;
  }

  private simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22: // null
      case 23: // undefined
        return null;
      case 25:
        return half(this.view.getUint16(this.take(2)));
      case 26:
        return this.view.getFloat32(this.take(4));
      case 27:
        return this.view.getFloat64(this.take(8));
      case INDEFINITE:
        return BREAK;
      default:
        throw new Malformed("The CBOR input has a simple value that is not known");
    }
  }
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
