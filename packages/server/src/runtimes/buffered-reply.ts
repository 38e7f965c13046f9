import type { InvocationResult } from "../domain/invocation.ts";
import type { Answer, Reply } from "./call.ts";
import { tooLarge } from "./failures.ts";

/** Gives the whole answer at once; a streamed response is gathered first. */
export class BufferedReply implements Reply {
  readonly #requestId: string;
  readonly #limit: number;
  readonly #resolve: (result: InvocationResult) => void;
  readonly refuse: (error: unknown) => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** `limit`: the longest response in bytes. */
  constructor(
    requestId: string,
    limit: number,
    resolve: (result: InvocationResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.#requestId = requestId;
    this.#limit = limit;
    this.#resolve = resolve;
    this.refuse = reject;
  }

  begin(): void {}

  chunk(bytes: Uint8Array, taken: (bytes: number) => void): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#limit) this.#chunks.push(bytes);
    else this.#chunks = [];
    taken(bytes.length);
  }

  finish({ payload, failed, report, tail }: Answer): void {
    const excess = !failed && this.#bytes > this.#limit;
    this.#resolve({
      requestId: this.#requestId,
      payload: excess ? tooLarge(this.#limit) : (payload ?? Buffer.concat(this.#chunks)),
      ...(failed || excess ? { functionError: "Unhandled" as const } : {}),
      report,
      // Few callers ask for the log.
      get logTail() {
        return tail.bytes();
      },
    });
  }
}
