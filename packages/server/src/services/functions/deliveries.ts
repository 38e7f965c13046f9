/** What is told of events that are over: it waits in a queue until its destination took it, or it is given up. */
import { backoffMs } from "../../domain/async-event.ts";
import {
  deadLetterAttributes,
  type EndedInvocation,
  invocationRecord,
} from "../../domain/invocation-record.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Delivery } from "../../ports/destinations.ts";
import type { Leased, Outcome } from "../../ports/queues.ts";
import { Undeliverable } from "../../ports/targets.ts";
import { Consumer, type Verdict } from "../consumer/index.ts";
import type { FunctionsContext } from "./context.ts";
import { ASYNC_DELIVERIES, dimensionsOf, functionQueue, ownerOfQueue } from "./spaces.ts";

/** A destination that takes nothing for so long gets nothing. */
const LIFETIME_MS = 6 * 3600 * 1000;
/** Largest body of a queue's message. */
const MAX_BYTES = 2 << 20;
const LIMITS = { running: 64, bytes: 64 << 20, leaseMs: 60_000 };
/** Deliveries of one function at a time. */
const PER_FUNCTION = 8;
const MAX_REASON = 300;

/** Whom an ended invocation is told to. */
export interface Told {
  /** ARN of the destination for this end. */
  readonly destination: string | undefined;
  /** ARN of the dead-letter queue, for events that failed. */
  readonly deadLetterTarget: string | undefined;
  readonly traceId: string;
  /** Why the last attempt did not reach the function. */
  readonly refusal: { readonly status: number; readonly message: string } | undefined;
}

type Attributes = Omit<Delivery, "body">;
type Handed = NonNullable<Outcome["enqueue"]>;

export class Deliveries {
  readonly #context: FunctionsContext;
  readonly #consumer: Consumer;

  constructor(context: FunctionsContext) {
    this.#context = context;
    this.#consumer = new Consumer({
      queues: context.queues,
      clock: context.clock,
      kind: ASYNC_DELIVERIES,
      limits: LIMITS,
      run: (message) => this.#deliver(message),
      capacity: () => PER_FUNCTION,
      onFailure: context.onFailure,
    });
  }

  async start(): Promise<void> {
    await this.#consumer.start();
  }

  async close(graceMs: number): Promise<void> {
    await this.#consumer.close(graceMs);
  }

  /** What to commit together with the end of an event. */
  of(scope: Scope, name: string, ended: EndedInvocation, told: Told): Handed {
    const { requestId, functionArn, end } = ended;
    const { destination, deadLetterTarget, traceId, refusal } = told;
    const queue = functionQueue(scope, ASYNC_DELIVERIES, name);
    const common = { functionArn, requestId, end, traceId };
    const handed: { queue: string; message: { body: Uint8Array; attributes: string } }[] = [];
    const add = (attributes: Attributes, body: Uint8Array) => {
      if (body.length <= MAX_BYTES)
        handed.push({ queue, message: { body, attributes: JSON.stringify(attributes) } });
      else this.#failed(queue, { ...attributes, body }, `it has ${body.length} bytes`);
    };
    if (destination !== undefined) add({ ...common, destination }, invocationRecord(ended));
    if (deadLetterTarget !== undefined)
      add(
        {
          ...common,
          destination: deadLetterTarget,
          deadLetter: deadLetterAttributes(ended, refusal),
        },
        ended.requestPayload,
      );
    return handed;
  }

  /** What `of` made is durable. */
  sent(handed: Handed): void {
    for (const { queue } of handed) this.#consumer.wake(queue);
  }

  async #deliver({ queue, body, attributes, attempts, enqueuedAt }: Leased): Promise<Verdict> {
    const { destinations, clock } = this.#context;
    const delivery: Delivery = { ...(JSON.parse(attributes) as Attributes), body };
    try {
      await destinations.deliver(delivery);
      return DONE;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const delayMs = backoffMs(attempts);
      const late = clock.now() + delayMs > enqueuedAt + LIFETIME_MS;
      const over = late || error instanceof Undeliverable;
      this.#failed(queue, delivery, over ? why : undefined);
      return over ? DONE : { become: { kind: "again", delayMs } };
    }
  }

  /** Lambda counts every attempt that fails. `why`: there will be no other. */
  #failed(queue: string, delivery: Delivery, why: string | undefined): void {
    const { metrics, onUndelivered } = this.#context;
    const { scope, name } = ownerOfQueue(queue);
    const metric = delivery.deadLetter ? "DeadLetterErrors" : "DestinationDeliveryFailures";
    metrics.count(metric, dimensionsOf(scope, name));
    if (why !== undefined) onUndelivered(delivery, why.slice(0, MAX_REASON));
  }
}

const DONE: Verdict = { become: { kind: "done" } };
