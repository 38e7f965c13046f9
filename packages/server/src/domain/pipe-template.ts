/**
 * Input templates of pipes: text with variables, `<$.body.order>` and `<aws.pipes.pipe-name>`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
 *
 * A variable inside of a JSON string is text in it; elsewhere it is JSON. What producers wrote as encoded JSON (a
 * message's `body`, a record's `data`) is JSON for paths that lead into it.
 */

/** What a variable that begins with `aws.pipes.` stands for, by its name. */
export type PipeVariables = Readonly<Record<string, unknown>>;

export const PIPE_VARIABLES = [
  "aws.pipes.pipe-arn",
  "aws.pipes.pipe-name",
  "aws.pipes.source-arn",
  "aws.pipes.enrichment-arn",
  "aws.pipes.target-arn",
  "aws.pipes.event.ingestion-time",
  "aws.pipes.event",
  "aws.pipes.event.json",
] as const;

const VARIABLE = /<(\$[^<>"\s]*|aws\.pipes\.[a-z.-]+)>/y;

type Part = { readonly text: string } | { readonly name: string; readonly inString: boolean };

/** A compiled template: an event and the other variables become text. */
export type PipeTemplate = (event: unknown, variables: PipeVariables) => string;

/** @throws SyntaxError where a variable is none that there is. */
export function compilePipeTemplate(template: string): PipeTemplate {
  const parts = partsOf(template);
  return (event, variables) =>
    parts
      .map((part) => {
        if ("text" in part) return part.text;
        const value = part.name.startsWith("$")
          ? valueAt(event, part.name)
          : part.name === "aws.pipes.event.json"
            ? decoded(event)
            : part.name === "aws.pipes.event"
              ? event
              : variables[part.name];
        return part.inString ? insideOfString(value) : (JSON.stringify(value ?? "") ?? '""');
      })
      .join("");
}

function partsOf(template: string): Part[] {
  const parts: Part[] = [];
  let text = "";
  let inString = false;
  for (let at = 0; at < template.length; ) {
    VARIABLE.lastIndex = at;
    const [whole, name = ""] = VARIABLE.exec(template) ?? [];
    if (whole !== undefined) {
      checkVariable(name);
      if (text !== "") parts.push({ text });
      text = "";
      parts.push({ name, inString });
      at += whole.length;
      continue;
    }
    const char = template[at] ?? "";
    if (inString && char === "\\") {
      text += template.slice(at, at + 2);
      at += 2;
      continue;
    }
    if (char === '"') inString = !inString;
    text += char;
    at += 1;
  }
  if (text !== "") parts.push({ text });
  return parts;
}

function checkVariable(name: string): void {
  const known = name.startsWith("$")
    ? PATH.test(name)
    : (PIPE_VARIABLES as readonly string[]).includes(name);
  if (!known) throw new SyntaxError(`there is no variable <${name}>`);
}

/** Text is itself, anything else its JSON, and both as they stand in a JSON string. */
function insideOfString(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return JSON.stringify(text).slice(1, -1);
}

const PATH = /^\$(?:\.[\w/-]+(?:\[(?:\d+|\*)\])*)*$/;
const STEP = /\.([\w/-]+)|\[(\d+|\*)\]/g;

/** Whether text is a path into an event, as parameters of targets may be. */
export const isPath = (text: string): boolean => PATH.test(text);

/** What a path leads to; undefined where there is nothing. `[*]` gives a list. */
export function valueAt(event: unknown, path: string): unknown {
  let values: readonly unknown[] = [event];
  let many = false;
  for (const [, member, index] of path.matchAll(STEP)) {
    values = values.flatMap((value): readonly unknown[] => {
      const here = opened(value);
      if (index === "*") return Array.isArray(here) ? here : [];
      const key = member ?? index ?? "";
      return typeof here === "object" && here !== null && Object.hasOwn(here, key)
        ? [Reflect.get(here, key)]
        : [];
    });
    many ||= index === "*";
  }
  const found = path === "$" ? values : values.map(opened);
  return many ? found : found[0];
}

/** The JSON in a text, or in the base64 of it, where that is an object or a list. */
function opened(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const direct = parsed(value);
  if (direct !== undefined) return direct;
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return value;
  return parsed(Buffer.from(value, "base64").toString("utf8")) ?? value;
}

function parsed(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** An event with what is encoded in it as JSON. */
function decoded(event: unknown): unknown {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return event;
  const encoded = ["body", "data"].filter((name) => Object.hasOwn(event, name));
  const changes = encoded.map((name) => [name, opened(Reflect.get(event, name))] as const);
  return { ...event, ...Object.fromEntries(changes) };
}
