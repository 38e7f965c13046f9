/** Which addresses strangers may make the platform call. */
import { addressBytes, parseCidr } from "../../domain/cidr.ts";

/**
 * `any`: all but link-local addresses, where clouds keep their machines' credentials; `public`: what is reachable from
 * everywhere; `none`: nothing.
 */
export const OUTBOUND = ["any", "public", "none"] as const;
export type Outbound = (typeof OUTBOUND)[number];

const LINK_LOCAL = ["169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"].map(parseCidr);
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
].map(parseCidr);
/** IPv4 inside of IPv6: mapped, translated, 6to4. */
const EMBEDDED = [
  { block: parseCidr("::ffff:0:0/96"), at: 12 },
  { block: parseCidr("::/96"), at: 12 },
  { block: parseCidr("64:ff9b::/96"), at: 12 },
  { block: parseCidr("2002::/16"), at: 2 },
];

export function mayReach(rule: Outbound, address: string): boolean {
  if (rule === "none") return false;
  const bytes = addressBytes(address);
  if (bytes === undefined) return false;
  const inner = EMBEDDED.find(({ block }) => bytes.length === 16 && block.contains(address));
  if (inner !== undefined && address !== "::1" && address !== "::")
    return mayReach(rule, bytes.slice(inner.at, inner.at + 4).join("."));
  if (LINK_LOCAL.some((block) => block.contains(address))) return false;
  return rule === "any" || !SPECIAL.some((block) => block.contains(address));
}
