import type { InvocationStream, InvocationStreamEnd } from "../domain/invocation.ts";
import type { Answer, Reply } from "./call.ts";
import { tooLarge } from "./failures.ts";

interface Chunk {
  readonly bytes: Uint8Array;
  readonly taken: (bytes: number) => void;
}

/** Gives the answer while it is written. What the caller does not take holds the handler back. */
export class StreamedReply implements Reply {
  readonly #requestId: string;
  readonly #limit: number;
  readonly #resolve: (stream: InvocationStream) => void;
  readonly refuse: (error: unknown) => void;
  readonly #completion = Promise.withResolvers<InvocationStreamEnd>();
  #chunks: Chunk[] = [];
  #bytes = 0;
  #begun = false;
  #ended = false;
  /** The caller went away: what still comes is thrown away. */
  #abandoned = false;
  #wake: (() => void) | undefined;

  /** `limit`: the longest response in bytes. */
  constructor(
    requestId: string,
    limit: number,
    resolve: (stream: InvocationStream) => void,
    reject: (error: unknown) => void,
  ) {
    this.#requestId = requestId;
    this.#limit = limit;
    this.#resolve = resolve;
    this.refuse = reject;
  }

  begin(contentType: string): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#resolve({
      requestId: this.#requestId,
      contentType,
      body: { [Symbol.asyncIterator]: () => this.#iterator() },
      completion: this.#completion.promise,
    });
  }

  chunk(bytes: Uint8Array, taken: (bytes: number) => void): void {
    this.#bytes += bytes.length;
    if (this.#abandoned || this.#bytes > this.#limit) {
      taken(bytes.length);
      return;
    }
    this.#chunks.push({ bytes, taken });
    this.#wake?.();
  }

  finish({ payload, failed, report, tail }: Answer): void {
    this.begin(failed ? "application/octet-stream" : "application/json");
    const excess = !failed && this.#bytes > this.#limit;
    const error = excess ? tooLarge(this.#limit) : payload;
    if (!failed && payload) this.#chunks.push({ bytes: payload, taken() {} });
    this.#ended = true;
    this.#completion.resolve({
      ...((failed || excess) && error
        ? { errorCode: "Unhandled", errorDetails: Buffer.from(error).toString() }
        : {}),
      report,
      get logTail() {
        return tail.bytes();
      },
    });
    this.#wake?.();
  }

  async *#iterator(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          yield chunk.bytes;
          chunk.taken(chunk.bytes.length);
        } else if (this.#ended) return;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#abandoned = true;
      for (const { bytes, taken } of this.#chunks.splice(0)) taken(bytes.length);
    }
  }
}

/** An invocation whose answer is streamed: `begin` gets what is to be told of it. `limit`: bytes of a response. */
export const streamed = (
  requestId: string,
  limit: number,
  begin: (reply: Reply) => void,
): Promise<InvocationStream> =>
  new Promise((resolve, reject) => begin(new StreamedReply(requestId, limit, resolve, reject)));
