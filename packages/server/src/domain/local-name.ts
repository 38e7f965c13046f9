/**
 * Whether a host, without its port, names this machine and can name no other: `localhost` and every name under it
 * (RFC 6761, 6.3), 127.0.0.0/8 and `[::1]`. Whoever owns a domain can let any other name lead here.
 */
export function isLocalName(name: string): boolean {
  return /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(name);
}
