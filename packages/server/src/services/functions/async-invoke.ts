/**
 * Asynchronous invocations on durable queues, one for each function: an event is accepted once it is fsynced, and ends
 * in the same commit that hands what is told of it to its destinations. docs/design/events.md
 */
import { type AsyncEvent, NO_HISTORY } from "../../domain/async-event.ts";
import { descend } from "../../domain/lineage.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Queues } from "../../ports/queues.ts";
import { Consumer } from "../consumer/index.ts";
import type { FunctionsContext } from "./context.ts";
import { Deliveries } from "./deliveries.ts";
import { functionError } from "./errors.ts";
import { EventAttempts } from "./event-attempt.ts";
import type { InvokeOperations, Runnable } from "./invoke.ts";
import { ASYNC_EVENTS, dimensionsOf, functionQueue, ownerOfQueue } from "./spaces.ts";
import { decided } from "./tracing.ts";

/** An event, as its caller brings it. */
export interface NewEvent {
  /** A UUID; every attempt has it. */
  readonly requestId: string;
  /** JSON in UTF-8, at most 1 MB. */
  readonly payload: Uint8Array;
  /** The trace header that came with it, or a new one. */
  readonly traceId: string;
  readonly clientContext?: string | undefined;
}

export class AsyncInvokes {
  readonly #context: FunctionsContext;
  readonly #queues: Queues;
  readonly #consumer: Consumer;
  readonly #deliveries: Deliveries;
  /** Events that are not durable yet, and their bytes. */
  #arriving = 0;
  #arrivingBytes = 0;
  #closing = false;

  constructor(context: FunctionsContext, invoke: InvokeOperations) {
    const { queues, clock, limits, onFailure } = context;
    this.#context = context;
    this.#queues = queues;
    this.#deliveries = new Deliveries(context);
    const attempts = new EventAttempts(context, invoke, this.#deliveries);
    this.#consumer = new Consumer({
      queues,
      clock,
      kind: ASYNC_EVENTS,
      limits: {
        running: limits.concurrency,
        bytes: limits.eventBytes,
        leaseMs: limits.eventLeaseMs,
      },
      run: (message) => attempts.run(message),
      capacity: (queue) => this.#capacity(queue),
      onFailure,
    });
  }

  /** Takes up what earlier lives of the platform accepted and did not finish. */
  async start(): Promise<void> {
    await this.#deliveries.start();
    await this.#consumer.start();
  }

  /** Takes an event over; resolves once it is durable. @throws YunqueError where it is not taken. */
  async accept(runnable: Runnable, event: NewEvent): Promise<void> {
    const { deployment, invokedArn, qualifier, lineage, mayRecur } = runnable;
    const { payload, requestId, clientContext } = event;
    this.#checkRoom(payload.length);
    const { traceId, looped } = descend(
      decided(runnable, event.traceId, this.#context.tracer),
      lineage,
      mayRecur,
    );
    const kept: AsyncEvent = {
      requestId,
      invokedFunctionArn: invokedArn,
      traceId,
      ...(qualifier === undefined ? {} : { qualifier }),
      ...(clientContext === undefined ? {} : { clientContext }),
      ...(looped ? { looped } : {}),
      history: NO_HISTORY,
    };
    const queue = functionQueue(deployment, ASYNC_EVENTS, deployment.functionName);
    this.#arriving += 1;
    this.#arrivingBytes += payload.length;
    try {
      await this.#consumer.add(queue, { body: payload, attributes: JSON.stringify(kept) });
    } finally {
      this.#arriving -= 1;
      this.#arrivingBytes -= payload.length;
    }
    this.#context.metrics.count("AsyncEventsReceived", runnable.dimensions);
  }

  /** A function is gone, and its events with it. */
  async forget(scope: Scope, name: string): Promise<void> {
    const dropped = await this.#queues.purge(functionQueue(scope, ASYNC_EVENTS, name));
    if (dropped > 0)
      this.#context.metrics.count("AsyncEventsDropped", dimensionsOf(scope, name), dropped);
  }

  /** Takes and starts nothing more; answers how many events are left running after `graceMs`. They will run again. */
  async close(graceMs: number): Promise<number> {
    this.#closing = true;
    const deliveries = this.#deliveries.close(graceMs);
    const running = await this.#consumer.close(graceMs);
    await deliveries;
    return running;
  }

  #checkRoom(bytes: number): void {
    const { acceptingEvents, eventBytes } = this.#context.limits;
    if (this.#closing) throw functionError("FunctionsClosing", "The platform is stopping.");
    if (this.#arriving >= acceptingEvents || this.#arrivingBytes + bytes > eventBytes)
      throw functionError("FunctionThrottled", "Rate Exceeded.", {
        reason: "CallerRateLimitExceeded",
      });
  }

  #capacity(queue: string): number {
    const { limits, catalog } = this.#context;
    const { scope, name } = ownerOfQueue(queue);
    const reserved = catalog.peek(scope, name)?.head.reservedConcurrency;
    // Those of a function that may not run at all are only told of.
    if (reserved === undefined || reserved === 0) return limits.eventConcurrency;
    return Math.min(reserved, limits.eventConcurrency);
  }
}
