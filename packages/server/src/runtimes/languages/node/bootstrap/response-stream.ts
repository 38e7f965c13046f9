/** The `responseStream` of a handler that streams, and `awslambda.HttpResponseStream`. */
import { Writable } from "node:stream";
import { COPIED_BYTES } from "../../../wire/frame-writer.ts";
import { InvalidStreamingOperation } from "./errors.ts";

const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
/** Between the prelude and the body. */
const PRELUDE_END = new Uint8Array(8);
/** What the writer copies: the handler may use its buffer again as soon as a write is done. */
const PIECE_BYTES = COPIED_BYTES;

/** Where the bytes go. */
export interface StreamSink {
  start(contentType: string): void;
  chunk(bytes: Uint8Array): void;
  /** It waits for credit, or does not any more. */
  blocked(waiting: boolean): void;
  end(): void;
}

/** A Writable that sends no more than the platform gave credit for. */
export class ResponseStream extends Writable {
  readonly #sink: StreamSink;
  #contentType = "application/octet-stream";
  #written = false;
  #started = false;
  #credit: number;
  #blocked: (() => void) | undefined;
  /** Writes what comes before the first byte. Public, because handlers' libraries set it as Lambda's own prelude does. */
  _onBeforeFirstWrite: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;

  constructor(sink: StreamSink, credit: number, highWaterMark: number | undefined) {
    super(highWaterMark === undefined ? {} : { highWaterMark });
    this.#sink = sink;
    this.#credit = credit;
  }

  /** @throws Runtime.InvalidStreamingOperation after the first write. */
  setContentType(contentType: string): void {
    if (this.#written) throw new InvalidStreamingOperation("Cannot set content-type, too late.");
    this.#contentType = contentType;
  }

  /** Anything but text and bytes is sent as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Writable.write take any
  override write(chunk: any, ...rest: any[]): boolean {
    this.#beforeFirst();
    const plain = typeof chunk === "string" || chunk instanceof Uint8Array;
    return super.write(plain ? chunk : JSON.stringify(chunk), ...(rest as []));
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Writable.end take any
  override end(...parameters: any[]): this {
    if (!this.writableEnded) this.#beforeFirst();
    return super.end(...(parameters as []));
  }

  /** The platform took so many bytes. */
  grant(bytes: number): void {
    this.#credit += bytes;
    const blocked = this.#blocked;
    this.#blocked = undefined;
    if (!blocked) return;
    this.#sink.blocked(false);
    blocked();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#start();
    this.#send(chunk, done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#start();
    this.#sink.end();
    done();
  }

  #send(chunk: Buffer, done: () => void): void {
    let rest = chunk;
    while (rest.length > 0) {
      const size = Math.min(rest.length, this.#credit, PIECE_BYTES);
      if (size === 0) {
        const waiting = rest;
        this.#blocked = () => this.#send(waiting, done);
        this.#sink.blocked(true);
        return;
      }
      this.#credit -= size;
      this.#sink.chunk(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    done();
  }

  #beforeFirst(): void {
    if (this.#written) return;
    this.#written = true;
    this._onBeforeFirstWrite?.((chunk) => super.write(chunk));
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#sink.start(this.#contentType);
  }
}

/** What handlers know as `awslambda.HttpResponseStream`. */
export const HttpResponseStream = {
  /** Gives the response a status, headers and cookies: JSON, eight NUL bytes, then the body. */
  from(stream: ResponseStream, prelude: unknown): ResponseStream {
    stream.setContentType(HTTP_INTEGRATION);
    const text = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(PRELUDE_END);
    };
    return stream;
  },
};
