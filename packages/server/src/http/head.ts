/**
 * The head of a request by a grammar that is narrower than HTTP/1.1 (RFC 9112): only what every reader of HTTP reads
 * in the same way. Whatever it does not fit is not an error here but somebody else's to read.
 *
 *     method SP "/" *visible SP "HTTP/1.1" CRLF 1*( token ":" [ SP ] [ visible *( SP / visible ) ] CRLF ) CRLF
 *
 * One Host; at most one Content-Length without leading zeros; Connection says nothing but keep-alive or close; no
 * Transfer-Encoding, Expect, Upgrade or Trailer; no tabs, no bytes beyond ASCII, no folded lines, no bare CR or LF.
 */

/** More may make a head of it. */
export const MORE = 0;
/** This is none, whatever follows. */
export const ODD = -1;

/** More headers than any client of AWS sends. */
const MAX_HEADERS = 64;
/** Digits of the longest Content-Length that is read: ten megabytes. */
const MAX_DIGITS = 7;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const COLON = 0x3a;
const HASH = 0x23;
const ZERO = 0x30;

/** RFC 9110, 5.6.2: what names consist of. */
const TOKEN = flags("!#$%&'*+-.^_`|~", /[0-9A-Za-z]/);
/** What values consist of here. */
const VALUE = flags("", /[\x20-\x7e]/);

/** Methods whose requests have a body where they say so, and whose answers have one. */
const METHODS = ["POST", "GET", "PUT", "DELETE", "PATCH"].map((name) => ({
  name,
  text: Buffer.from(`${name} /`),
}));
const VERSION = Buffer.from(" HTTP/1.1\r\n");

/** What is known of a client: a socket. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly encrypted?: boolean;
}

/** Reads one head after the other. What it says is that of the last one, as long as its bytes are unchanged. */
export class HeadReader {
  readonly httpVersion = "1.1";
  method = "";
  target = "";
  /** Bytes of the body. */
  length = 0;
  /** Whether the client wants to send another request. */
  keepAlive = true;
  /** Somebody asked for a header that was sent more than once: readers differ in what that means. */
  ambiguous = false;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where names and values begin and end: four numbers for each header. */
  readonly #places = new Int32Array(4 * MAX_HEADERS);
  #count = 0;
  /** The target of the head before: most clients ask for the same again. */
  #targetBytes = Buffer.alloc(0);

  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  get sourceIp(): string {
    return this.#peer.remoteAddress ?? "";
  }

  get secure(): boolean {
    return "encrypted" in this.#peer;
  }

  get rawHeaders(): readonly string[] {
    const headers: string[] = [];
    for (let place = 0; place < this.#count; place += 4) {
      const places = this.#places;
      headers.push(
        this.#bytes.toString("latin1", places[place], places[place + 1]),
        this.#text(place),
      );
    }
    return headers;
  }

  /** Reads a head that begins at `start`: where it ends, `MORE`, or `ODD`. */
  read(bytes: Buffer, start: number): number {
    this.#bytes = bytes;
    this.#count = 0;
    this.ambiguous = false;
    this.keepAlive = true;
    this.length = -1;
    const lines = this.#readRequestLine(start);
    if (lines <= 0) return lines;
    const end = this.#readHeaders(lines);
    if (end > 0 && this.header("host") === undefined) return ODD;
    if (this.length < 0) this.length = 0;
    return end;
  }

  header(name: string): string | undefined {
    const at = this.#find(name);
    return at < 0 ? undefined : this.#text(at);
  }

