/**
 * What a target gets in place of an event: a template, filled with values of the event.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
import { type JsonPath, parseJsonPath, valueAt } from "./json-path.ts";

export interface InputTransformer {
  /** JSON paths by the names that the template has for them. */
  readonly paths: Readonly<Record<string, string>>;
  readonly template: string;
}

/** What variables may say besides the event's own values. */
export interface TransformedEvent {
  /** Parsed, and as it was sent. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly ruleArn: string;
  readonly ruleName: string;
  /** Milliseconds since the epoch. */
  readonly ingestionTime: number;
}

/** A template that was read once, for many events. */
export type CompiledTransformer = (event: TransformedEvent) => string;

const RESERVED = [
  "aws.events.rule-arn",
  "aws.events.rule-name",
  "aws.events.event",
  "aws.events.event.json",
  "aws.events.event.ingestion-time",
] as const;
type Reserved = (typeof RESERVED)[number];

interface Placeholder {
  readonly name: string;
  readonly inText: boolean;
}

/** The names in a template that nothing stands for. */
export function unknownPlaceholders({ paths, template }: InputTransformer): string[] {
  return partsOf(template)
    .filter((part) => typeof part !== "string")
    .map(({ name }) => name)
    .filter((name) => !Object.hasOwn(paths, name) && !isReserved(name));
}

export function compileTransformer({ paths, template }: InputTransformer): CompiledTransformer {
  const parts = partsOf(template);
  const parsed = new Map<string, JsonPath>();
  for (const [name, text] of Object.entries(paths)) {
    const path = parseJsonPath(text);
    if (path !== undefined) parsed.set(name, path);
  }
  return (transformed) =>
    parts
      .map((part) => {
        if (typeof part === "string") return part;
        const { name, inText } = part;
        if (isReserved(name)) return reserved(name, transformed, inText);
        const path = parsed.get(name);
        const value = path && valueAt(transformed.event, path);
        return inText ? insideOfText(value) : JSON.stringify(value ?? (value === null ? null : ""));
      })
      .join("");
}

const isReserved = (name: string): name is Reserved =>
  (RESERVED as readonly string[]).includes(name);

function reserved(name: Reserved, from: TransformedEvent, inText: boolean): string {
  const quoted = (text: string) => (inText ? insideOfText(text) : JSON.stringify(text));
  switch (name) {
    case "aws.events.rule-arn":
      return quoted(from.ruleArn);
    case "aws.events.rule-name":
      return quoted(from.ruleName);
    case "aws.events.event.ingestion-time":
      return quoted(new Date(from.ingestionTime).toISOString());
    case "aws.events.event.json":
      return from.text;
    case "aws.events.event": {
      const { detail: _, ...envelope } = from.event;
      return JSON.stringify(envelope);
    }
  }
}

/** Between quotes: texts as they are, other values as JSON without its quotes, what is missing as nothing. */
function insideOfText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return JSON.stringify(value).slice(1, -1);
  return JSON.stringify(value).replaceAll('"', "");
}

/** Texts and placeholders, `<name>`, in turn. */
function partsOf(template: string): (string | Placeholder)[] {
  const parts: (string | Placeholder)[] = [];
  let inText = false;
  let from = 0;
  for (const { 0: whole, 1: name, index } of template.matchAll(/\\.|"|<([\w.-]+)>/gs)) {
    if (whole === '"') inText = !inText;
    if (name === undefined) continue;
    parts.push(template.slice(from, index), { name, inText });
    from = index + whole.length;
  }
  parts.push(template.slice(from));
  return parts.filter((part) => part !== "");
}
