/** How long a connection waits for its client. */
import { HEAD_MS, IDLE_MS, KEEP_ALIVE_MS, LINGER_MS, SLOWEST_BYTES_PER_MS } from "./limits.ts";

/** What a connection waits for, and since when. Monotonic milliseconds. */
export type Waits =
  /** A head, a next request, an answer that is not the client's to give, the client's end behind a last answer. */
  | { readonly for: "head" | "request" | "answer" | "close"; readonly since: number }
  /** The client takes what was sent; so many bytes it has not. */
  | { readonly for: "reader"; readonly since: number; readonly bytes: number }
  /** A body that began then; so many bytes are there, the last ones `since`. */
  | {
      readonly for: "body";
      readonly since: number;
      readonly begun: number;
      readonly bytes: number;
    };

/** Whether to wait on, to cut the connection, or to tell the client first. */
export function verdictOn(waits: Waits, now: number): "wait" | "cut" | "refuse" {
  const waited = now - waits.since;
  switch (waits.for) {
    case "head":
      return waited > HEAD_MS ? "refuse" : "wait";
    case "request":
      return waited > KEEP_ALIVE_MS ? "cut" : "wait";
    case "close":
      return waited > LINGER_MS ? "cut" : "wait";
    case "reader":
      return waited > slowest(waits.bytes) ? "cut" : "wait";
    case "body":
      return waited > IDLE_MS || now - waits.begun > slowest(waits.bytes) ? "cut" : "wait";
    case "answer":
      return "wait";
  }
}

/** The longest time in which so many bytes may travel. */
const slowest = (bytes: number): number => IDLE_MS + bytes / SLOWEST_BYTES_PER_MS;
