import type { Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Attempts } from "./attempts.ts";
import type { QueueBook } from "./book.ts";
import type { InFlight } from "./in-flight.ts";
import type { Taken } from "./receive.ts";
import type { Waiting } from "./waiting.ts";

export interface MessageQueuesDependencies {
  readonly records: Records;
  readonly queues: Queues;
  readonly clock: Clock;
  /** Hears of errors that are nobody's request. */
  readonly onDefect: (error: unknown, where: object) => void;
}

/** What the parts of the service share. */
export interface QueuesContext extends MessageQueuesDependencies {
  readonly book: QueueBook;
  readonly waiting: Waiting;
  readonly inFlight: InFlight;
  readonly attempts: Attempts<Taken>;
}
