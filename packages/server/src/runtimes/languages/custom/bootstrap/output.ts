/** What the function's programs write: handed on as entries of the invocation that runs, and to who subscribed to it. */
import { Socket } from "node:net";
import { OutputParser } from "../../../output/output-parser.ts";
import { RECORD_HEADER_BYTES, RECORD_MARK, RECORD_TEXT_BYTES } from "../../../wire/log-record.ts";

const STDOUT = 1;
/** So much may wait for the platform to read it; then the programs wait. */
const AHEAD_BYTES = 256 * 1024;

/** Whose output it is. */
export type Source = "function" | "extension";

/** Gets each line or entry, without its line end. */
export type Tap = (source: Source, text: string) => void;

/** Our own standard output, with everything of everybody in it. */
export class Output {
  readonly #tap: Tap;
  readonly #out = new Socket({ fd: STDOUT, readable: false, writable: true });
  readonly #readers = new Set<Socket>();
  readonly #parsers = new Map<Socket, OutputParser>();
  /** The invocation that entries belong to; 0 for none. */
  #call = 0;
  #entries = 0;

  constructor(tap: Tap) {
    this.#tap = tap;
    this.#out.on("error", () => {}); // the platform is gone, and so are we in a moment
    this.#out.on("drain", () => {
      for (const reader of this.#readers) reader.resume();
    });
  }

  /** From now on entries belong to this invocation. */
  begin(call: number): void {
    this.#call = call;
    this.#entries = 0;
  }

  /** How many entries the invocation has had. */
  get entries(): number {
    return this.#entries;
  }

  /** Reads what a program writes. */
  follow(reader: Socket, source: Source): void {
    const parser = new OutputParser({
      line: (text) => this.#write(source, text, this.#call),
      entry: (text, call) => this.#write(source, text, call),
    });
    this.#readers.add(reader);
    this.#parsers.set(reader, parser);
    reader.on("data", (chunk: Buffer) => {
      parser.push(chunk);
      if (this.#out.writableLength > AHEAD_BYTES) for (const each of this.#readers) each.pause();
    });
    reader.on("error", () => {});
    reader.on("close", () => {
      parser.flush();
      this.#readers.delete(reader);
      this.#parsers.delete(reader);
    });
  }

  /** A line of ours in the function's log. */
  say(text: string): void {
    this.#entry(text, this.#call);
  }

  /**
   * Resolves when everything that programs had written by now is on its way. A pipe holds no more than is read in one
   * turn of the event loop, and who had more to write has waited.
   */
  async settle(): Promise<void> {
    if (this.#out.writableLength > AHEAD_BYTES)
      await new Promise<void>((resolve) => this.#out.once("drain", resolve));
    await nextTurn();
    await nextTurn();
    for (const parser of this.#parsers.values()) parser.flush();
  }

  /** Calls back when nothing waits here any more. */
  drained(callback: () => void): void {
    if (this.#out.writableLength === 0) callback();
    else this.#out.write("", () => callback());
  }

  #write(source: Source, text: string, call: number): void {
    this.#tap(source, text);
    this.#entry(text, call);
  }

  #entry(text: string, call: number): void {
    let bytes = Buffer.from(text);
    if (bytes.length > RECORD_TEXT_BYTES) bytes = bytes.subarray(0, RECORD_TEXT_BYTES);
    const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + bytes.length);
    record.set(RECORD_MARK);
    record.writeUInt32LE(bytes.length, 4);
    record.writeUInt32LE(call, 8);
    record.set(bytes, RECORD_HEADER_BYTES);
    if (call !== 0 && call === this.#call) this.#entries++;
    this.#out.write(record);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
