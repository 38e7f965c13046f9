/** Values from both ends of the wire in one form, so that `deepEqual` tells only what differs in meaning. */
import { isDeepStrictEqual } from "node:util";

export async function comparable(value: unknown): Promise<unknown> {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return { time: value.getTime() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  if (typeof value === "number") return Object.is(value, -0) ? 0 : value;
  if (value instanceof String) return value.toString(); // the SDK's lazy JSON
  if (typeof value !== "object") return value;
  if (Symbol.asyncIterator in value) return comparableStream(value as AsyncIterable<unknown>);
  if (Array.isArray(value)) return Promise.all(value.map(comparable));
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const inner = await comparable((value as Record<string, unknown>)[key]);
    if (inner !== undefined) out[key] = inner;
  }
  return out;
}

/** A stream of bytes is the bytes, a stream of events the list of them. */
async function comparableStream(stream: AsyncIterable<unknown>): Promise<unknown> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  const chunks = items.filter((item) => item instanceof Uint8Array);
  if (chunks.length === items.length) return comparable(Buffer.concat(chunks));
  return Promise.all(items.map(comparable));
}

/** Where two comparable values first differ, and how; undefined where they are equal. */
export function firstDifference(actual: unknown, expected: unknown, path = ""): string | undefined {
  if (isDeepStrictEqual(actual, expected)) return undefined;
  if (isObject(actual) && isObject(expected))
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const inner = firstDifference(actual[key], expected[key], `${path}.${key}`);
      if (inner !== undefined) return inner;
    }
  const show = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 120);
  return `${path || "."} is ${show(actual)} instead of ${show(expected)}`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
