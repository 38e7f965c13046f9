/** Which addresses strangers may make the platform call. */
import { type Address, parseAddress, rangeOf } from "../../domain/ip-address.ts";

/**
 * `any`: all but link-local addresses, where clouds keep their machines' credentials; `public`: what is reachable from
 * everywhere; `none`: nothing.
 */
export const OUTBOUND = ["any", "public", "none"] as const;
export type Outbound = (typeof OUTBOUND)[number];

const LINK_LOCAL = ["169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"].map(blockOf);
/** https://www.iana.org/assignments/iana-ipv4-special-registry and the one of IPv6. */
const SPECIAL = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "64:ff9b:1::/48",
  "100::/64",
  "2001:db8::/32",
  "fc00::/7",
  "ff00::/8",
].map(blockOf);
/** IPv4 inside of IPv6: mapped, translated, 6to4. */
const EMBEDDED = [
  { block: blockOf("::ffff:0:0/96"), behind: 0n },
  { block: blockOf("::/96"), behind: 0n },
  { block: blockOf("64:ff9b::/96"), behind: 0n },
  { block: blockOf("2002::/16"), behind: 80n },
];

export function mayReach(rule: Outbound, address: string): boolean {
  const parsed = parseAddress(undotted(address));
  return parsed !== undefined && reaches(rule, parsed);
}

function reaches(rule: Outbound, address: Address): boolean {
  if (rule === "none") return false;
  const inner = EMBEDDED.find(({ block }) => block(address));
  if (inner !== undefined && address.value > 1n)
    return reaches(rule, { bits: 32, value: (address.value >> inner.behind) & 0xffffffffn });
  if (LINK_LOCAL.some((block) => block(address))) return false;
  return rule === "any" || !SPECIAL.some((block) => block(address));
}

/** Whether an address is in `address/bits`. */
function blockOf(text: string): (address: Address) => boolean {
  const [base = "", mask] = text.split("/");
  const first = parseAddress(base);
  if (first === undefined) throw new RangeError(`not a block: ${text}`);
  const [low, high] = rangeOf(first, Number(mask));
  return ({ bits, value }) => bits === first.bits && value >= low && value <= high;
}

/** `::ffff:127.0.0.1` as `::ffff:7f00:1`. */
function undotted(address: string): string {
  const [, head, dotted = ""] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const inner = parseAddress(dotted);
  if (head === undefined || inner === undefined) return address;
  return `${head}${(inner.value >> 16n).toString(16)}:${(inner.value & 0xffffn).toString(16)}`;
}
