/**
 * Where X-Ray's SDKs send their segments, as its daemon takes them: one document in each UDP datagram, behind a line that says
 * its form; and, on the same port over TCP, the questions about sampling. On loopback alone.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon.html
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface XrayDaemon {
  /** `127.0.0.1:2000` */
  readonly address: string;
  close(): Promise<void>;
}

export interface XrayDaemonOptions {
  /** Any other free one where it is taken; 0 asks for no certain one. */
  readonly port: number;
  onDocument(text: string): void;
  readonly serve: RequestListener;
}

const HOST = "127.0.0.1";
/** A free port of one kind may be taken of the other. */
const ATTEMPTS = 20;
const CONNECTIONS = 256;

export async function openXrayDaemon(options: XrayDaemonOptions): Promise<XrayDaemon> {
  for (let attempt = 0; ; attempt++)
    try {
      return await open(options, attempt === 0 ? options.port : 0);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "EADDRINUSE" && code !== "EACCES") || attempt === ATTEMPTS) throw error;
    }
}

async function open({ onDocument, serve }: XrayDaemonOptions, wanted: number): Promise<XrayDaemon> {
  const server = createServer(serve);
  server.maxConnections = CONNECTIONS;
  server.listen(wanted, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
  try {
    socket.bind(port, HOST);
    await once(socket, "listening");
  } catch (error) {
    await shut(server);
    throw error;
  }
  // What is wrong with one datagram concerns nobody else.
  socket.on("error", () => {});
  socket.on("message", (datagram) => {
    const text = documentOf(datagram);
    if (text !== undefined) onDocument(text);
  });
  socket.unref();
  server.unref();
  return {
    address: `${HOST}:${port}`,
    async close() {
      await Promise.all([shutSocket(socket), shut(server)]);
    },
  };
}

/** What follows the line `{"format": "json", "version": 1}`. */
function documentOf(datagram: Buffer): string | undefined {
  const end = datagram.indexOf(10);
  if (end < 0 || end > 256) return undefined;
  try {
    const head = JSON.parse(datagram.toString("utf8", 0, end)) as { format?: unknown };
    return head?.format === "json" ? datagram.toString("utf8", end + 1) : undefined;
  } catch {
    return undefined;
  }
}

function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const shutSocket = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.close(() => resolve()));
