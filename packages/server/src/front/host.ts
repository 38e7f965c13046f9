/**
 * Whom a request is for: the Host header, or the authority of a target in absolute form. Strangers choose it, and it
 * goes on to name buckets and functions and to stand in the URLs of answers: so it is checked once, at the edge.
 */
import type { IncomingMessage } from "node:http";

/** RFC 3986, 3.2.2, as far as names and addresses go; perhaps with a port. */
const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/**
 * Makes a request say for whom it is in one way: `headers.host` is there and holds a host, `url` is a path. Answers
 * whether that is possible; where it is not, the request is a bad one (RFC 9112, 3.2).
 * @param usual for HTTP/1.0, and for clients that leave the header empty.
 */
export function settleHost(request: IncomingMessage, usual: string): boolean {
  const { headers, url = "/" } = request;
  const named = headers[":authority"];
  if (typeof named === "string") headers.host = named; // HTTP/2: RFC 9113, 8.3.1
  if (countOfHosts(request) > 1) return false;
  const authority = url.startsWith("/") ? undefined : ABSOLUTE.exec(url);
  if (authority) {
    const rest = url.slice(authority[0].length);
    request.url = rest.startsWith("/") ? rest : `/${rest}`;
    headers.host = authority[1] ?? "";
  }
  headers.host ||= usual;
  return isHost(headers.host);
}

/** The last one that was found good: most requests of a platform name the same. */
let known = "";

export function isHost(host: string): boolean {
  if (host === known) return true;
  if (!HOST.test(host) || !URL.canParse(`http://${host}`)) return false;
  known = host;
  return true;
}

/** Node.js keeps the first of several. */
function countOfHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count;
}
