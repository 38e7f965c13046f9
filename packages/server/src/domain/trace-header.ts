/**
 * The two headers that say which trace a request belongs to, and how one becomes the other.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */

/** What X-Amzn-Trace-Id says, as far as tracing needs it. */
export interface TraceHeader {
  /** `1-<8 hex>-<24 hex>` */
  readonly root: string;
  /** 16 hex digits of the segment or subsegment that caused the request. */
  readonly parent: string | undefined;
  /** Undefined where it is not decided yet. */
  readonly sampled: boolean | undefined;
}

const TRACE = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/;
const W3C_TRACE = /^[0-9a-f]{32}$/;
const ENTITY = /^[0-9a-f]{16}$/;
const ZEROES = /^[0-]*$/;

/** Whether a header's trace is recorded. All that a request costs which is not. */
export const isSampled = (header: string): boolean => header.includes("Sampled=1");

/** Whether nobody before has decided: the header says nothing, or asks (`Sampled=?`). */
export const isUndecided = (header: string): boolean => !/Sampled=[01]/.test(header);

/** What the header says; undefined where it names no trace of X-Ray's form. */
export function readTraceHeader(header: string): TraceHeader | undefined {
  let [root, parent, sampled]: (string | undefined)[] = [];
  for (const part of header.split(";")) {
    const equals = part.indexOf("=");
    const value = part.slice(equals + 1).trim();
    switch (part.slice(0, equals).trim().toLowerCase()) {
      case "root":
        root = value.toLowerCase();
        break;
      case "parent":
        parent = value.toLowerCase();
        break;
      case "sampled":
        sampled = value;
    }
  }
  if (root === undefined || !TRACE.test(root)) return undefined;
  return {
    root,
    parent: parent !== undefined && ENTITY.test(parent) ? parent : undefined,
    sampled: sampled === "1" ? true : sampled === "0" ? false : undefined,
  };
}

/** The same header with another parent, and everything else that it says. */
export function withParent(header: string, parent: string): string {
  const kept = header.split(";").filter((part) => !/^\s*parent=/i.test(part));
  return [kept[0], `Parent=${parent}`, ...kept.slice(1)].join(";");
}

/** The same header with a decision, where it has none. */
export function withDecision(header: string, sampled: boolean): string {
  const decision = `Sampled=${sampled ? 1 : 0}`;
  const kept = header.split(";").filter((part) => !/^\s*sampled=/i.test(part));
  const lineage = kept.findIndex((part) => /^\s*lineage=/i.test(part));
  if (lineage < 0) return [...kept, decision].join(";");
  return [...kept.slice(0, lineage), decision, ...kept.slice(lineage)].join(";");
}

/** `00-<trace>-<parent>-<flags>` as X-Amzn-Trace-Id; undefined where it is none. */
export function headerOfTraceparent(traceparent: string | undefined): string | undefined {
  const found =
    traceparent &&
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(traceparent);
  if (!found) return undefined;
  const [, trace = "", parent = "", flags = ""] = found;
  if (ZEROES.test(trace) || ZEROES.test(parent)) return undefined;
  const sampled = Number.parseInt(flags, 16) & 1;
  return `Root=${xrayTraceId(trace)};Parent=${parent};Sampled=${sampled}`;
}

/** The header as W3C's; undefined where it names no trace or no parent. */
export function traceparentOf(header: string): string | undefined {
  const read = readTraceHeader(header);
  if (read?.parent === undefined) return undefined;
  return `00-${w3cTraceId(read.root)}-${read.parent}-${read.sampled ? "01" : "00"}`;
}

/** `1-<8>-<24>` of 32 hex digits; what is of X-Ray's form already stays as it is. */
export const xrayTraceId = (id: string): string =>
  W3C_TRACE.test(id) ? `1-${id.slice(0, 8)}-${id.slice(8)}` : id;

/** 32 hex digits of `1-<8>-<24>`. */
export const w3cTraceId = (id: string): string => id.replace(TRACE, "$1$2");

export const isTraceId = (id: string): boolean => TRACE.test(id);
export const isEntityId = (id: string): boolean => ENTITY.test(id);
