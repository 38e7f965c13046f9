import type { LogLine, Logs } from "../ports/logs.ts";

/** Lines of one stream, in order. */
export interface LogBatch {
  readonly group: string;
  readonly stream: string;
  readonly lines: readonly LogLine[];
}

/** Where batches go, and how much of what was sent has not been taken yet. */
export interface LogCarrier {
  send(batches: readonly LogBatch[]): void;
  /** Bytes. */
  readonly backlog: number;
}

/** Lines leave together after this. */
const GATHER_MS = 5;
/** Or as soon as they are so many characters. */
const BATCH_CHARACTERS = 256 * 1024;
/** Where so much waits to be taken, lines are dropped and counted. */
const MAX_BACKLOG_BYTES = 64 * 2 ** 20;

/** Takes the lines of this process's instances to the log of the primary. Never blocks who appends. */
export class LogShipper implements Pick<Logs, "append"> {
  readonly #carrier: LogCarrier;
  #batches: LogBatch[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many lines of a group were dropped. */
  readonly #dropped = new Map<string, number>();

  constructor(carrier: LogCarrier) {
    this.#carrier = carrier;
  }

  append(group: string, stream: string, lines: readonly LogLine[]): void {
    if (this.#carrier.backlog > MAX_BACKLOG_BYTES) {
      this.#dropped.set(group, (this.#dropped.get(group) ?? 0) + lines.length);
      this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
      return;
    }
    this.#batches.push({ group, stream, lines });
    for (const { message } of lines) this.#characters += message.length;
    if (this.#characters > BATCH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Sends what was appended. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batches = [...this.#batches, ...this.#notices()];
    this.#batches = [];
    this.#characters = 0;
    if (batches.length > 0) this.#carrier.send(batches);
  }

  #notices(): LogBatch[] {
    const notices = [...this.#dropped].map(([group, count]) => ({
      group,
      stream: "platform",
      lines: [{ timestamp: Date.now(), message: `${count} log lines were dropped here` }],
    }));
    this.#dropped.clear();
    return notices;
  }
}
