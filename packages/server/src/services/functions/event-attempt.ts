/** One attempt of an asynchronous event, and what follows from it. */
import {
  type AsyncEvent,
  afterFailure,
  afterRefusal,
  type EventEnd,
  type Next,
  patienceOf,
} from "../../domain/async-event.ts";
import { YunqueError } from "../../domain/errors.ts";
import type { FunctionVersion } from "../../domain/function.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import type { InvocationResult } from "../../domain/invocation.ts";
import type { FunctionResponse } from "../../domain/invocation-record.ts";
import type { Leased } from "../../ports/queues.ts";
import type { Verdict } from "../consumer/index.ts";
import type { FunctionsContext } from "./context.ts";
import type { Deliveries, Told } from "./deliveries.ts";
import { type InvokeOperations, RECURSIVE } from "./invoke.ts";
import { dimensionsOf, ownerOfQueue } from "./spaces.ts";
import { eventSettingsOf, type FunctionView } from "./view.ts";

/** An event that was leased, with all that decides about it. */
interface Attempt {
  readonly message: Leased;
  readonly event: AsyncEvent;
  readonly view: FunctionView;
  /** Attempts before this one that reached the function, or died with the platform. */
  readonly invokedBefore: number;
}

type Refusal = NonNullable<Told["refusal"]>;

/** What is known of the last attempt of an event that is over. */
interface Last {
  readonly response?: FunctionResponse;
  readonly refusal?: Refusal;
}

export class EventAttempts {
  readonly #context: FunctionsContext;
  readonly #invoke: InvokeOperations;
  readonly #deliveries: Deliveries;

  constructor(context: FunctionsContext, invoke: InvokeOperations, deliveries: Deliveries) {
    this.#context = context;
    this.#invoke = invoke;
    this.#deliveries = deliveries;
  }

  async run(message: Leased): Promise<Verdict> {
    const { catalog, clock } = this.#context;
    const { scope, name } = ownerOfQueue(message.queue);
    const view = catalog.peek(scope, name) ?? (await catalog.load(scope, name));
    const event = JSON.parse(message.attributes) as AsyncEvent;
    // Whoever deletes a function, a version or an alias does not want what waits for it.
    if (view === undefined || versionOf(view, event.qualifier) === undefined)
      return this.#dropped(message);
    const invokedBefore = message.attempts - 1 - event.history.refusals;
    const attempt = { message, event, view, invokedBefore };
    if (event.looped) return this.#end(attempt, "RecursiveInvocation", { refusal: LOOPED });
    if (view.head.reservedConcurrency === 0)
      return this.#end(attempt, "ZeroReservedConcurrency", { refusal: THROTTLED });
    const age = clock.now() - message.enqueuedAt;
    if (age > patienceOf(eventSettingsOf(view, event.qualifier)).ageMs)
      return this.#end(attempt, "EventAgeExceeded", {});
    this.#context.metrics.observe("AsyncEventAge", view.dimensions, age);
    return await this.#try(attempt);
  }

  async #try(attempt: Attempt): Promise<Verdict> {
    const { event, view, message } = attempt;
    const { requestId, invokedFunctionArn, traceId, clientContext, qualifier } = event;
    const patience = patienceOf(eventSettingsOf(view, qualifier));
    const age = () => this.#context.clock.now() - message.enqueuedAt;
    let outcome: { readonly version: string; readonly result: InvocationResult };
    try {
      const runnable =
        this.#invoke.peek(view.scope, view.name, qualifier) ??
        (await this.#invoke.resolve(view.scope, view.name, qualifier));
      const result = await this.#invoke.invoke(runnable, {
        requestId,
        kind: "async",
        enqueuedAt: message.enqueuedAt,
        attempt: attempt.invokedBefore + 1,
        payload: message.body,
        invokedFunctionArn,
        traceId,
        ...(clientContext === undefined ? {} : { clientContext }),
      });
      outcome = { version: runnable.deployment.version, result };
    } catch (error) {
      if (!(error instanceof YunqueError)) throw error;
      if (error.code === "FunctionsClosing") return undefined;
      if (error.code === "FunctionNotFound") return this.#dropped(message);
      return this.#next(attempt, afterRefusal(event.history, patience, age()), {
        refusal: refusalOf(error),
      });
    }
    const { functionError, payload } = outcome.result;
    const response: FunctionResponse = {
      executedVersion: outcome.version,
      payload,
      ...(functionError === undefined ? {} : { functionError }),
    };
    if (functionError === undefined) return this.#end(attempt, "Success", { response });
    return this.#next(attempt, afterFailure(event.history, patience, age()), { response });
  }

  #next(attempt: Attempt, next: Next, last: Last): Verdict {
    if ("end" in next) return this.#end(attempt, next.end, last);
    const attributes = JSON.stringify({ ...attempt.event, history: next.history });
    return {
      become: { kind: "again", delayMs: next.delayMs, attributes },
      pause: last.refusal !== undefined,
    };
  }

  /** It is over: it leaves the queue in the commit that hands over what is told of it. */
  #end({ message, event, view, invokedBefore }: Attempt, end: EventEnd, last: Last): Verdict {
    const { metrics, clock } = this.#context;
    const { requestId, qualifier, traceId } = event;
    const { response, refusal } = last;
    const settings = eventSettingsOf(view, qualifier);
    const succeeded = end === "Success";
    const told: Told = {
      destination: succeeded ? settings?.onSuccess : settings?.onFailure,
      deadLetterTarget: succeeded ? undefined : deadLetterTargetOf(view, qualifier, response),
      traceId,
      refusal,
    };
    if (end === "RecursiveInvocation")
      metrics.count("RecursiveInvocationsDropped", view.dimensions);
    const ended = {
      requestId,
      functionArn: functionArn(view.scope, view.name, qualifier ?? LATEST),
      end,
      invokeCount: invokedBefore + (response === undefined ? 0 : 1),
      time: clock.now(),
      requestPayload: message.body,
      ...(response === undefined ? {} : { response }),
    };
    const handed = this.#deliveries.of(view.scope, view.name, ended, told);
    return {
      become: { kind: "done" },
      ...(handed.length === 0 ? {} : { enqueue: handed }),
      settled: () => {
        metrics.count(succeeded ? "AsyncEventsSucceeded" : "AsyncEventsDropped", view.dimensions);
        this.#deliveries.sent(handed);
      },
    };
  }

  #dropped({ queue }: Leased): Verdict {
    const { scope, name } = ownerOfQueue(queue);
    const { metrics } = this.#context;
    return {
      become: { kind: "done" },
      settled: () => metrics.count("AsyncEventsDropped", dimensionsOf(scope, name)),
    };
  }
}

const THROTTLED: Refusal = { status: 429, message: "Rate Exceeded." };
const LOOPED: Refusal = { status: 400, message: RECURSIVE };

/** Throttles are their callers' errors, everything else is the platform's. */
const refusalOf = ({ code, message }: YunqueError): Refusal =>
  code === "FunctionThrottled" ? { status: 429, message } : { status: 500, message };

/** The version that a qualifier stands for; of an alias that has two, the first. */
function versionOf(view: FunctionView, qualifier = view.main): FunctionVersion | undefined {
  return view.versions.get(view.aliases.get(qualifier)?.version ?? qualifier);
}

/** Lambda: the dead-letter queue is part of a version's configuration. */
function deadLetterTargetOf(
  view: FunctionView,
  qualifier: string | undefined,
  response: FunctionResponse | undefined,
): string | undefined {
  const version = response && view.versions.get(response.executedVersion);
  return (version ?? versionOf(view, qualifier))?.settings.deadLetterTarget;
}
