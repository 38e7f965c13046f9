/**
 * No bytes on which our parser and node:http would disagree about where a request ends are served by ours: known ways
 * to smuggle requests one by one, then streams at random. YUNQUE_FUZZ=1000000 tries so many; a failure names its seed.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Answering, assertAgreed } from "./front-jury.ts";
import { randomStream } from "./front-streams.ts";
import { Random } from "./random.ts";

const STREAMS = Number(process.env["YUNQUE_FUZZ"] || 4_000);
const FIRST_SEED = Number(process.env["YUNQUE_FUZZ_SEED"] || 1);
const ANSWERING: readonly Answering[] = ["at once", "later", "last"];

const NEXT = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const post = (headers: string, body = "") =>
  `POST /x HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`;
const get = (headers: string) => `GET /x HTTP/1.1\r\n${headers}\r\n\r\n${NEXT}`;

/** What a front end must not serve by itself. */
const HANDED_OVER: Readonly<Record<string, string>> = {
  "CL.TE": post("Content-Length: 6\r\nTransfer-Encoding: chunked", `0\r\n\r\nG${NEXT}`),
  "TE.CL": post(
    "Transfer-Encoding: chunked\r\nContent-Length: 4",
    `24\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  ),
  "TE.TE, the second one unknown": post(
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
    `0\r\n\r\n${NEXT}`,
  ),
  "a chunked body": post("Transfer-Encoding: chunked", `2\r\n{}\r\n0\r\n\r\n${NEXT}`),
  "extensions of a chunk": post(
    "Transfer-Encoding: chunked",
    `2;a="\n${SMUGGLED}"\r\n{}\r\n0\r\n\r\n`,
  ),
  trailers: post(
    "Transfer-Encoding: chunked\r\nTrailer: X",
    `0\r\nContent-Length: 40\r\n\r\n${NEXT}`,
  ),
  "CL.CL, alike": post("Content-Length: 2\r\nContent-Length: 2", `{}${NEXT}`),
  "CL.CL, unlike": post("Content-Length: 0\r\nContent-Length: 40", SMUGGLED),
  "a list of lengths": post("Content-Length: 2, 2", `{}${NEXT}`),
  "a length with a sign": post("Content-Length: +2", `{}${NEXT}`),
  "a negative length": post("Content-Length: -1", NEXT),
  "a length in hexadecimal": post("Content-Length: 0x2", `{}${NEXT}`),
  "a length with a fraction": post("Content-Length: 2.0", `{}${NEXT}`),
  "a length that begins with zero": post("Content-Length: 02", `{}${NEXT}`),
  "no length in a length": post("Content-Length:", NEXT),
  "a length past all numbers": post("Content-Length: 18446744073709551618", `{}${NEXT}`),
  "a length with a space behind it": post("Content-Length: 2 ", `{}${NEXT}`),
  "a length behind a tab": post("Content-Length:\t2", `{}${NEXT}`),
  "a length behind a vertical tab": post("Content-Length: \x0b2", `{}${NEXT}`),
  "a space before a colon": post("Content-Length : 2", `{}${NEXT}`),
  "a tab before a colon": post("Transfer-Encoding\t: chunked", `0\r\n\r\n${NEXT}`),
  "a space before a name": `POST /x HTTP/1.1\r\n Host: a\r\nContent-Length: 2\r\n\r\n{}${NEXT}`,
  "a coding behind a vertical tab": post("Transfer-Encoding:\x0bchunked", `0\r\n\r\n${NEXT}`),
  "a coding in a folded line": post("Transfer-Encoding:\r\n chunked", `0\r\n\r\n${NEXT}`),
  "a coding in quotes": post('Transfer-Encoding: "chunked"', `0\r\n\r\n${NEXT}`),
  "a coding behind a bare LF": post("X: y\nTransfer-Encoding: chunked", `0\r\n\r\n${NEXT}`),
  "a coding behind a bare CR": post("X: y\rTransfer-Encoding: chunked", `0\r\n\r\n${NEXT}`),
  "a coding behind a NUL": post("X: y\0Transfer-Encoding: chunked", `0\r\n\r\n${NEXT}`),
  identity: post("Transfer-Encoding: identity\r\nContent-Length: 2", `{}${NEXT}`),
  "a folded line": get("Host: a\r\nX: y\r\n z"),
  "a folded line that holds a header": get("Host: a\r\nX: y\r\n\tContent-Length: 30"),
  "a NUL in a value": get("Host: a\r\nX: a\0b"),
  "a tab in a value": get("Host: a\r\nX: a\tb"),
  "a NUL in a name": get("Host: a\r\nX\0: a"),
  "a byte beyond ASCII in a name": get("Host: a\r\nX\xff: a"),
  "a byte beyond ASCII in a value": get("Host: a\r\nX: \xff"),
  "a header without a name": get("Host: a\r\n: a"),
  "a header without a colon": get("Host: a\r\nX"),
  "two hosts": get("Host: a\r\nHost: b"),
  "the same host twice": get("Host: a\r\nhost: a"),
  "no host": get("X: y"),
  "an empty host": get("Host:"),
  "a host that is none": get("Host: a/b"),
  "a host with a user": get("Host: a@b"),
  "lines that end in LF": `GET /x HTTP/1.1\nHost: a\n\n${NEXT}`,
  "a head that ends in LF": `GET /x HTTP/1.1\r\nHost: a\r\n\n${NEXT}`,
  "a head that ends in CR": `GET /x HTTP/1.1\r\nHost: a\r\n\r${NEXT}`,
  "a line that ends in CR CR LF": `GET /x HTTP/1.1\r\nHost: a\r\r\n\r\n${NEXT}`,
  "empty lines before a request": `\r\n\r\n${NEXT}`,
  "HTTP/1.0": `POST /x HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}${NEXT}`,
  "HTTP/0.9": `GET /x\r\n${NEXT}`,
  "HTTP/2.0": `GET /x HTTP/2.0\r\nHost: a\r\n\r\n${NEXT}`,
  "HTTP in small letters": `GET /x http/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a version with a zero in front": `GET /x HTTP/01.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a method in small letters": `get /x HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a method that has no body in its answer": `HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  CONNECT: `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a target in absolute form": `GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a target that is an asterisk": `OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a fragment": `GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a space in the target": `GET /x y HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a tab for a space": `GET\t/x HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "two spaces": `GET  /x HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "a request within a target": `GET /x\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n${NEXT}`,
  "an expectation": post("Content-Length: 2\r\nExpect: 100-continue", `{}${NEXT}`),
  "an upgrade": get("Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket"),
  "an upgrade to HTTP/2": get(
    "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
  ),
  "a connection that names a header": get("Host: a\r\nConnection: close, Content-Length"),
  "two connections": get("Host: a\r\nConnection: keep-alive\r\nConnection: close"),
  "more headers than anybody sends": get(
    `Host: a\r\n${Array.from({ length: 65 }, (_, n) => `X-${n}: y`).join("\r\n")}`,
  ),
  "a head that is too long": get(`Host: a\r\nX: ${"y".repeat(20_000)}`),
  "more behind a last request": get("Host: a\r\nConnection: close"),
  "more bytes than a last request has": post("Content-Length: 2\r\nConnection: close", "{}x"),
  "a body that is too large": post("Content-Length: 6291457", "{}"),
  "bytes that are no HTTP": "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
};

