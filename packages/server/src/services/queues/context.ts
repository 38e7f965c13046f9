import type { QueueRef } from "../../domain/queue-name.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dimensions, Metrics } from "../../ports/metrics.ts";
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
  /** Is told of messages; absent where nobody wants to know. */
  readonly metrics?: Metrics;
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

/** Whom a queue's metrics are about. */
export const dimensionsOf = ({ account, region, name }: QueueRef): Dimensions => ({
  Account: account,
  Region: region,
  QueueName: name,
});
