/** What an instance writes to one of its standard streams: plain lines, and entries of `console` between them. */
import { RECORD_HEADER_BYTES, RECORD_MARK, RECORD_TEXT_BYTES } from "../wire/log-record.ts";
import { LineSplitter } from "./line-splitter.ts";

/** Who gets what was written. */
export interface OutputSink {
  /** A plain line: from process.stdout, from a child process, from native code. */
  line(text: string): void;
  /** An entry of `console`; may span lines. `call` is what the instance says: 0 for none. */
  entry(text: string, call: number): void;
}

/** Takes the bytes of one stream as they come. */
export class OutputParser {
  readonly #sink: OutputSink;
  readonly #lines: LineSplitter;
  /** An entry, or its mark, that has not arrived as a whole. */
  #carry: Buffer | undefined;

  constructor(sink: OutputSink) {
    this.#sink = sink;
    this.#lines = new LineSplitter(RECORD_TEXT_BYTES, (text) => sink.line(text));
  }

  push(chunk: Buffer): void {
    const bytes = this.#carry ? Buffer.concat([this.#carry, chunk]) : chunk;
    this.#carry = undefined;
    let at = 0;
    while (at < bytes.length) {
      const mark = bytes.indexOf(RECORD_MARK, at);
      const plainEnd = mark >= 0 ? mark : bytes.length - partialMark(bytes, at);
      if (plainEnd > at) this.#lines.push(bytes.subarray(at, plainEnd));
      at = plainEnd;
      if (at === bytes.length) break;
      const end = this.#entryEnd(bytes, at);
      if (end === undefined) {
        this.#carry = bytes.subarray(at);
        break;
      }
      at = end;
    }
  }

  /** Emits a line that has not ended yet: an invocation is over, or the stream. */
  flush(): void {
    this.#lines.flush();
  }

  /** Emits the entry at `at` and answers where it ends; undefined where it is not all there. */
  #entryEnd(bytes: Buffer, at: number): number | undefined {
    if (bytes.length - at < RECORD_HEADER_BYTES) return undefined;
    const length = bytes.readUInt32LE(at + 4);
    const start = at + RECORD_HEADER_BYTES;
    if (length > RECORD_TEXT_BYTES) return this.#notAnEntry(bytes, at);
    if (bytes.length - start < length) return undefined;
    this.#lines.flush();
    this.#sink.entry(bytes.toString("utf8", start, start + length), bytes.readUInt32LE(at + 8));
    return start + length;
  }

  /** A mark that no bootstrap of ours wrote is plain output. */
  #notAnEntry(bytes: Buffer, at: number): number {
    this.#lines.push(bytes.subarray(at, at + RECORD_MARK.length));
    return at + RECORD_MARK.length;
  }
}

/** How many bytes at the end may be the beginning of a mark. */
function partialMark(bytes: Buffer, from: number): number {
  for (let size = Math.min(RECORD_MARK.length - 1, bytes.length - from); size > 0; size--) {
    const tail = bytes.subarray(bytes.length - size);
    if (tail.every((byte, i) => byte === RECORD_MARK[i])) return size;
  }
  return 0;
}