/** What is plain, and how many requests it is. */
const SERVED: Readonly<Record<string, readonly [text: string, requests: number]>> = {
  "a body as long as it says": [post("Content-Length: 2", `{}${NEXT}`), 2],
  "a body that looks like a request": [
    post(`Content-Length: ${SMUGGLED.length}`, SMUGGLED + NEXT),
    2,
  ],
  "no body": [post("Content-Length: 0", NEXT), 2],
  "no length": [NEXT + NEXT, 2],
  "a length in large letters": [post("CONTENT-LENGTH:2", `{}${NEXT}`), 2],
  "a last request": [post("Content-Length: 2\r\nConnection: close", "{}"), 1],
  "a name that only looks like a length": [post("Content_Length: 40", NEXT), 2],
  "an unfinished body": [post("Content-Length: 100", NEXT), 0],
  "an unfinished head": [`${NEXT}GET /x HTTP/1.1\r\nHost: a\r\n`, 1],
};

describe("ways to smuggle a request", () => {
  for (const [what, text] of Object.entries(HANDED_OVER))
    test(`${what}: handed over as it came`, async () => {
      const bytes = Buffer.from(NEXT + text, "latin1");
      for (const answering of ANSWERING) {
        const { served, rest } = await assertAgreed(bytes, [bytes], answering);
        assert.equal(served.length, 1, "what came before is served");
        assert.equal(rest?.toString("latin1"), text);
      }
    });

  for (const [what, [text, requests]] of Object.entries(SERVED))
    test(`${what}: served as Node.js would`, async () => {
      const bytes = Buffer.from(text, "latin1");
      for (const answering of ANSWERING)
        for (const size of [bytes.length, 150, 7]) {
          const pieces = piecesOf(bytes, size);
          const { served, rest } = await assertAgreed(bytes, pieces, answering);
          // A head in many pieces is not read again and again.
          if (size > 7) assert.deepEqual([served.length, rest], [requests, undefined]);
        }
    });

  test("more requests than may wait are served in their order", async () => {
    const bytes = Buffer.from(NEXT.repeat(100), "latin1");
    for (const answering of ANSWERING) {
      const { served } = await assertAgreed(bytes, [bytes], answering);
      assert.equal(served.length, 100);
    }
  });
});

test(`${STREAMS} streams at random are read alike`, async () => {
  let whole = 0;
  let parts = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
    const random = new Random(seed);
    const { bytes, pieces } = randomStream(random);
    const answering = random.pick(ANSWERING);
    try {
      const { served, rest } = await assertAgreed(bytes, pieces, answering);
      if (rest === undefined) whole++;
      else if (served.length > 0) parts++;
    } catch (error) {
      throw new Error(`seed ${seed}, ${answering}: ${JSON.stringify(bytes.toString("latin1"))}`, {
        cause: error,
      });
    }
  }
  // A generator of nothing but nonsense, or of nothing but sense, would prove nothing.
  assert.ok(
    whole > STREAMS / 10 && parts > STREAMS / 50,
    `${whole} served whole, ${parts} in part`,
  );
});

function piecesOf(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
