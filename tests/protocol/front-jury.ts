/**
 * Two readers of one client's bytes: ours, with whatever it hands over, and node:http. Where they would not agree about
 * where a request begins and ends, somebody could be made to answer what nobody asked (request smuggling).
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { DirectCaller, DirectHead } from "../../packages/server/src/aws/routes/direct.ts";
import { FastFront } from "../../packages/server/src/front/fast/index.ts";
import { systemClock } from "../../packages/server/src/ports/clock.ts";

/** A request as a reader understood it. */
export interface Read {
  readonly method: string;
  readonly target: string;
  readonly host: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** What a reader made of a stream of bytes. */
export interface Reading {
  /** Requests that are complete. */
  readonly requests: Read[];
  /** It read something that is no HTTP. */
  readonly broken: boolean;
}

export interface OurReading {
  readonly served: Read[];
  /** What was handed over, and all that followed; undefined where nothing was. */
  readonly rest: Buffer | undefined;
  /** The client said that it wants no further answer. */
  readonly last: boolean;
}

/** When the route answers: at once, a little later, or when all has come. */
export type Answering = "at once" | "later" | "last";

/** A connection in memory. */
class Wire extends Duplex {
  written = "";
  override _read(): void {}
  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.written += typeof chunk === "string" ? chunk : chunk.toString("latin1");
    void encoding;
    done();
  }
  destroySoon(): void {
    this.end();
  }
}

const quiet = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** How our front end reads these pieces. */
export async function readByUs(
  pieces: readonly Buffer[],
  answering: Answering,
): Promise<OurReading> {
  const wire = new Wire({ allowHalfOpen: true, decodeStrings: false });
  const served: Read[] = [];
  const waiting: (() => void)[] = [];
  const rest: Buffer[] = [];
  let handedOver = false;
  let last = false;
  const route = (head: DirectHead) => {
    const { method, target } = head;
    const [host, type] = [head.header("host"), head.header("content-type")];
    const close = head.header("connection")?.toLowerCase() === "close";
    return {
      serve(body: Uint8Array, caller: DirectCaller) {
        const number = served.push({ method, target, host, type, body: latin1(body) });
        last ||= close;
        const answer = () => caller.answer(200, ["x-number", String(number)], new Uint8Array(0));
        if (answering === "at once") answer();
        else if (answering === "later") queueMicrotask(answer);
        else waiting.push(answer);
      },
    };
  };
  const front = new FastFront({
    routes: [route],
    clock: systemClock,
    onDefect: (error) => assert.ifError(error),
    handOver(socket, bytes) {
      handedOver = true;
      rest.push(bytes);
      socket.on("data", (chunk: Buffer) => rest.push(chunk));
      socket.resume();
    },
  });
  front.accept(wire as unknown as Socket);
  for (const piece of pieces) wire.push(piece);
  await quiet();
  // Answered out of their order, which must not show.
  while (waiting.length > 0) {
    for (const answer of waiting.splice(0).reverse()) answer();
    await quiet();
  }
  const numbers = [...wire.written.matchAll(/x-number: (\d+)/g)].map(([, number]) =>
    Number(number),
  );
  assert.deepEqual(
    numbers,
    served.map((_, index) => index + 1),
  );
  front.stop();
  wire.destroy();
  return { served, rest: handedOver ? Buffer.concat(rest) : undefined, last };
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

interface Collected {
  readonly requests: Map<IncomingMessage, Read | undefined>;
  broken: boolean;
}
const collections = new WeakMap<object, Collected>();

const server = createServer({ requireHostHeader: false, maxHeaderSize: 32 * 1024 });
server.on("request", collect);
server.on("checkContinue", collect);
server.on("checkExpectation", collect);
for (const event of ["upgrade", "connect"])
  server.on(event, (request: IncomingMessage) => {
    // What follows is no HTTP any more.
    collectionOf(request).requests.set(request, describe(request, ""));
  });
server.on("clientError", (_error, socket) => {
  const collected = collections.get(socket);
  if (collected) collected.broken = true;
});

const collectionOf = ({ socket }: IncomingMessage): Collected =>
  collections.get(socket) ?? assert.fail("a request from nowhere");

function collect(request: IncomingMessage): void {
  const { requests } = collectionOf(request);
  requests.set(request, undefined);
  request.on("error", () => {});
  let body = "";
  // As its parser reads it: where it gives the connection up later, a listener would not hear of what came before.
  request.push = (chunk: Buffer | null) => {
    if (chunk === null) requests.set(request, describe(request, body));
    else body += latin1(chunk);
    return true;
  };
}

const describe = (request: IncomingMessage, body: string): Read => ({
  method: request.method ?? "",
  target: request.url ?? "",
  host: request.headers.host,
  type: request.headers["content-type"],
  body,
});

/** How node:http reads these bytes. */
export async function readByNode(bytes: Buffer): Promise<Reading> {
  const wire = new Wire({ allowHalfOpen: true });
  wire.on("error", () => {});
  const collected: Collected = { requests: new Map(), broken: false };
  collections.set(wire, collected);
  server.emit("connection", wire);
  wire.push(bytes);
  await quiet();
  wire.destroy();
  const requests = [...collected.requests.values()].filter((read) => read !== undefined);
  return { requests, broken: collected.broken };
}

/** Fails unless what we served, and what Node.js makes of what we handed over, is what Node.js makes of all of it. */
export async function assertAgreed(
  bytes: Buffer,
  pieces: readonly Buffer[],
  answering: Answering,
): Promise<OurReading> {
  const ours = await readByUs(pieces, answering);
  const { served, rest, last } = ours;
  const whole = await readByNode(bytes);
  assert.deepEqual(served, whole.requests.slice(0, served.length), "served what Node.js reads");
  if (rest !== undefined) {
    assert.ok(bytes.subarray(bytes.length - rest.length).equals(rest), "handed over the end of it");
    const handed = await readByNode(rest);
    assert.deepEqual(handed, { ...whole, requests: whole.requests.slice(served.length) });
  } else if (!last) {
    // Where we wait for the end of a line Node.js may know already that it is none.
    assert.equal(whole.requests.length, served.length, "waits alike");
  }
  return ours;
}
