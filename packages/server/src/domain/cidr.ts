/** Blocks of addresses, `10.0.0.0/24` or `2001:db8::/32`. */

export interface Cidr {
  contains(address: string): boolean;
}

/** Why a text is no block, in the words of AWS's matcher. */
export class CidrError extends Error {
  override readonly name = "CidrError";
}

/** @throws CidrError */
export function parseCidr(text: string): Cidr {
  const [address = "", bits = "", ...rest] = text.split("/");
  if (bits === "" || rest.length > 0) throw new CidrError("Malformed CIDR, one '/' required");
  if (!/^[+-]?\d{1,9}$/.test(bits))
    throw new CidrError("Malformed CIDR, mask bits must be an integer");
  const mask = Number(bits);
  if (mask < 0) throw new CidrError("Malformed CIDR, mask bits must not be negative");
  const network = addressBytes(address);
  if (network === undefined) throw new CidrError(`Nonstandard IP address: ${address}`);
  if (network.length === 4 && mask > 32) throw new CidrError("IPv4 mask bits must be <= 32");
  if (mask > 128) throw new CidrError("IPv6 mask bits must be <= 128");
  return {
    contains(candidate) {
      const bytes = addressBytes(candidate);
      return bytes !== undefined && bytes.length === network.length && agree(bytes, network, mask);
    },
  };
}

function agree(a: readonly number[], b: readonly number[], bits: number): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at += 1) if (a[at] !== b[at]) return false;
  const left = 8 - (bits & 7);
  return left === 8 || (a[whole] ?? 0) >> left === (b[whole] ?? 0) >> left;
}

/** The bytes of an IPv4 (4) or IPv6 (16) address; undefined where it is none. */
export function addressBytes(text: string): readonly number[] | undefined {
  return text.includes(":") ? sixteen(text) : four(text);
}

function four(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function sixteen(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? "");
  const tail = groups(halves[1] ?? "");
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Colon-separated groups of 16 bits, the last of which may be an IPv4 address. */
function groups(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    const dotted = at === parts.length - 1 && part.includes(".") ? four(part) : undefined;
    if (dotted !== undefined) bytes.push(...dotted);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const value = Number.parseInt(part, 16);
      bytes.push(value >> 8, value & 255);
    } else return undefined;
  }
  return bytes;
}
