/**
 * Lambda's own segments of a traced invocation. `AWS::Lambda` is the service: it has the request from its acceptance to its
 * answer, the wait in a queue included. `AWS::Lambda::Function` is the work of an instance; the handler's own segments
 * hang on it. https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
import { randomUUID } from "node:crypto";
import type { Deployment } from "../../domain/deployment.ts";
import type { Invocation, InvocationReport } from "../../domain/invocation.ts";
import type { SampledRequest } from "../../domain/sampling-rule.ts";
import type { Entity, Segment } from "../../domain/segment.ts";
import {
  isSampled,
  isUndecided,
  readTraceHeader,
  withDecision,
  withParent,
} from "../../domain/trace-header.ts";
import type { Tracer } from "../../ports/tracer.ts";
import type { Runnable } from "./invoke.ts";

/** The header with a decision: the caller's own, else, with active tracing, one by the sampling rules. */
export function decided(
  { deployment }: Pick<Runnable, "deployment">,
  traceId: string,
  tracer: Tracer | undefined,
  request?: SampledRequest,
): string {
  const asked = traceId.includes("Sampled=");
  if (asked && !isUndecided(traceId)) return traceId;
  const sampled =
    deployment.tracing === "Active" &&
    tracer !== undefined &&
    tracer.decide(deployment, {
      ...request,
      resourceArn: deployment.functionArn,
      serviceName: deployment.functionName,
      serviceType: "AWS::Lambda::Function",
    });
  // Nearly all come without either: those cost one search each and a few characters.
  if (asked || traceId.includes("Lineage=")) return withDecision(traceId, sampled);
  return traceId + (sampled ? ";Sampled=1" : ";Sampled=0");
}

/** One traced invocation, from before it runs until it is over. */
export interface Traced {
  /** What the executor gets: its header names the function's segment as the parent. */
  readonly invocation: Invocation;
  /** It ran. `failed`: its own failure. */
  ended(report: InvocationReport, failed: string | undefined): void;
  /** It did not run. */
  refused(throttled: boolean): void;
}

/** Undefined where the invocation is not traced; that is all it costs then. */
export function traced(
  tracer: Tracer | undefined,
  deployment: Deployment,
  inner: Invocation,
): Traced | undefined {
  if (tracer === undefined || !isSampled(inner.traceId)) return undefined;
  const header = readTraceHeader(inner.traceId);
  if (header === undefined) return undefined;
  const began = Date.now() / 1000;
  const [service, work] = [newId(), newId()];
  const accepted = inner.enqueuedAt === undefined ? began : inner.enqueuedAt / 1000;
  const { functionName: name, functionArn, account, version } = deployment;
  const aws = {
    account_id: account,
    function_arn: functionArn,
    request_id: inner.requestId,
    resource_names: [name],
    version,
  };
  const attempt: Entity | undefined =
    inner.enqueuedAt === undefined
      ? undefined
      : { id: newId(), name: `Attempt #${inner.attempt ?? 1}`, start_time: began };
  const common = { trace_id: header.root, resource_arn: functionArn };

  function tellService(end: number, outcome: Partial<Entity>, status: number): void {
    const parts: Entity[] = attempt
      ? [
          { id: newId(), name: "Dwell Time", start_time: accepted, end_time: began },
          { ...attempt, end_time: end, ...outcome },
        ]
      : [];
    tracer?.tell(deployment, {
      ...common,
      id: service,
      ...(header?.parent === undefined ? {} : { parent_id: header.parent }),
      name,
      origin: "AWS::Lambda",
      start_time: accepted,
      end_time: end,
      http: { ...(inner.http ? { request: inner.http } : {}), response: { status } },
      aws,
      ...(parts.length === 0 ? {} : { subsegments: parts }),
      ...outcome,
    } satisfies Segment);
  }

  return {
    invocation: {
      requestId: inner.requestId,
      kind: inner.kind,
      payload: inner.payload,
      invokedFunctionArn: inner.invokedFunctionArn,
      traceId: withParent(inner.traceId, work),
      ...(inner.clientContext === undefined ? {} : { clientContext: inner.clientContext }),
      ...(inner.wantsLog === undefined ? {} : { wantsLog: inner.wantsLog }),
      ...(inner.signal === undefined ? {} : { signal: inner.signal }),
    },
    ended(report, failed) {
      const end = Math.max(Date.now() / 1000, began);
      const outcome = failed === undefined ? {} : { fault: true, ...causeOf(failed) };
      tellService(end, failed === undefined ? {} : { fault: true }, 200);
      const { start, subsegments } = partsOf(report, began, end, outcome);
      tracer.tell(deployment, {
        ...common,
        id: work,
        parent_id: attempt?.id ?? service,
        name,
        origin: "AWS::Lambda::Function",
        start_time: start,
        end_time: end,
        aws,
        subsegments,
        ...outcome,
      });
    },
    refused(throttled) {
      const outcome = throttled ? { error: true, throttle: true } : { fault: true };
      tellService(Date.now() / 1000, outcome, throttled ? 429 : 500);
    },
  };
}

/** What an instance did between `began` and `end`, both in seconds. */
function partsOf(
  { durationMs, initMs, restoreMs, queuedMs, startMs }: InvocationReport,
  began: number,
  end: number,
  outcome: Partial<Entity>,
): { start: number; subsegments: Entity[] } {
  const duration = Math.min(durationMs / 1000, end - began);
  const invoked = began + Math.min(Math.max(0, queuedMs / 1000), end - began - duration);
  const over = invoked + duration;
  const subsegments: Entity[] = [];
  const ready = restoreMs ?? initMs;
  let start = invoked;
  if (ready !== undefined) {
    // What was initialised before the request came is not part of it.
    start = Math.max(began, invoked - ready / 1000);
    const name = restoreMs === undefined ? "Initialization" : "Restore";
    const steps: Entity[] = [];
    let at = start;
    const step = (step: string, until: number): void => {
      const to = Math.min(invoked, Math.max(at, until));
      steps.push({ id: newId(), name: step, start_time: at, end_time: to });
      at = to;
    };
    if (startMs !== undefined && restoreMs === undefined) {
      const asked = invoked - ready / 1000;
      step("Code", asked + startMs.code / 1000);
      step("Allocation", asked + (startMs.code + startMs.allocation) / 1000);
      step("Init", invoked);
    }
    subsegments.push({
      id: newId(),
      name,
      start_time: start,
      end_time: invoked,
      ...(steps.length === 0 ? {} : { subsegments: steps }),
    });
  }
  subsegments.push(
    { id: newId(), name: "Invocation", start_time: invoked, end_time: over, ...outcome },
    { id: newId(), name: "Overhead", start_time: over, end_time: end },
  );
  return { start, subsegments };
}

/** The handler's error object, as X-Ray has it. */
function causeOf(text: string): { cause?: unknown } {
  try {
    const { errorType, errorMessage } = JSON.parse(text.slice(0, 20_000)) as Record<
      string,
      unknown
    >;
    const said = (value: unknown) => (typeof value === "string" ? value.slice(0, 1_000) : "");
    return {
      cause: {
        exceptions: [{ id: newId(), type: said(errorType), message: said(errorMessage) }],
      },
    };
  } catch {
    return {};
  }
}

const newId = (): string => randomUUID().replaceAll("-", "").slice(0, 16);
