/** What a client may ask of a connection that the strict parser serves. Who needs more is served by Node.js. */

/** Requests of one connection that may wait for their answers; more are not read before. */
export const MAX_PIPELINED = 16;
/** Bytes of answers that a client has not taken; no further request is read before it does. */
export const MAX_UNSENT_BYTES = 1024 * 1024;
/** A longer head is none of ours. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** In more pieces a head need not come: each time it is read from its beginning. */
export const MAX_HEAD_PIECES = 3;

/** A connection without a request. SDKs keep theirs for some seconds; a longer time here avoids resets under their feet. */
export const KEEP_ALIVE_MS = 75_000;
/** From the first byte of a head to its last. */
export const HEAD_MS = 30_000;
/** A client that sends, or takes, nothing for so long is given up ... */
export const IDLE_MS = 30_000;
/** ... and after this long also one that is slower than four kilobytes per second. */
export const SLOWEST_BYTES_PER_MS = 4;
/** Behind the last answer the client has so long to close. */
export const LINGER_MS = 5_000;
/** How often connections are looked at. */
export const SWEEP_MS = 1_000;
