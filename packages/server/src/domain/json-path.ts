/**
 * The JSON paths that EventBridge knows: `$.detail.items[0].id`, `$.detail-type`, `$['detail-type']`, `$.a[*].b`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */

/** Names and positions on the way; `*`: all that is there. */
export type JsonPath = readonly (string | number | typeof ALL)[];

const ALL = Symbol("*");
const STEP = /\.(\*|[^.[\]'"*\s]+)|\[(\d{1,9}|\*|'[^']*'|"[^"]*")\]/y;

/** Undefined where the text is no path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith("$")) return undefined;
  const path: (string | number | typeof ALL)[] = [];
  STEP.lastIndex = 1;
  for (let at = 1; at < text.length; at = STEP.lastIndex) {
    const [, name, inBrackets] = STEP.exec(text) ?? [];
    const step = name ?? inBrackets;
    if (step === undefined) return undefined;
    if (step === "*") path.push(ALL);
    else if (name !== undefined) path.push(name);
    else path.push(/^\d/.test(step) ? Number(step) : step.slice(1, -1));
  }
  return path;
}

/** What is there; undefined where nothing is. With `*`: an array of all that there is. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  if (!path.includes(ALL)) return follow(value, path, 0)[0];
  const found = follow(value, path, 0);
  return found.length === 0 ? undefined : found;
}

function follow(value: unknown, path: JsonPath, depth: number): unknown[] {
  if (depth === path.length) return [value];
  const step = path[depth] as JsonPath[number];
  if (typeof value !== "object" || value === null) return [];
  if (step === ALL) return Object.values(value).flatMap((one) => follow(one, path, depth + 1));
  if (typeof step === "number" && !Array.isArray(value)) return [];
  if (!Object.hasOwn(value, step)) return [];
  return follow((value as Record<string | number, unknown>)[step], path, depth + 1);
}
