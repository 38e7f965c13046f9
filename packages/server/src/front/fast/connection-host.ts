import type { Socket } from "node:net";
import type { DirectRoute } from "../../aws/routes/direct.ts";
import type { Connection } from "./connection.ts";

/** What connections share. */
export interface ConnectionHost {
  readonly routes: readonly DirectRoute[];
  /** No further request is served here. */
  readonly closing: boolean;
  /** Monotonic milliseconds, as old as the last look at the connections. */
  readonly now: number;
  /** The header with its CRLF. */
  dateLine(): string;
  /** Calls `flush` once everything is answered that can be by now. */
  flushLater(connection: Connection): void;
  /** Takes over a connection whose next bytes are these; `fresh`: it has served nothing yet. */
  handOver(socket: Socket, bytes: Buffer, fresh: boolean): void;
  /** The connection is no longer served here: closed, or handed over. */
  left(connection: Connection): void;
  onDefect(error: unknown): void;
}
