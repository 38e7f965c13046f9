/**
 * The narrow way between a front end and a route that takes a whole body and gives a whole answer: no streams, no
 * objects of Node.js. Whoever reads HTTP can serve such a route, and the route's rules are written once.
 */

/** What a request asks for, before its body is there. Valid until the route has said whether it claims the request. */
export interface DirectHead {
  /** As sent: `POST`. */
  readonly method: string;
  /** As sent: path and query. */
  readonly target: string;
  /** `1.1` */
  readonly httpVersion: string;
  /** The client's address. */
  readonly sourceIp: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** All headers, as sent: name, value, name, value. */
  readonly rawHeaders: readonly string[];
  /** The value of a header, by its name in lower case; undefined where it was not sent. */
  header(name: string): string | undefined;
}

/** Who waits for the answer. */
export interface DirectCaller {
  /** The client went away: nobody reads the answer. */
  readonly gone: boolean;
  /** Tells once when the client goes away before it has its answer. A later listener takes the place of an earlier one. */
  onGone(listener: () => void): void;
  /**
   * Sends the whole answer, once; nothing happens where the client is gone. The front end adds Content-Length, Date and
   * what it says of the connection, and leaves out the body of a status that has none.
   * @param headers name, value, name, value
   * @throws TypeError where they are no headers: names are tokens, values Latin-1 without control characters.
   */
  answer(status: number, headers: readonly string[], body: Uint8Array): void;
}

/** A request that a route has claimed. */
export interface DirectCall {
  /** Called once all of the body is there; never where the client goes away before. Answers, whatever happens. */
  serve(body: Uint8Array, caller: DirectCaller): void;
}

/** Claims a request by its head, or leaves it to others. Bodies have a known length of at most 6 MB. */
export type DirectRoute = (head: DirectHead) => DirectCall | undefined;

/** RFC 9110, 8.6: whether an answer has neither body nor Content-Length. */
export const isBodiless = (status: number): boolean => status === 204 || status === 304;
