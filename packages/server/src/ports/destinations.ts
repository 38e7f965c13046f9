import type { EventEnd } from "../domain/async-event.ts";
import type { DeadLetterAttributes } from "../domain/invocation-record.ts";

/** Where the records of asynchronous invocations and dead letters go: functions, buckets, queues, topics, buses. */
export interface Destinations {
  /**
   * Hands a delivery over. Resolves once its destination has accepted it, durably.
   * @throws Undeliverable (`ports/targets.ts`) where no later attempt would succeed; anything else is tried again.
   */
  deliver(delivery: Delivery): Promise<void>;
}

export interface Delivery {
  /** Of the destination. */
  readonly destination: string;
  /** The function that ran, qualified, and the request that it ran for. */
  readonly functionArn: string;
  readonly requestId: string;
  /** Why its event is over. */
  readonly end: EventEnd;
  /** The trace header of the invocation, with its lineage: a loop through a destination is one, too. */
  readonly traceId: string;
  /** The attributes of a dead letter; absent: the body is an invocation record. */
  readonly deadLetter?: DeadLetterAttributes;
  /** An invocation record, or the event itself: JSON in UTF-8. */
  readonly body: Uint8Array;
}
