/**
 * aws-chunked: a body in chunks of its own inside of HTTP's, `SIZE[;chunk-signature=...] CRLF BYTES CRLF`, ended by one of
 * size 0 and by trailers. The signatures of chunks are left alone: they are verified where signatures are.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { AwsError } from "../error.ts";

/** No client needs more for the line before a chunk, nor for its trailers. */
const MAX_LINE = 4096;
const MAX_TRAILERS = 20;

/** The bytes inside of the chunks. Trailers are handed over, in lower case, behind the last byte. */
export async function* unchunk(
  source: AsyncIterable<Uint8Array>,
  trailer: (name: string, value: string) => void,
): AsyncGenerator<Uint8Array> {
  const reader = new Reader(source);
  for (;;) {
    const size = chunkSize(await reader.line());
    if (size === 0) break;
    yield* reader.take(size);
    if ((await reader.line()) !== "") throw incomplete();
  }
  for (let count = 0; ; count++) {
    const line = await reader.line();
    if (line === "") break;
    const colon = line.indexOf(":");
    if (colon < 0 || count === MAX_TRAILERS) throw malformedTrailer();
    trailer(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  if (!(await reader.done())) throw incomplete();
}

function chunkSize(line: string): number {
  const match = /^([0-9a-fA-F]{1,12})(?:;|$)/.exec(line);
  if (match?.[1] === undefined) throw incomplete();
  return Number.parseInt(match[1], 16);
}

const incomplete = () =>
  new AwsError("IncompleteBody", "The request body terminated unexpectedly", { status: 400 });

const malformedTrailer = () =>
  new AwsError(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    { status: 400 },
  );

/** Takes lines and counted bytes from a stream, without copying the bytes. */
class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async *take(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (await this.done()) throw incomplete();
      const piece = this.#buffer.subarray(0, left);
      this.#buffer = this.#buffer.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Up to CRLF, which goes with it. */
  async line(): Promise<string> {
    let text = "";
    for (;;) {
      if (await this.done()) throw incomplete();
      const end = this.#buffer.indexOf(0x0a);
      const piece = this.#buffer.subarray(0, end < 0 ? undefined : end + 1);
      this.#buffer = this.#buffer.subarray(piece.length);
      text += Buffer.from(piece).toString("latin1");
      if (text.length > MAX_LINE) throw incomplete();
      if (end < 0) continue;
      if (!text.endsWith("\r\n")) throw incomplete();
      return text.slice(0, -2);
    }
  }

  /** Whether nothing is left. */
  async done(): Promise<boolean> {
    return this.#buffer.length === 0 && !(await this.#fill());
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#buffer = value;
    return true;
  }
}
