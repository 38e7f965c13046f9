import { STATUS_CODES } from "node:http";
import { type DirectCaller, isBodiless } from "../../aws/routes/direct.ts";
import { KEEP_ALIVE_MS } from "./limits.ts";

/** What an exchange needs of its connection. */
export interface ExchangeHost {
  /** The client went away. */
  readonly gone: boolean;
  /** An answer is ready to be sent in its turn. */
  answered(exchange: Exchange): void;
}

/** One request of a connection and its answer, which waits until those before it are sent. */
export class Exchange implements DirectCaller {
  /** Status line and headers without what is said of the connection; "" until there is an answer. */
  head = "";
  body: Uint8Array = NOTHING;
  readonly #host: ExchangeHost;
  #listener: (() => void) | undefined;

  constructor(host: ExchangeHost) {
    this.#host = host;
  }

  get gone(): boolean {
    return this.#host.gone;
  }

  onGone(listener: () => void): void {
    this.#listener = listener;
  }

  answer(status: number, headers: readonly string[], body: Uint8Array): void {
    if (this.gone) return;
    if (this.head !== "") throw new Error("a request was answered twice");
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? "";
      const value = headers[at + 1] ?? "";
      if (!NAME.test(name) || NO_VALUE.test(value)) throw new TypeError(`no header: ${name}`);
      head += `${name}: ${value}\r\n`;
    }
    const bodiless = isBodiless(status);
    if (!bodiless) head += `Content-Length: ${body.length}\r\n`;
    this.head = head;
    this.body = bodiless ? NOTHING : body;
    this.#host.answered(this);
  }

  /** The whole head; behind a `last` answer the connection ends. */
  headText(dateLine: string, last: boolean): string {
    return this.head + dateLine + (last ? LAST : KEEP_ALIVE);
  }

  /** The client went away before it had its answer. */
  leave(): void {
    this.#listener?.();
    this.#listener = undefined;
  }
}

const LAST = "Connection: close\r\n\r\n";
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n\r\n`;
const NOTHING = new Uint8Array(0);
/** RFC 9110, 5.6.2. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** What would end a header or the head. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
