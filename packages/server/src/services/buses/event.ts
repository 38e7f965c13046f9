/** Events on a bus: parsed once, their text built once. */
import { randomUUID } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";

export interface BusEventParts extends Scope {
  readonly id?: string | undefined;
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** A JSON object, as it was sent and parsed. */
  readonly detail: { readonly text: string; readonly value: object };
}

export interface LiveEvent {
  readonly id: string;
  /** What patterns and paths look at. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The text of the detail alone. */
  readonly detail: string;
  /** When this bus got it; milliseconds since the epoch. */
  readonly ingestionTime: number;
  /** X-Ray's header. */
  readonly traceId?: string | undefined;
  /** Over how many buses it came here. */
  readonly hops: number;
}

export function createEvent(
  {
    id = randomUUID(),
    source,
    detailType,
    account,
    time,
    region,
    resources,
    detail,
  }: BusEventParts,
  more: Pick<LiveEvent, "ingestionTime" | "traceId" | "hops">,
): LiveEvent {
  const envelope = {
    version: "0",
    id,
    "detail-type": detailType,
    source,
    account,
    time: `${new Date(time).toISOString().slice(0, 19)}Z`,
    region,
    resources,
  };
  const inner = compact(detail.text);
  const text = `${JSON.stringify(envelope).slice(0, -1)},"detail":${inner}}`;
  const bytes = Buffer.from(text, "utf8");
  return { id, value: { ...envelope, detail: detail.value }, text, bytes, detail: inner, ...more };
}

/** An event that was archived, for the rules of a replay. */
export function replayedEvent(text: string, replayName: string, ingestionTime: number): LiveEvent {
  const value = JSON.parse(text) as Record<string, unknown>;
  const replayed = `${text.slice(0, -1)},"replay-name":${JSON.stringify(replayName)}}`;
  return {
    id: String(value["id"]),
    value: { ...value, "replay-name": replayName },
    text: replayed,
    bytes: Buffer.from(replayed, "utf8"),
    detail: JSON.stringify(value["detail"]),
    ingestionTime,
    hops: 0,
  };
}

/** Parses a detail; undefined where it is no JSON object. */
export function parseDetail(text: string): BusEventParts["detail"] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return isShallow(value) ? { text, value } : undefined;
  } catch {
    return undefined;
  }
}

/** Deeper JSON is none to AWS's parser. */
const MAX_DEPTH = 1_000;

/** Whether JSON has no more than so many levels: what looks into an event may then do so level by level. */
export function isShallow(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  for (const name in value)
    if (!isShallow((value as Record<string, unknown>)[name], levels - 1)) return false;
  return true;
}

/** Without white space between its tokens; numbers and names stay as they were written. */
function compact(json: string): string {
  if (!/\s/.test(json)) return json;
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? "");
}
