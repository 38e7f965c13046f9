/** The fast front end: connections whose plain requests are answered without Node.js's HTTP. */
import type { Socket } from "node:net";
import type { DirectRoute } from "../../aws/routes/direct.ts";
import type { Clock } from "../../ports/clock.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { SWEEP_MS } from "./limits.ts";

export interface FastOptions {
  /** Asked in this order; with none, every request is handed over. */
  readonly routes: readonly DirectRoute[];
  /** Serves a connection from here on; `bytes` come before what the socket gives, `fresh` where nothing was served. */
  readonly handOver: (socket: Socket, bytes: Buffer, fresh: boolean) => void;
  readonly onDefect: (error: unknown) => void;
  readonly clock: Clock;
}

/** Serves connections until they close, or are handed over. */
export class FastFront implements ConnectionHost {
  readonly routes: readonly DirectRoute[];
  readonly handOver: FastOptions["handOver"];
  readonly onDefect: (error: unknown) => void;
  closing = false;
  now: number;
  readonly #clock: Clock;
  readonly #connections = new Set<Connection>();
  #answered: Connection[] = [];
  #cancelSweep: () => void;
  #date = "";
  #dateSecond = 0;

  constructor({ routes, handOver, onDefect, clock }: FastOptions) {
    this.routes = routes;
    this.handOver = handOver;
    this.onDefect = onDefect;
    this.#clock = clock;
    this.now = clock.monotonic();
    this.#cancelSweep = clock.after(SWEEP_MS, this.#sweep);
  }

  /** Serves a new connection. */
  accept(socket: Socket): void {
    this.#connections.add(new Connection(socket, this));
  }

  /** Serves no further request, and closes the connections that have none under way; may be called again. */
  close(): void {
    this.closing = true;
    for (const connection of this.#connections) connection.close();
  }

  /** Looks at no connection any more. */
  stop(): void {
    this.#cancelSweep();
  }

  dateLine(): string {
    const now = this.#clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.#date;
  }

  flushLater(connection: Connection): void {
    if (this.#answered.push(connection) === 1) process.nextTick(this.#flush);
  }

  left(connection: Connection): void {
    this.#connections.delete(connection);
  }

  readonly #flush = (): void => {
    const connections = this.#answered;
    this.#answered = [];
    for (const connection of connections) connection.flush();
  };

  readonly #sweep = (): void => {
    this.now = this.#clock.monotonic();
    for (const connection of this.#connections) connection.look();
    this.#cancelSweep = this.#clock.after(SWEEP_MS, this.#sweep);
  };
}
