import type { TimeUnits } from "./cbor-decode.ts";

/** Writes CBOR (RFC 8949), item by item, into a buffer that grows. */
export class CborWriter {
  private bytes = Buffer.allocUnsafe(512);
  private length = 0;
  private readonly perSecond: TimeUnits;

  /** `perSecond`: units in which times are counted. */
  constructor(perSecond: TimeUnits = 1) {
    this.perSecond = perSecond;
  }

  /** The bytes so far; valid until the next item is written. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  null(): void {
    this.byte(0xf6);
  }

  boolean(value: boolean): void {
    this.byte(value ? 0xf5 : 0xf4);
  }

  /** Whole numbers up to 2^53 in magnitude. */
  integer(value: number): void {
    if (value < 0) this.head(1, -1 - value);
    else this.head(0, value);
  }

  double(value: number): void {
    this.reserve(9);
    this.bytes[this.length] = 0xfb;
    this.bytes.writeDoubleBE(value, this.length + 1);
    this.length += 9;
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.head(3, size);
    this.reserve(size);
    this.length += this.bytes.write(value, this.length, size, "utf8");
  }

  binary(value: Uint8Array): void {
    this.head(2, value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Tag 1: a time since the epoch. */
  time(value: Date): void {
    this.byte(0xc1);
    const time = (value.getTime() / 1000) * this.perSecond;
    if (Number.isInteger(time)) this.integer(time);
    else this.double(time);
  }

  /** As many items must follow. */
  array(items: number): void {
    this.head(4, items);
  }

  /** As many pairs of key and value must follow. */
  map(entries: number): void {
    this.head(5, entries);
  }

  private head(major: number, argument: number): void {
    this.reserve(9);
    const type = major << 5;
    if (argument < 24) this.bytes[this.length++] = type | argument;
    else if (argument < 0x100) {
      this.bytes[this.length++] = type | 24;
      this.bytes[this.length++] = argument;
    } else if (argument < 0x10000) {
      this.bytes[this.length++] = type | 25;
      this.length = this.bytes.writeUInt16BE(argument, this.length);
    } else if (argument < 0x100000000) {
      this.bytes[this.length++] = type | 26;
      this.length = this.bytes.writeUInt32BE(argument, this.length);
    } else {
      this.bytes[this.length++] = type | 27;
      this.length = this.bytes.writeBigUInt64BE(BigInt(argument), this.length);
    }
  }

  private byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  private reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
