/** The constraints of a model, checked in AWS's words. What an input breaks is collected, not thrown. */
import { javaText } from "./java-text.ts";
import type { Member, Shape, StructureShape } from "./model.ts";
import { matchesPattern } from "./pattern.ts";

/** One constraint of the model that an input breaks. */
export interface Violation {
  /** As AWS words the place: `targets.1.member.id`. */
  readonly path: string;
  /** The member of the operation's input that it lies in. */
  readonly member: Member;
  /** As AWS prints it behind the word `Value`: ` 'x'`, ` null`, or nothing where it is nobody's business. */
  readonly value: string;
  /** `Member must ...` */
  readonly rule: string;
}

/** Every constraint that an input breaks, in the order of the model; `requiredOnly` leaves all but presence out. */
export function validate(
  shape: StructureShape,
  input: Readonly<Record<string, unknown>>,
  requiredOnly: boolean,
): Violation[] {
  const found: Violation[] = [];
  for (const member of shape.members) {
    const walk = { found, member, requiredOnly };
    checkMember(walk, member, input[member.name], lowerFirst(member.name));
  }
  return found;
}

/** `2 validation errors detected: Value 'x' at 'name' failed to satisfy constraint: ...; Value null at ...` */
export function validationMessage(violations: readonly Violation[]): string {
  const count = `${violations.length} validation error${violations.length === 1 ? "" : "s"}`;
  const each = violations.map(
    ({ path, value, rule }) => `Value${value} at '${path}' failed to satisfy constraint: ${rule}`,
  );
  return `${count} detected: ${each.join("; ")}`;
}

const MISSING = "Member must not be null";

interface Walk {
  readonly found: Violation[];
  /** The top-level member that is being walked. */
  readonly member: Member;
  readonly requiredOnly: boolean;
}

function checkMember(walk: Walk, member: Member, value: unknown, path: string): void {
  if (member.streaming) return; // its bytes are still to come
  if (value !== undefined && value !== null) check(walk, member.shape, value, path);
  else if (member.required) report(walk, member.shape, undefined, path, MISSING);
}

function check(walk: Walk, shape: Shape, value: unknown, path: string): void {
  if (!walk.requiredOnly)
    for (const rule of broken(shape, value)) report(walk, shape, value, path, rule);
  switch (shape.kind) {
    case "structure":
    case "union":
      for (const member of shape.members) {
        const field = (value as Record<string, unknown>)[member.name];
        checkMember(walk, member, field, `${path}.${lowerFirst(member.name)}`);
      }
      return;
    case "list":
      checkItems(walk, shape, shape.item.shape, value as unknown[], path);
      return;
    case "map":
      checkEntries(walk, shape, shape.key.shape, shape.value.shape, value as object, path);
      return;
  }
}

/** Scalars in a list are reported as the list's own fault, with all that its items must satisfy. */
function checkItems(walk: Walk, list: Shape, item: Shape, values: unknown[], path: string): void {
  if (!isScalar(item)) {
    values.forEach((value, index) => {
      if (value !== null) check(walk, item, value, `${path}.${index + 1}.member`);
    });
  } else if (breaksAny(walk, item, values)) {
    report(walk, list, values, path, `Member must satisfy constraint: [${everyRule(item)}]`);
  }
}

function checkEntries(
  walk: Walk,
  map: Shape,
  key: Shape,
  item: Shape,
  value: object,
  path: string,
): void {
  if (breaksAny(walk, key, Object.keys(value)))
    report(walk, map, value, path, `Map keys must satisfy constraint: [${everyRule(key)}]`);
  if (!isScalar(item)) {
    for (const [name, entry] of Object.entries(value))
      if (entry !== null) check(walk, item, entry, `${path}.${name}.member`);
  } else if (breaksAny(walk, item, Object.values(value))) {
    report(walk, map, value, path, `Map value must satisfy constraint: [${everyRule(item)}]`);
  }
}

const breaksAny = (walk: Walk, shape: Shape, values: readonly unknown[]) =>
  !walk.requiredOnly && values.some((value) => value !== null && broken(shape, value).length > 0);

const isScalar = ({ kind }: Shape) =>
  kind !== "structure" && kind !== "union" && kind !== "list" && kind !== "map";

function report(walk: Walk, shape: Shape, value: unknown, path: string, rule: string): void {
  const shown = value === undefined ? " null" : ` '${javaText(shape, value)}'`;
  walk.found.push({ path, member: walk.member, value: shape.sensitive ? "" : shown, rule });
}

/** Patterns without a length belong to names and ARNs; nothing near this long is one. */
const UNBOUNDED = 8192;
const NONE: readonly string[] = [];

/** The rules of its own shape that a value breaks, in the order in which AWS lists them. */
function broken(shape: Shape, value: unknown): readonly string[] {
  const { min, max, pattern, enum: values } = shape;
  if (min === undefined && max === undefined && pattern === undefined && values === undefined)
    return NONE;
  const rules: string[] = [];
  const size = sizeOf(value);
  // Some patterns take the square of a value's length, so what is too long anyway is not looked at further.
  const looksAt = size <= (max === undefined ? UNBOUNDED : Math.max(max, 512));
  if (pattern !== undefined && looksAt && !matchesPattern(pattern, value as string))
    rules.push(patternRule(pattern));
  if (min !== undefined && size < min) rules.push(minRule(shape, min));
  if (max !== undefined && size > max) rules.push(maxRule(shape, max));
  if (values !== undefined && !values.includes(value as string)) rules.push(enumRule(values));
  return rules;
}

function everyRule(shape: Shape): string {
  const { min, max, pattern, enum: values } = shape;
  const rules: string[] = [];
  if (max !== undefined) rules.push(maxRule(shape, max));
  if (min !== undefined) rules.push(minRule(shape, min));
  if (pattern !== undefined) rules.push(patternRule(pattern));
  if (values !== undefined) rules.push(enumRule(values));
  return [...rules, MISSING].join(", ");
}

const patternRule = (pattern: string) =>
  `Member must satisfy regular expression pattern: ${pattern}`;
const minRule = (shape: Shape, min: number) =>
  `Member must have ${quantity(shape)} greater than or equal to ${min}`;
const maxRule = (shape: Shape, max: number) =>
  `Member must have ${quantity(shape)} less than or equal to ${max}`;
const enumRule = (values: readonly string[]) =>
  `Member must satisfy enum value set: [${hashed(values).join(", ")}]`;

const NUMBERS = new Set(["byte", "short", "integer", "long", "float", "double"]);
const quantity = ({ kind }: Shape) => (NUMBERS.has(kind) ? "value" : "length");

function sizeOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array)
    return value.length;
  return Object.keys(value as object).length;
}

/**
 * AWS lists an enumeration as a Java hash table of 32 buckets gives it back: by the low bits of the hash code, and
 * the last one put into a bucket first. Every recorded list is in this order.
 */
function hashed(values: readonly string[]): readonly string[] {
  const entries = values.map((value, index) => ({ value, index, bucket: hashCode(value) & 31 }));
  return entries.sort((a, b) => a.bucket - b.bucket || b.index - a.index).map(({ value }) => value);
}

function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

const lowerFirst = (name: string) => name.slice(0, 1).toLowerCase() + name.slice(1);
