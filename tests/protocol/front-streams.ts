/** Streams of bytes that a client might send to make two readers of HTTP disagree: a grammar with faults, and then faults. */
import type { Random } from "./random.ts";

/** The bytes of a connection, and the pieces in which they come. */
export interface Stream {
  readonly bytes: Buffer;
  readonly pieces: readonly Buffer[];
}

/** A stream of one to five requests. Most are sound; each part of each may be odd. */
export function randomStream(random: Random): Stream {
  // The more often something is odd, the less often what follows is reached.
  const odd = random.pick([0, 0.01, 0.03, 0.1, 0.3]);
  let text = "";
  for (let count = random.between(1, 5); count > 0; count--) text += request(random, odd);
  let bytes = Buffer.from(text, "latin1");
  for (let faults = random.chance(0.4) ? random.between(1, 3) : 0; faults > 0; faults--)
    bytes = mutated(bytes, random);
  return { bytes, pieces: split(bytes, random) };
}

const METHODS = [
  "post",
  "PoST",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "PRI",
  "M-SEARCH",
  "POST ",
  "",
  "P",
  "QUERY",
  "GET\t",
];
const TARGETS = [
  "",
  "*",
  "x",
  "http://h/x",
  "/a#b",
  "/a b",
  "/\xe9",
  "/%00",
  "//h/x",
  "/a\0b",
  "/?a=b c",
  "h:80",
  "/\t",
];
const VERSIONS = [
  "HTTP/1.0",
  "HTTP/0.9",
  "http/1.1",
  "HTTP/1.2",
  "HTTP/2.0",
  "HTTP/1.1 ",
  "HTTP/01.1",
  "HTP/1.1",
  "",
  "HTTP/1.10",
];
const ENDS = ["\n", "\r", "\r\r\n", "\n\r", " \r\n", "\0\r\n", "\r\n\r\n", "\x0b\r\n", "\r\n "];
const LENGTHS = [
  "+5",
  "-1",
  "0x5",
  "5 ",
  " 5",
  "5,5",
  "5, 5",
  "05",
  "5.0",
  "1e1",
  "",
  "5\t",
  "99999999999999999999",
  "5;",
  "\x0b5",
  "6 6",
  "\xb9",
];
const CODINGS = [
  "chunked",
  "Chunked",
  "chunked ",
  "identity",
  "gzip, chunked",
  "chunked, identity",
  "xchunked",
  "\tchunked",
  "\x0bchunked",
  '"chunked"',
  "chunked;a",
  "",
  "chunked, chunked",
  "cow",
];
const NAMES = [
  "Content-Length",
  "content-length",
  "CONTENT-LENGTH",
  "Content_Length",
  "Content-Length ",
  " Content-Length",
  "Content\0-Length",
  "\tContent-Length",
  "Content-Length\t",
  "Content-Lengt",
  "Con\r\ntent-Length",
];
const CODING_NAMES = [
  "Transfer-Encoding",
  "transfer-encoding",
  "Transfer_Encoding",
  "Transfer-Encoding ",
  " Transfer-Encoding",
  "Transfer\tEncoding",
  "\x00Transfer-Encoding",
  "X: y\nTransfer-Encoding",
  "X: y\rTransfer-Encoding",
  "Transfer-Encoding\x00",
];
const OTHERS = [
  "X: y",
  "X:y",
  "X:",
  "X: ",
  "X:  y",
  "X: y ",
  "X:\ty",
  "X: y\tz",
  "X : y",
  ": y",
  "X",
  "X: a\r\n b",
  "X: a\r\n\tb",
  "X: a\rb",
  "X: a\nb",
  "X: \0",
  "X: \x7f",
  "X: \xe9",
  "X\xe9: y",
  "X: a\r\n\r b",
  "(X): y",
  "X@: y",
  "Host: b",
  "Host : b",
  "Host:",
  "Host: a b",
  "Host: a@b",
  "Host: a, b",
  "HOST: b",
  "Connection: close",
  "Connection: Close",
  "Connection: keep-alive",
  "Connection: keep-alive, close",
  "Connection: Upgrade",
  "Connection: Transfer-Encoding",
  "Proxy-Connection: close",
  "Upgrade: websocket",
  "Upgrade: h2c",
  "Expect: 100-continue",
  "Expect: 200-ok",
  "TE: trailers",
  "Trailer: X",
  "Keep-Alive: timeout=5",
  "Content-Type: a/b",
  "Content-Type: c/d",
  "HTTP2-Settings: AAMAAABk",
  "X-HTTP-Method-Override: GET",
];
const BODIES = [
  "",
  "{}",
  "hello",
  "0\r\n\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n",
  "\r\n\r\n",
  "\0\xff\r",
];

