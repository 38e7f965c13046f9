import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { DirectCaller, DirectRoute } from "../../aws/routes/direct.ts";
import { ManualClock } from "../../services/functions/fixture.ts";
import { FastFront } from "./index.ts";
import { HEAD_MS, IDLE_MS, KEEP_ALIVE_MS, LINGER_MS, MAX_PIPELINED, SWEEP_MS } from "./limits.ts";

/** A request that the route has, and has not answered. */
interface Held {
  readonly target: string;
  readonly body: string;
  readonly caller: DirectCaller;
}

const HEAD = "Host: a\r\n";
const GET = `GET /x HTTP/1.1\r\n${HEAD}\r\n`;
const NOTHING = new Uint8Array(0);

describe("a connection of the fast front end", () => {
  let clock: ManualClock;
  let front: FastFront;
  let server: Server;
  let held: Held[];
  let arrived: (() => void) | undefined;
  let handedOver: { socket: Socket; text: string; fresh: boolean }[];
  let client: Socket;
  let served: Socket;
  let received: string;

  const route: DirectRoute = (head) => {
    if (head.target === "/nobody") return undefined;
    const { target } = head;
    return {
      serve(body, caller) {
        held.push({ target, body: Buffer.from(body).toString(), caller });
        arrived?.();
      },
    };
  };

  beforeEach(async () => {
    held = [];
    handedOver = [];
    received = "";
    clock = new ManualClock();
    front = new FastFront({
      routes: [route],
      clock,
      onDefect: (error) => assert.ifError(error),
      handOver(socket, bytes, fresh) {
        handedOver.push({ socket, text: bytes.toString(), fresh });
        arrived?.();
      },
    });
    server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      served = socket;
      front.accept(socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const accepted = once(server, "connection");
    client = connect({ port: address.port, host: "127.0.0.1", noDelay: true });
    client.setEncoding("latin1").on("data", (text: string) => {
      received += text;
    });
    await accepted;
  });
  afterEach(async () => {
    client.destroy();
    served.destroy();
    front.stop();
    server.close();
    await once(server, "close");
  });

  /** Resolves once the route has so many requests, or the connection was handed over. */
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      arrived = () => {
        if (held.length >= count || handedOver.length > 0) resolve();
      };
      arrived();
    });
  const answer = ({ caller }: Held, body = "", status = 200) =>
    caller.answer(status, ["X-A", "b"], Buffer.from(body));
  const closed = () => once(client, "close");
  /** Sends, and waits until it was read. */
  const send = async (text: string | Buffer) => {
    const before = served.bytesRead + Buffer.byteLength(text);
    client.write(text);
    while (served.bytesRead < before && !served.destroyed)
      await new Promise((resolve) => setImmediate(resolve));
  };
  /** As the clock goes, second by second: connections are looked at now and then. */
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= SWEEP_MS) clock.advance(SWEEP_MS);
  };
  const last = (): Held => held.at(-1) ?? assert.fail("nothing came");

  test("answers with what the route says, and what it says itself", async () => {
    client.write(`POST /x HTTP/1.1\r\n${HEAD}Content-Length: 5\r\nConnection: close\r\n\r\nhello`);
    await until(1);
    answer(last(), "there");
    await closed();
    assert.equal(last().body, "hello");
    assert.equal(
      received,
      `HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\nDate: ${new Date(clock.now()).toUTCString()}\r\nConnection: close\r\n\r\nthere`,
    );
  });

  test("answers that have no body say no length", async () => {
    client.write(GET);
    await until(1);
    answer(last(), "", 204);
    client.end();
    await closed();
    assert.match(received, /^HTTP\/1.1 204 No Content\r\nX-A: b\r\nDate: /);
    assert.match(received, /Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n$/);
    assert.doesNotMatch(received, /Content-Length/);
  });

  test("a header that would end its head is none", async () => {
    client.write(GET);
    await until(1);
    for (const value of ["a\r\nb: c", "a\nb", "a\0", "☃"])
      assert.throws(() => last().caller.answer(200, ["X-A", value], NOTHING), TypeError);
    answer(last());
    assert.throws(() => answer(last()), /answered twice/);
  });

  test("large answers and small ones keep their order", async () => {
    client.write(GET.repeat(3));
    await until(3);
    const [one, two, three] = held as [Held, Held, Held];
    answer(three, "3");
    answer(one, "1");
    answer(two, "2".repeat(100_000));
    while (!/\r\n\r\n3$/.test(received)) await once(client, "data");
    assert.match(received, /\r\n\r\n1HTTP.*\r\n\r\n2{100000}HTTP.*\r\n\r\n3$/s);
  });

  test("no more requests are read than may wait", async () => {
    client.write(GET.repeat(3 * MAX_PIPELINED));
    await until(MAX_PIPELINED);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(held.length, MAX_PIPELINED);
    for (const one of held.slice(0, 3)) answer(one);
    await until(MAX_PIPELINED + 3);
    assert.equal(held.length, MAX_PIPELINED + 3);
  });

  test("no further request is read while the client takes no answers", async () => {
    client.pause();
    client.write(GET);
    await until(1);
    answer(last(), "x".repeat(30_000_000));
    await send(GET);
    assert.equal(held.length, 1);
    client.resume();
    await until(2);
    assert.equal(held.length, 2);
  });

  test("is handed over once what came before is answered", async () => {
    const text = `GET /nobody HTTP/1.1\r\n${HEAD}\r\nand more`;
    client.write(GET + text);
    await until(1);
    assert.equal(handedOver.length, 0);
    answer(last());
    while (!received.endsWith("\r\n\r\n")) await once(client, "data");
    assert.deepEqual(
      handedOver.map((over) => [over.text, over.fresh]),
      [[text, false]],
    );
    assert.deepEqual(
      ["data", "end", "close", "error", "drain"].map((event) => served.listenerCount(event)),
      [0, 1, 0, 0, 0], // Node.js's own
    );
  });

  test("the client's leave is told to who asked, and its answer goes nowhere", async () => {
    client.write(GET + GET);
    await until(2);
    const told = new Promise<void>((resolve) => last().caller.onGone(resolve));
    assert.equal(last().caller.gone, false);
    client.destroy();
    await told;
    assert.equal(last().caller.gone, true);
    answer(last());
  });

  test("a client that ends inside a head is told", async () => {
    client.end("GET /x HT");
    await closed();
    assert.match(received, /^HTTP\/1.1 400 Bad Request\r\n/);
  });

  describe("waits", () => {
    test("for a first request as long as for a head", async () => {
      pass(HEAD_MS);
      assert.equal(served.destroyed, false);
      pass(2 * SWEEP_MS);
      await closed();
      assert.match(received, /^HTTP\/1.1 408 Request Timeout\r\n/);
    });

    test("for the rest of a head, however slowly it comes", async () => {
      await send("GET /x HT");
      pass(HEAD_MS / 2);
      await send("TP/1.1\r\nHo");
      pass(HEAD_MS / 2 + 2 * SWEEP_MS);
      await closed();
      assert.match(received, /^HTTP\/1.1 408 Request Timeout\r\n/);
    });

    test("for a head in a few pieces only: then Node.js does", async () => {
      for (const byte of GET.slice(0, 4)) await send(byte);
      await until(1);
      assert.deepEqual([held.length, handedOver[0]?.text], [0, GET.slice(0, 4)]);
    });

    test("for a body that comes fast enough", async () => {
      await send(`POST /x HTTP/1.1\r\n${HEAD}Content-Length: 1000000\r\n\r\n`);
      for (let part = 0; part < 9; part++) {
        await send(Buffer.alloc(100_000, "x"));
        pass(20_000);
      }
      assert.equal(served.destroyed, false);
      await send(Buffer.alloc(100_000, "x"));
      await until(1);
      assert.equal(last().body, "x".repeat(1_000_000));
    });

    test("for no body that drips", async () => {
      await send(`POST /x HTTP/1.1\r\n${HEAD}Content-Length: 1000000\r\n\r\n`);
      for (let part = 0; part < 3; part++) {
        await send("x");
        pass(IDLE_MS / 3 - SWEEP_MS);
      }
      assert.equal(served.destroyed, false);
      await send("x");
      pass(5 * SWEEP_MS);
      await closed();
      assert.deepEqual([received, held], ["", []]);
    });

    test("for no body that stopped", async () => {
      await send(`POST /x HTTP/1.1\r\n${HEAD}Content-Length: 10\r\n\r\nx`);
      pass(IDLE_MS + 2 * SWEEP_MS);
      await closed();
      assert.equal(received, "");
    });

    test("for a function as long as that takes", async () => {
      client.write(GET);
      await until(1);
      pass(900_000);
      answer(last(), "at last");
      while (!received.endsWith("at last")) await once(client, "data");
    });

    test("for a next request", async () => {
      client.write(GET);
      await until(1);
      answer(last());
      while (!received.endsWith("\r\n\r\n")) await once(client, "data");
      pass(KEEP_ALIVE_MS);
      assert.equal(served.destroyed, false);
      pass(2 * SWEEP_MS);
      await closed();
    });

    test("for no reader that takes nothing", async () => {
      client.pause();
      client.write(GET);
      await until(1);
      answer(last(), "x".repeat(30_000_000));
      await new Promise((resolve) => setImmediate(resolve));
      pass(IDLE_MS);
      assert.equal(served.destroyed, false);
      pass(30_000_000);
      assert.equal(served.destroyed, true);
    });

    test("a little for the client to close behind its last answer", async () => {
      const half = connect({ port: served.localPort ?? 0, host: "127.0.0.1", allowHalfOpen: true });
      const [socket] = (await once(server, "connection")) as [Socket];
      half.resume().write(`GET /x HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      await until(1);
      answer(last());
      await once(half, "end");
      pass(LINGER_MS);
      assert.equal(socket.destroyed, false);
      pass(2 * SWEEP_MS);
      assert.equal(socket.destroyed, true);
      half.destroy();
    });
  });

  describe("when the front closes", () => {
    test("closes where nothing is under way", async () => {
      front.close();
      await closed();
      assert.equal(received, "");
    });

    test("answers what is under way, and says that it closes", async () => {
      client.write(GET);
      await until(1);
      front.close();
      answer(last(), "done");
      await closed();
      assert.match(received, /\r\nConnection: close\r\n\r\ndone$/);
    });

    test("hands over what comes then", async () => {
      await send("GET /x HT");
      front.close();
      client.write(GET.slice(9));
      await until(1);
      assert.deepEqual([held, handedOver[0]?.text], [[], GET]);
    });
  });
});