  #readRequestLine(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    const method = METHODS.find(
      ({ text }) => text[0] === bytes[start] && text[1] === bytes[start + 1],
    );
    if (method === undefined) return couldBegin(bytes, start) ? MORE : ODD;
    const fits = compare(bytes, start, method.text);
    if (fits <= 0) return fits;
    const from = fits - 1;
    let at = from;
    for (; at < length; at++) {
      const byte = bytes[at] as number;
      if (byte <= SP || byte > 0x7e || byte === HASH) break;
    }
    const line = compare(bytes, at, VERSION);
    if (line <= 0) return line;
    this.method = method.name;
    const known = this.#targetBytes;
    if (at - from !== known.length || bytes.compare(known, 0, known.length, from, at) !== 0) {
      this.target = bytes.toString("latin1", from, at);
      this.#targetBytes = Buffer.from(this.target, "latin1");
    }
    return line;
  }

  #readHeaders(start: number): number {
    const bytes = this.#bytes;
    const places = this.#places;
    const { length } = bytes;
    let at = start;
    for (let place = 0; ; place += 4) {
      if (at === length) return MORE;
      if (bytes[at] === CR && at > start) {
        if (at + 1 === length) return MORE;
        this.#count = place;
        return bytes[at + 1] === LF ? at + 2 : ODD;
      }
      if (place === places.length) return ODD;
      places[place] = at;
      while (at < length && TOKEN[bytes[at] as number] === 1) at++;
      if (at === length) return MORE;
      if (bytes[at] !== COLON || at === places[place]) return ODD;
      places[place + 1] = at++;
      if (bytes[at] === SP) at++;
      places[place + 2] = at;
      while (at < length && VALUE[bytes[at] as number] === 1) at++;
      places[place + 3] = at;
      if (at === length) return MORE;
      if (bytes[at] !== CR) return ODD;
      if (at + 1 === length) return MORE;
      if (bytes[at + 1] !== LF) return ODD;
      at += 2;
      this.#count = place + 4;
      if (!this.#fits(place)) return ODD;
    }
  }

  /** Whether a header is one that everybody reads alike, and takes from it what matters for where the request ends. */
  #fits(place: number): boolean {
    const bytes = this.#bytes;
    const [from, to] = [this.#places[place + 2] as number, this.#places[place + 3] as number];
    if (to > from && (bytes[from] === SP || bytes[to - 1] === SP)) return false;
    switch ((this.#places[place + 1] as number) - (this.#places[place] as number)) {
      case 2:
        return !this.#named(place, "te");
      case 4:
        return !this.#named(place, "host") || (to > from && this.#find("host") === place);
      case 6:
        return !this.#named(place, "expect");
      case 7:
        return !this.#named(place, "upgrade") && !this.#named(place, "trailer");
      case 10:
        return !this.#named(place, "connection") || this.#takeConnection(place, from, to);
      case 14:
        if (this.#named(place, "http2-settings")) return false;
        return !this.#named(place, "content-length") || this.#takeLength(from, to);
      case 16:
        return !this.#named(place, "proxy-connection");
      case 17:
        return !this.#named(place, "transfer-encoding");
      default:
        return true;
    }
  }

  #takeConnection(place: number, from: number, to: number): boolean {
    if (this.#find("connection") !== place) return false;
    const isClose = same(this.#bytes, from, to, "close");
    this.keepAlive = !isClose;
    return isClose || same(this.#bytes, from, to, "keep-alive");
  }

  #takeLength(from: number, to: number): boolean {
    const digits = to - from;
    const bytes = this.#bytes;
    if (this.length >= 0 || digits < 1 || digits > MAX_DIGITS) return false;
    if (digits > 1 && bytes[from] === ZERO) return false;
    let length = 0;
    for (let at = from; at < to; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) return false;
      length = length * 10 + digit;
    }
    this.length = length;
    return true;
  }

  /** The place of a header, or -1; where there are several, the first one, and the head is ambiguous. */
  #find(name: string): number {
    let found = -1;
    for (let place = 0; place < this.#count; place += 4) {
      if (!this.#named(place, name)) continue;
      if (found >= 0) this.ambiguous = true;
      else found = place;
    }
    return found;
  }

  #named(place: number, name: string): boolean {
    return same(
      this.#bytes,
      this.#places[place] as number,
      this.#places[place + 1] as number,
      name,
    );
  }

  #text(place: number): string {
    return this.#bytes.toString("latin1", this.#places[place + 2], this.#places[place + 3]);
  }
}

/** Whether bytes are this word of small letters, digits and hyphens, in letters of any size. */
function same(bytes: Buffer, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false;
  for (let at = 0; at < word.length; at++)
    if (lower(bytes[from + at] as number) !== word.charCodeAt(at)) return false;
  return true;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** Where bytes go on behind this text, `MORE` where they end within it, `ODD` where they differ. */
function compare(bytes: Buffer, start: number, text: Buffer): number {
  for (let at = 0; at < text.length; at++) {
    if (start + at >= bytes.length) return MORE;
    if (bytes[start + at] !== text[at]) return ODD;
  }
  return start + text.length;
}

/** Whether too little is there to say what it is: a method, or the preface of HTTP/2. */
const couldBegin = (bytes: Buffer, start: number): boolean =>
  BEGINNINGS.some((text) => compare(bytes, start, text) === MORE);

const BEGINNINGS = [...METHODS.map(({ text }) => text), Buffer.from("PRI")];

function flags(letters: string, range: RegExp): Uint8Array {
  const table = new Uint8Array(256);
  for (let code = 0; code < 128; code++) {
    const letter = String.fromCharCode(code);
    if (letters.includes(letter) || range.test(letter)) table[code] = 1;
  }
  return table;
}
