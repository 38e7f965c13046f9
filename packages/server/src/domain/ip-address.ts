/** Addresses and ranges of addresses, as numbers. */

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** An IPv4 or IPv6 literal; undefined where the text is neither. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined;
  if (/^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(text)) return parseV4(text);
  return /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/.test(text) ? parseV6(text) : undefined;
}

/** First and last address of `address/bits` where `maskBits` of it are fixed. The first is the address itself. */
export function rangeOf({ bits, value }: Address, maskBits: number): readonly [bigint, bigint] {
  const free = (1n << BigInt(bits - maskBits)) - 1n;
  return [value, value | free];
}

function parseV4(text: string): Address | undefined {
  let value = 0n;
  for (const part of text.split(".")) {
    const byte = Number(part);
    if (byte > 255) return undefined;
    value = (value << 8n) | BigInt(byte);
  }
  return { bits: 32, value };
}

function parseV6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill("0"), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return { bits: 128, value };
}
