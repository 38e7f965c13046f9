/** What a mapping does with the messages of a queue. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
import type { FunctionAnswer } from "../../ports/function-calls.ts";
import type { Dimensions } from "../../ports/metrics.ts";
import {
  compileFilters,
  failedItems,
  type QueueItem,
  type QueueOutcome,
  type QueueWork,
  queueRecord,
} from "../pollers/index.ts";
import { callWith, eventOf, traceOf } from "./calls.ts";
import type { MappingsDependencies } from "./context.ts";
import type { Mapping } from "./model.ts";
import { waited } from "./queue-trace.ts";
import type { Reports } from "./reports.ts";

/** Lambda: five batches at a time at first, 1,250 at most. */
const FIRST_CONCURRENCY = 5;
const MOST_CONCURRENCY = 1250;
/** Lambda: each provisioned poller runs up to ten. */
const PER_POLLER = 10;
const DEFAULT_POLLERS = { min: 2, max: 200 };

export function queueWork(
  context: MappingsDependencies,
  mapping: Mapping,
  reports: Reports,
): QueueWork {
  const { settings, sourceArn, functionArn } = mapping;
  const { functions, clock, metrics } = context;
  const passes = compileFilters(settings.filters ?? [], "body", context.compilePattern);
  const absentDigest = settings.windowSeconds > 0 ? null : undefined;
  const dimensions = dimensionsOf(mapping);

  async function process(all: readonly QueueItem[]): Promise<QueueOutcome> {
    const header = ({ message }: QueueItem) => message.attributes["AWSTraceHeader"];
    const { traceId, looped } = await traceOf(functions, functionArn, all, header, clock.now());
    const items = looped.size === 0 ? all : all.filter((item) => !looped.has(item));
    // What is one too many of a loop is not run; it stays in the queue, and goes where its redrive policy says.
    const failed = new Set([...looped].map(({ message }) => message.messageId));
    if (items.length === 0) return { kind: "done", failed };
    const further = waited(context, sourceArn, items, traceId);
    const { answer } = await callWith(functions, functionArn, eventOf(items), further);
    if (answer.kind !== "answered") return answer;
    metrics.count("InvokedEventCount", dimensions, items.length);
    const outcome = outcomeOf(answer, items, settings.reportsFailures);
    if (outcome.kind !== "done") {
      metrics.count("FailedInvokeEventCount", dimensions, items.length);
      return outcome;
    }
    return { kind: "done", failed: new Set([...failed, ...outcome.failed]) };
  }

  return {
    queueArn: sourceArn,
    batchSize: settings.batchSize,
    windowMs: settings.windowSeconds * 1000,
    concurrency: {
      ...concurrencyOf(mapping, context.maxConcurrency ?? MOST_CONCURRENCY),
      // Lambda: with partial batch responses failures do not make the batches fewer.
      shrinks: !settings.reportsFailures,
    },
    prepare(message) {
      const record = queueRecord(message, sourceArn, absentDigest);
      return passes(record) ? JSON.stringify(record) : undefined;
    },
    async process(items) {
      try {
        return await process(items);
      } catch (error) {
        context.onDefect(error, { during: "an event source mapping", uuid: mapping.uuid });
        return { kind: "refused" };
      }
    },
    polled(messages, filtered) {
      metrics.count("PolledEventCount", dimensions, messages);
      if (filtered > 0) metrics.count("FilteredOutEventCount", dimensions, filtered);
    },
    deleted: (messages) => metrics.count("DeletedEventCount", dimensions, messages),
    trouble: (error) => reports.trouble(error),
    gone: () => reports.gone(),
  };
}

function outcomeOf(
  answer: Extract<FunctionAnswer, { kind: "answered" }>,
  items: readonly QueueItem[],
  reportsFailures: boolean,
): Extract<QueueOutcome, { kind: "done" | "failed" }> {
  if (answer.functionError !== undefined) return { kind: "failed" };
  if (!reportsFailures) return { kind: "done", failed: NONE };
  const ids = new Set(items.map(({ message }) => message.messageId));
  const failed = failedItems(answer.payload, ids);
  return failed === "all" ? { kind: "failed" } : { kind: "done", failed };
}

const NONE: ReadonlySet<string> = new Set();

function concurrencyOf({ settings }: Mapping, limit: number): { first: number; most: number } {
  const { maximumConcurrency, pollers } = settings;
  if (pollers === undefined) {
    const most = Math.min(maximumConcurrency ?? limit, limit);
    return { first: Math.min(FIRST_CONCURRENCY, most), most };
  }
  const { min = DEFAULT_POLLERS.min, max = Math.max(min, DEFAULT_POLLERS.max) } = pollers;
  return { first: Math.min(min * PER_POLLER, limit), most: Math.min(max * PER_POLLER, limit) };
}

/** Whom a mapping's metrics are about, as Lambda names it. */
export function dimensionsOf({ functionArn, uuid }: Mapping): Dimensions {
  const [, , , Region = "", Account = "", , FunctionName = ""] = functionArn.split(":");
  return { Account, Region, FunctionName, EventSourceMappingUUID: uuid };
}
