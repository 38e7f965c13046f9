/** X-Ray: what requests went through, how long each step took, and which requests are recorded at all. The folder's only door. */
import { randomUUID } from "node:crypto";
import type { SampledRequest } from "../../domain/sampling-rule.ts";
import type { Scope } from "../../domain/scope.ts";
import { isRefused, readSegment, type Segment, type SegmentRefusal } from "../../domain/segment.ts";
import { DEFAULT_TRACE_LIMITS, type TracesDependencies } from "./context.ts";
import { Groups } from "./groups.ts";
import { Queries } from "./queries.ts";
import { SamplingRules } from "./rules.ts";
import { Segments } from "./segments.ts";
import { Settings } from "./settings.ts";

export type { TracesDependencies } from "./context.ts";
export { TRACES_ERRORS, type TracesErrorCode, tracesError } from "./errors.ts";
export type { Group, Groups } from "./groups.ts";
export type { Queries } from "./queries.ts";
export type { RuleChange, RuleRecord, SamplingRules } from "./rules.ts";
export { Sampler } from "./sampler.ts";
export { MAX_DOCUMENTS } from "./segments.ts";
export type { Settings } from "./settings.ts";
export type { Tags } from "./tags.ts";

export interface Traces {
  /** Takes documents over; resolves once they are durable, with those that were not taken. */
  put(scope: Scope, documents: readonly string[]): Promise<SegmentRefusal[]>;

  /** The same for who must not wait: never fails, never blocks; what there is no room for is dropped and counted. */
  tell(scope: Scope, segment: Segment): void;
  tellText(scope: Scope, document: string): void;

  /** Whether a request that nobody has decided about is recorded. Answers at once. */
  decide(scope: Scope, request: SampledRequest): boolean;

  readonly queries: Queries;
  readonly groups: Groups;
  readonly rules: SamplingRules;
  readonly settings: Settings;

  /** Calls back with every document that is taken, for who sends them on. */
  onSegment(listener: (segment: Segment) => void): void;

  /** Forgets what is too old, from now on. */
  start(): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

export function createTraces(dependencies: TracesDependencies): Traces {
  const segments = new Segments(dependencies, { ...DEFAULT_TRACE_LIMITS, ...dependencies.limits });
  const groups = new Groups(dependencies);
  const rules = new SamplingRules(dependencies);
  const listeners: ((segment: Segment) => void)[] = [];

  function take(scope: Scope, segment: Segment, text: string): boolean {
    for (const listener of listeners) listener(segment);
    return segments.add(scope, segment, text);
  }

  return {
    async put(scope, documents) {
      const refused: SegmentRefusal[] = [];
      for (const text of documents) {
        const read = readSegment(text);
        if (isRefused(read)) refused.push(read);
        else if (!take(scope, read, text)) refused.push({ id: read.id, code: "Throttled" });
      }
      if (refused.length < documents.length) await segments.flush();
      return refused;
    },
    tell: (scope, segment) => void take(scope, segment, JSON.stringify(segment)),
    tellText(scope, text) {
      const read = readSegment(text);
      if (isRefused(read)) dependencies.metrics.count("TraceSegmentsRejected", {});
      else take(scope, read, text);
    },
    decide: (scope, request) => rules.decide(scope, request),
    queries: new Queries(segments, groups),
    groups,
    rules,
    settings: new Settings(dependencies),
    onSegment: (listener) => void listeners.push(listener),
    async start() {
      segments.start();
    },
    close: () => segments.close(),
  };
}

/** 16 hex digits for a segment or subsegment. */
export const newEntityId = (): string => randomUUID().replaceAll("-", "").slice(0, 16);
