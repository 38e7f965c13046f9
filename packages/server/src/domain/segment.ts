/**
 * Segment documents: what traced work says of itself. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
import { isEntityId, isTraceId, xrayTraceId } from "./trace-header.ts";

/** What segments and subsegments share. Times in seconds since the epoch, with fractions. */
export interface Entity {
  readonly id: string;
  readonly name: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly in_progress?: boolean;
  readonly error?: boolean;
  readonly throttle?: boolean;
  readonly fault?: boolean;
  readonly cause?: unknown;
  /** `aws` or `remote`: the entity is a call of something else. */
  readonly namespace?: string;
  readonly http?: { readonly request?: HttpRequest; readonly response?: HttpResponse };
  readonly aws?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly subsegments?: readonly Entity[];
  readonly links?: readonly unknown[];
}

export interface HttpRequest {
  readonly url?: string;
  readonly method?: string;
  readonly user_agent?: string;
  readonly client_ip?: string;
}
export interface HttpResponse {
  readonly status?: number;
  readonly content_length?: number;
}

/** A document of its own: a segment, or a subsegment that was sent apart from its segment. */
export interface Segment extends Entity {
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly type?: "subsegment";
  /** `AWS::Lambda::Function` */
  readonly origin?: string;
  readonly resource_arn?: string;
  readonly user?: string;
}

/** Why a document is not taken, as UnprocessedTraceSegments says it. */
export interface SegmentRefusal {
  readonly id: string | undefined;
  readonly code: string;
}

/** X-Ray: a segment document is at most 64 kB. */
export const MAX_SEGMENT_BYTES = 64 << 10;
/** Levels of subsegments, and entities of a document, that are looked at. */
const MAX_DEPTH = 100;
const MAX_NAME = 200;
const NAME = /^[\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]*$/u;

/** A document as it is kept, or why it is not. */
export function readSegment(text: string): Segment | SegmentRefusal {
  if (Buffer.byteLength(text) > MAX_SEGMENT_BYTES)
    return { id: undefined, code: "SegmentSizeExceeded" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { id: undefined, code: "ParseError" };
  }
  if (!isObject(value)) return { id: undefined, code: "ParseError" };
  const id = typeof value["id"] === "string" ? value["id"].toLowerCase() : undefined;
  const refused = (code: string): SegmentRefusal => ({ id, code });
  if (id === undefined) return refused("MissingId");
  if (!isEntityId(id)) return refused("InvalidId");
  const trace = value["trace_id"];
  if (typeof trace !== "string") return refused("MissingTraceId");
  const traceId = xrayTraceId(trace.toLowerCase());
  if (!isTraceId(traceId)) return refused("InvalidTraceId");
  const parent = value["parent_id"];
  if (parent !== undefined && !isParent(parent)) return refused("InvalidParentId");
  if (value["type"] !== undefined && value["type"] !== "subsegment") return refused("InvalidType");
  if (value["type"] === "subsegment" && parent === undefined) return refused("MissingParentId");
  const fault = faultOf(value, 0);
  if (fault !== undefined) return refused(fault);
  return {
    ...value,
    id,
    trace_id: traceId,
    ...(parent === undefined ? {} : { parent_id: parent.toLowerCase() }),
  } as unknown as Segment;
}

export const isRefused = (read: Segment | SegmentRefusal): read is SegmentRefusal =>
  "code" in read && !("trace_id" in read);

const isParent = (value: unknown): value is string =>
  typeof value === "string" && isEntityId(value.toLowerCase());

/** What is wrong with an entity or one below it. */
function faultOf(value: Record<string, unknown>, depth: number): string | undefined {
  const { name, start_time: start, end_time: end, subsegments } = value;
  if (depth > MAX_DEPTH) return "DepthExceeded";
  if (typeof name !== "string" || name === "") return "MissingName";
  if (name.length > MAX_NAME || !NAME.test(name)) return "InvalidName";
  if (!isTime(start)) return start === undefined ? "MissingStartTime" : "InvalidStartTime";
  if (end !== undefined && !isTime(end)) return "InvalidEndTime";
  if (end === undefined && value["in_progress"] !== true) return "MissingEndTime";
  for (const key of ["http", "aws", "annotations", "metadata"])
    if (value[key] !== undefined && !isObject(value[key])) return "ParseError";
  if (subsegments === undefined) return undefined;
  if (!Array.isArray(subsegments)) return "ParseError";
  for (const each of subsegments) {
    if (!isObject(each)) return "ParseError";
    const { id } = each;
    if (typeof id !== "string" || !isEntityId(id.toLowerCase())) return "InvalidId";
    const fault = faultOf(each, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Seconds, up to the year 4822. */
const isTime = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value < 9e10;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An entity and everything below it. */
export function* entitiesOf(entity: Entity): Generator<Entity> {
  yield entity;
  for (const each of entity.subsegments ?? []) yield* entitiesOf(each);
}

/** Whether it failed, and whose fault that was; by its status where it does not say so itself. */
export function outcomeOf(entity: Entity): { error: boolean; throttle: boolean; fault: boolean } {
  const status = entity.http?.response?.status;
  const of = (from: number, to: number) =>
    typeof status === "number" && status >= from && status < to;
  const throttle = entity.throttle === true || of(429, 430);
  return {
    throttle,
    error: entity.error === true || throttle || of(400, 500),
    fault: entity.fault === true || of(500, 600),
  };
}
