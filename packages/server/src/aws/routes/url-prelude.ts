/**
 * The beginning of a streamed answer: with this content type, JSON with status, headers and cookies, then eight zero
 * bytes, then the body. https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
export const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";

/** More of a prelude than this is none. */
const MAX_PRELUDE = 64 * 1024;
const SEPARATOR = Buffer.alloc(8);

/** A stream with its prelude taken off. */
export interface Prelude {
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Undefined where the stream ends, or goes on for too long, without a prelude. */
export async function readPrelude(chunks: AsyncIterator<Uint8Array>): Promise<Prelude | undefined> {
  let held = Buffer.alloc(0);
  while (held.length <= MAX_PRELUDE) {
    const next = await chunks.next();
    if (next.done) return undefined;
    held = Buffer.concat([held, next.value]);
    const end = held.indexOf(SEPARATOR);
    if (end < 0) continue;
    const head = parse(held.subarray(0, end));
    const rest = held.subarray(end + SEPARATOR.length);
    return head && { head, body: resumed(rest, chunks) };
  }
  return undefined;
}

/** A stream whose beginning was read already. */
export async function* resumed(
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

function parse(json: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const head: unknown = JSON.parse(json.toString("utf8"));
    return typeof head === "object" && head !== null && !Array.isArray(head)
      ? (head as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
