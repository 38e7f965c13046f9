/** A web server on this machine that keeps what is sent to it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Sent {
  /** Names as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The text as JSON; empty where it is none. */
  readonly body: Readonly<Record<string, string>>;
}

export interface Listener {
  readonly url: string;
  /** The next message, in their order. */
  next(): Promise<Sent>;
  /** What the next answers say; 200 unless set. */
  status: number;
  close(): void;
}

export async function listenForMessages(path = "/"): Promise<Listener> {
  const arrived: Sent[] = [];
  const waiting: ((sent: Sent) => void)[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      const names = request.rawHeaders.filter((_, index) => index % 2 === 0);
      const values = request.rawHeaders.filter((_, index) => index % 2 === 1);
      const headers = Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
      const sent = { headers, text, body: parsed(text) };
      response.writeHead(listener.status).end();
      const next = waiting.shift();
      if (next === undefined) arrived.push(sent);
      else next(sent);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const listener: Listener = {
    url: `http://127.0.0.1:${port}${path}`,
    status: 200,
    next() {
      const sent = arrived.shift();
      return sent === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(sent);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return listener;
}

function parsed(text: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
