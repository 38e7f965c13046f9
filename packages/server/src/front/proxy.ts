/** What a worker does not serve itself goes on to the primary as it came, and its answer back. RFC 9110, 7.6. */
import { Agent, type IncomingMessage, request as open, type ServerResponse } from "node:http";
import { RequestBody } from "../aws/body.ts";
import { PEER_HEADER } from "./internal.ts";
import { type Route, refuse } from "./serving.ts";

/** RFC 9110, 7.6.1: they are about one connection. What else `Connection` names goes with them. */
const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
];

export interface Proxy {
  readonly route: Route;
  /** Ends connections to the primary. */
  close(): void;
}

/** Claims every request, and has the primary's listener at `path` answer it. */
export function createProxy(path: string): Proxy {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  return {
    route(request, response) {
      forward(request, response, agent, path);
      return true;
    },
    close: () => agent.destroy(),
  };
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  agent: Agent,
  socketPath: string,
): void {
  const { method, url } = request;
  const onward = open({ agent, socketPath, method, path: url, setHost: false });
  // Without a length and without chunks there is no body, and none must be announced.
  onward.useChunkedEncodingByDefault = false;
  // HTTP/2 needs none of both for one.
  const { headers, httpVersionMajor, complete } = request;
  if (httpVersionMajor > 1 && !complete && headers["content-length"] === undefined)
    onward.setHeader("transfer-encoding", "chunked");
  for (const [name, value] of passedOn(request.rawHeaders)) {
    const lower = name.toLowerCase();
    if (lower !== "host" && lower !== PEER_HEADER) onward.appendHeader(name, value);
  }
  onward.setHeader("host", request.headers.host ?? ""); // the front door has settled it
  onward.setHeader(PEER_HEADER, request.socket.remoteAddress ?? "");

  const body = new RequestBody(request, response);
  onward.on("continue", () => body.proceed());
  let answered = false;
  onward.on("response", (answer) => {
    answered = true;
    body.settle();
    answerWith(answer, response);
  });
  onward.on("error", () => {
    // An answer that came before all of the request was read stands; whether it is whole, it says itself.
    if (!answered && !response.headersSent) refuse(response, 503);
  });
  response.on("close", () => {
    request.unpipe(onward);
    if (!response.writableFinished || !request.complete) onward.destroy();
    if (response.writableFinished) body.discard();
  });
  request.on("error", () => onward.destroy());
  onward.flushHeaders(); // a body may be long in coming
  request.pipe(onward);
}

function answerWith(answer: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of passedOn(answer.rawHeaders))
    if (name.toLowerCase() !== "transfer-encoding") response.appendHeader(name, value);
  // The primary leaves the rest of a body unread.
  if (answer.headers.connection === "close") response.setHeader("connection", "close");
  response.writeHead(answer.statusCode ?? 502);
  if (answer.headers["content-length"] === undefined) response.flushHeaders(); // it may be long in coming
  answer.pipe(response);
  answer.on("error", () => response.destroy()); // what breaks off must not look whole
}

/** Pairs of headers without those that are about the connection. */
function passedOn(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const dropped = new Set(HOP_BY_HOP);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (!name.startsWith(":")) pairs.push([name, value]); // HTTP/2's own
    if (name.toLowerCase() === "connection")
      for (const named of value.split(",")) dropped.add(named.trim().toLowerCase());
  }
  // Whatever Connection says, it cannot take away how the body is framed, nor for whom the request is.
  for (const kept of ["transfer-encoding", "content-length", "host"]) dropped.delete(kept);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
}
