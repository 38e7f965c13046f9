/** An admin API over sources that tests set by hand, on a real server. */
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type AdminSources, createAdmin, type LogRecord } from "./index.ts";

/** The fixture's token. */
export const TOKEN = "0123456789abcdef";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface AdminFixture {
  readonly port: number;
  readonly defects: unknown[];
  /** The store's past, and who follows it. */
  readonly past: LogRecord[];
  readonly followers: Set<(record: LogRecord) => void>;
  /** With the token. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Answer>;
  /** Without. */
  ask(path: string): Promise<Answer>;
  /** As the platform does when it stops. */
  stop(): void;
  close(): Promise<void>;
}

export async function openAdmin(overrides: Partial<AdminSources> = {}): Promise<AdminFixture> {
  const past: LogRecord[] = [];
  const followers = new Set<(record: LogRecord) => void>();
  const sources: AdminSources = {
    version: "1.2.3",
    engine: "memory",
    account: "000000000000",
    region: "us-east-1",
    startedAt: Date.now() - 1000,
    token: TOKEN,
    isolation: { tier: "none", enforces: [], lacks: [], refused: [], network: "host" },
    config: { port: 4566 },
    services: () => [
      { service: "lambda", implemented: ["Invoke"], missing: ["CreateCodeSigningConfig"] },
      { service: "iot", implemented: [], missing: ["CreateThing"] },
    ],
    instances: async () => ({
      isolation: "none",
      waiting: { booted: 0, walls: 0 },
      deployments: [],
    }),
    workers: () => [],
    cost: async ({ from, to }) => ({
      ...{ currency: "USD", book: "aws", source: "here", date: "today", from, to },
      parts: [],
      total: {
        ...{ name: "total", requests: 0, gbSeconds: 0, container: 0 },
        cost: { requests: 0, duration: 0, provisioned: 0, storage: 0, transfer: 0, total: 0 },
        ...{ utilisation: 0, containerUtilisation: 0, idleProvisioned: 0 },
      },
    }),
    metrics: () => "yunque_things_total 1\n",
    logs: {
      read: async (_group, { since = 0, limit = 1000 }) =>
        past.filter(({ timestamp }) => timestamp >= since).slice(-limit),
      follow(_group, listener) {
        followers.add(listener);
        return () => followers.delete(listener);
      },
    },
    logLines: async (name) => (name === "hello" ? "here/hello" : undefined),
    logGroup: async (name) => (name === "hello" ? "/aws/lambda/hello" : undefined),
    ...overrides,
  };
  const defects: unknown[] = [];
  const admin = createAdmin(sources, (error) => defects.push(error));
  const server = createServer((incoming, response) => {
    if (!admin.route(incoming, response)) response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    defects,
    past,
    followers,
    get: (path, headers = {}, method = "GET") =>
      fetchRaw({
        port,
        path,
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
        method,
      }),
    ask: (path) => fetchRaw({ port, path, headers: {}, method: "GET" }),
    stop: () => admin.close(),
    close: () =>
      new Promise((resolve) => {
        admin.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Unlike fetch, it sends any Host, Origin and path as they are. */
function fetchRaw(options: {
  port: number;
  path: string;
  headers: Record<string, string>;
  method: string;
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    call.once("error", reject).end();
  });
}
