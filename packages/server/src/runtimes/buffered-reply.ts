import type { InvocationResult } from "../domain/invocation.ts";
import type { Answer, Reply } from "./call.ts";
import { tooLarge } from "./failures.ts";

/** Gives the whole answer at once; a streamed response is gathered first. */
export class BufferedReply implements Reply {
  readonly #requestId: string;
  readonly #limit: number;
  readonly #resolve: (result: InvocationResult) => void;
  readonly refuse: (error: unknown) => void;
  /** A stream's bytes so far are its first `#bytes`: a handler may write them one by one, so no chunk is kept as such. */
  #gathered = Buffer.alloc(0);
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
    const start = this.#bytes;
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#limit) {
      this.#makeRoom();
      this.#gathered.set(bytes, start);
    } else this.#gathered = Buffer.alloc(0);
    taken(bytes.length);
  }

  finish({ payload, failed, report, tail }: Answer): void {
    const excess = !failed && this.#bytes > this.#limit;
    this.#resolve({
      requestId: this.#requestId,
      payload: excess
        ? tooLarge(this.#limit)
        : (payload ?? this.#gathered.subarray(0, this.#bytes)),
      ...(failed || excess ? { functionError: "Unhandled" as const } : {}),
      report,
      // Few callers ask for the log.
      get logTail() {
        return tail.bytes();
      },
    });
  }
  /** For `#bytes`, and as many again, so that no byte is copied often. */
  #makeRoom(): void {
    if (this.#bytes <= this.#gathered.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes, 1024));
    this.#gathered.copy(larger);
    this.#gathered = larger;
  }
}

/** An invocation whose whole answer is awaited: `begin` gets what is to be told of it. `limit`: bytes of a response. */
export const buffered = (
  requestId: string,
  limit: number,
  begin: (reply: Reply) => void,
): Promise<InvocationResult> =>
  new Promise((resolve, reject) => begin(new BufferedReply(requestId, limit, resolve, reject)));
