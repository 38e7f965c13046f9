/**
 * Filter criteria of event source mappings and pipes: a record goes on where one of the patterns matches.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
import type { SourceRecord } from "./records.ts";

/** A compiled event pattern; `text` is JSON. @throws where it is no valid pattern. */
export type CompilePattern = (text: string) => { matches(value: unknown): boolean };

/** What payload a pattern asks for: an object asks for JSON, a list for text. */
type Asks = "json" | "text" | "nothing";

interface Compiled {
  readonly asks: Asks;
  readonly matches: (value: unknown) => boolean;
}

export type RecordFilter = (record: SourceRecord) => boolean;

/** `payload`: the member with what producers wrote. @throws where a pattern is not valid. */
export function compileFilters(
  patterns: readonly string[],
  payload: "body" | "data" | undefined,
  compile: CompilePattern,
): RecordFilter {
  if (patterns.length === 0) return () => true;
  const compiled = patterns.map((text): Compiled => {
    const pattern = compile(text);
    return {
      asks: payload === undefined ? "nothing" : asksFor(JSON.parse(text), payload),
      matches: (value) => pattern.matches(value),
    };
  });
  return (record) => {
    const { value, is } = seenBy(record, payload);
    return compiled.some(
      ({ asks, matches }) => (asks === "nothing" || asks === is) && matches(value),
    );
  };
}

function asksFor(pattern: unknown, payload: string): Asks {
  if (typeof pattern !== "object" || pattern === null || !Object.hasOwn(pattern, payload))
    return "nothing";
  return Array.isArray(Reflect.get(pattern, payload)) ? "text" : "json";
}

/** The record as patterns see it: with its payload as JSON where it is JSON, and Kinesis's members beside it. */
function seenBy(
  record: SourceRecord,
  payload: "body" | "data" | undefined,
): { readonly value: object; readonly is: Asks } {
  if (payload === undefined) return { value: record, is: "nothing" };
  if (payload === "body") {
    const json = parsed(String(record["body"]));
    return json === undefined
      ? { value: record, is: "text" }
      : { value: { ...record, body: json }, is: "json" };
  }
  const kinesis = (record["kinesis"] ?? record) as SourceRecord;
  const text = utf8(Buffer.from(String(kinesis["data"]), "base64"));
  const json = text === undefined ? undefined : parsed(text);
  return {
    value: { ...record, ...kinesis, data: json ?? text ?? null },
    is: json === undefined ? "text" : "json",
  };
}

/** Objects and arrays alone: of anything else a pattern can only ask as of text. */
function parsed(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
