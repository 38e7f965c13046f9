/** Requests over node:http. The address is looked at where the connection is made: a name cannot change in between. */
import { lookup } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { UnreachableAddress, type Web, type WebAnswer, type WebRequest } from "../../ports/web.ts";
import { mayReach, type Outbound } from "./address-rules.ts";

/** Connections that stay open for the next request, of all endpoints together. */
const IDLE_SOCKETS = 256;
const IDLE_MS = 10_000;
/** So much that nobody wants is read to keep a connection. */
const UNREAD_BYTES = 64 * 1024;

export function createWeb(rule: Outbound): Web {
  const idle = { keepAlive: true, maxFreeSockets: 2, maxTotalSockets: Number.POSITIVE_INFINITY };
  const agents = {
    "http:": new HttpAgent({ ...idle, timeout: IDLE_MS }),
    "https:": new HttpsAgent({ ...idle, timeout: IDLE_MS, maxCachedSessions: IDLE_SOCKETS }),
  };
  const allowed = allowedLookup(rule);
  return {
    async send(request) {
      const url = URL.parse(request.url);
      if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
        throw new UnreachableAddress(`${request.url} is no address of a web server`);
      const host = url.hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) !== 0 && !mayReach(rule, host)) throw forbidden(host);
      const isHttps = url.protocol === "https:";
      const agent = agents[url.protocol];
      return await exchange(isHttps ? httpsRequest : httpRequest, url, request, {
        agent,
        lookup: allowed,
      });
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function exchange(
  send: typeof httpRequest,
  url: URL,
  { method, headers, body, timeoutMs, maxBytes = 0 }: WebRequest,
  how: { readonly agent: HttpAgent; readonly lookup: LookupFunction },
): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const length = { "Content-Length": String(body.length) };
    const options = { method, headers: { ...headers, ...length }, signal, ...how };
    const fail = (error: unknown) =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
    let answered = false;
    const sent = send(url, options, (answer) => {
      answered = true;
      read(answer, maxBytes).then(resolve, fail);
    });
    // Once there is an answer, reading it tells what becomes of it.
    sent.on("error", (error) => {
      if (!answered) fail(error);
    });
    sent.end(body);
  });
}

/**
 * Reads an answer as far as it is wanted. What somebody wants nothing of is whole with its head: then neither an end that
 * does not come nor one that is cut off matters.
 */
async function read(answer: IncomingMessage, maxBytes: number): Promise<WebAnswer> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      if (bytes < maxBytes) kept.push(chunk.subarray(0, maxBytes - bytes));
      bytes += chunk.length;
      if (bytes > maxBytes + UNREAD_BYTES) break; // ends the connection
    }
  } catch (error) {
    if (maxBytes > 0) throw error;
  }
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(kept),
  };
}

/** Resolves a name to the first of its addresses that may be called. */
function allowedLookup(rule: Outbound): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const found = addresses.filter(({ address }) => mayReach(rule, address));
      const [first] = found;
      if (first === undefined) return callback(forbidden(hostname), "", 0);
      if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

const forbidden = (host: string) =>
  new UnreachableAddress(`the setting "outbound" forbids to call ${host}`);