function request(random: Random, odd: number): string {
  const maybe = (sound: string, strange: readonly string[]) =>
    random.chance(odd) ? random.pick(strange) : sound;
  const end = () => maybe("\r\n", ENDS);
  const method = maybe(random.pick(["POST", "GET", "PUT", "DELETE", "PATCH"]), METHODS);
  const target = maybe(
    random.pick(["/", "/a", "/a?b=c", "/2015-03-31/functions/f/invocations"]),
    TARGETS,
  );
  const space = () => maybe(" ", ["", "  ", "\t", "\0"]);
  const body = random.pick(BODIES);
  let headers = random.chance(odd) ? [] : ["Host: a"];
  if (body !== "" || random.chance(0.3)) headers.push(...framing(random, odd, body.length));
  while (random.chance(0.4)) headers.push(random.chance(odd) ? random.pick(OTHERS) : "X-Y: z");
  if (random.chance(0.02)) headers.push(...Array.from({ length: 70 }, (_, n) => `X-${n}: ${n}`));
  if (random.chance(0.5)) headers = shuffled(headers, random);
  const line = method + space() + target + space() + maybe("HTTP/1.1", VERSIONS) + end();
  const blank = random.chance(odd) ? random.pick(ENDS) : "\r\n";
  return line + headers.map((header) => header + end()).join("") + blank + body;
}

/** Headers that say how long a body is, mostly truly. */
function framing(random: Random, odd: number, length: number): string[] {
  const name = random.chance(odd) ? random.pick(NAMES) : "Content-Length";
  const said = random.chance(odd) ? random.pick(LENGTHS) : String(length);
  const headers = [`${name}:${random.chance(odd) ? random.pick(["", "\t", "  "]) : " "}${said}`];
  if (random.chance(odd)) headers.push(`Content-Length: ${length + random.between(-2, 2)}`);
  if (random.chance(odd)) headers.push(`${random.pick(CODING_NAMES)}: ${random.pick(CODINGS)}`);
  return headers;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(random.between(0, left.length - 1), 1));
  return out;
}

const STRANGE_BYTES = [0, 9, 10, 11, 13, 32, 34, 44, 58, 59, 127, 128, 255];

/** One fault: a byte changed, put in, or left out, or a stretch repeated or left out. */
function mutated(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.between(0, bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const byte = random.chance(0.7) ? random.pick(STRANGE_BYTES) : random.between(0, 255);
  const length = random.between(1, 20);
  switch (random.between(0, 4)) {
    case 0:
      return Buffer.concat([before, Buffer.of(byte), after]);
    case 1:
      return Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
    case 2:
      return Buffer.concat([before, after.subarray(1)]);
    case 3:
      return Buffer.concat([before, after.subarray(0, length), after]);
    default:
      return Buffer.concat([before, after.subarray(length)]);
  }
}

/** In one piece, in a few, or byte by byte. */
function split(bytes: Buffer, random: Random): Buffer[] {
  const most = random.pick([bytes.length, bytes.length, 100, 20, 1]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random.between(1, Math.max(1, most));
    const whole = most === bytes.length && random.chance(0.5) ? bytes.length : length;
    pieces.push(bytes.subarray(at, at + whole));
    at += whole;
  }
  return pieces;
}
