/** Subscription filter policies: compiled once, asked for every message. */
import { holds, type Leaf } from "./event-pattern-tests.ts";
import {
  type Condition,
  FilterPolicyError,
  type PolicyNode,
  parseFilterPolicy,
} from "./filter-policy-syntax.ts";

export { FilterPolicyError } from "./filter-policy-syntax.ts";

/** What of a message a policy looks at. */
export type FilterScope = "MessageAttributes" | "MessageBody";

export interface FilteredMessage {
  readonly body: string;
  /** `type`: String, String.Array, Number, Binary, or one of these with a label. */
  readonly attributes: Readonly<Record<string, { readonly type: string; readonly value: string }>>;
}

export interface FilterPolicy {
  matches(message: FilteredMessage): boolean;
}

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
const MAX_COMBINATIONS = 150;
const MAX_KEYS = 5;
const MAX_BYTES = 256 * 1024;
/** Of messages: what lies deeper is not found. */
const MAX_DEPTH = 100;

/** @throws FilterPolicyError in AWS's words, to be put behind `FilterPolicy: ` */
export function compileFilterPolicy(text: string, scope: FilterScope): FilterPolicy {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new FilterPolicyError("Filter policy is too large");
  const policy = parseFilterPolicy(text);
  if (keysOf(policy) > MAX_KEYS)
    throw new FilterPolicyError("Filter policy can not have more than 5 keys");
  if (scope === "MessageAttributes" && isNested(policy))
    throw new FilterPolicyError(
      "Filter policy scope MessageAttributes does not support nested filter policy",
    );
  if (combinations(policy, 1) > MAX_COMBINATIONS)
    throw new FilterPolicyError("Filter policy is too complex");
  if (scope === "MessageAttributes")
    return { matches: ({ attributes }) => attributesMatch(policy, attributes) };
  return {
    matches({ body }) {
      const value = parsed(body);
      return value !== undefined && nodeMatches(policy, value, 0);
    },
  };
}

/** Keys that hold conditions; of a `$or` its longest alternative. */
function keysOf({ keys, or }: PolicyNode): number {
  let sum = 0;
  for (const value of keys.values()) sum += isNode(value) ? keysOf(value) : 1;
  for (const alternatives of or) sum += Math.max(...alternatives.map(keysOf));
  return sum;
}

/** Values of all arrays multiplied, each with its level; alternatives of a `$or` add up. */
function combinations({ keys, or }: PolicyNode, level: number): number {
  let product = 1;
  for (const value of keys.values())
    product *= isNode(value) ? combinations(value, level + 1) : value.length * level;
  for (const alternatives of or)
    product *= alternatives.reduce((sum, one) => sum + combinations(one, level), 0);
  return product;
}

const isNested = ({ keys, or }: PolicyNode): boolean =>
  [...keys.values()].some(isNode) || or.some((alternatives) => alternatives.some(isNested));

const isNode = (value: PolicyNode | readonly Condition[]): value is PolicyNode =>
  !Array.isArray(value);

/** A policy on attributes has one level: they are its values. */
function attributesMatch(policy: PolicyNode, attributes: FilteredMessage["attributes"]): boolean {
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, { type, value }] of Object.entries(attributes)) {
    const found = attributeValue(type, value);
    if (found !== undefined) values[name] = found;
  }
  return nodeMatches(policy, values, 0);
}

/** SNS ignores binary attributes, and arrays that cannot be read. */
function attributeValue(type: string, value: string): unknown {
  if (type === "String.Array") {
    const array = parsed(value);
    return Array.isArray(array) ? array : undefined;
  }
  const kind = type.split(".", 1)[0];
  if (kind === "String") return value;
  return kind === "Number" ? Number(value) : undefined;
}

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An array matches where one of its elements does: keys of one object in it belong together. */
function nodeMatches(node: PolicyNode, value: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.some((item) => nodeMatches(node, item, depth + 1));
  const object = isObject(value) ? value : NOTHING;
  if (object === NOTHING && value !== undefined) return false;
  for (const [name, wanted] of node.keys) {
    const inner = Object.hasOwn(object, name) ? object[name] : undefined;
    if (!(isNode(wanted) ? nodeMatches(wanted, inner, depth + 1) : leavesMatch(wanted, inner)))
      return false;
  }
  return node.or.every((alternatives) =>
    alternatives.some((one) => nodeMatches(one, value, depth + 1)),
  );
}

/** Where there is no object, only keys that must be absent match. */
const NOTHING: Readonly<Record<string, unknown>> = {};

function leavesMatch(conditions: readonly Condition[], value: unknown): boolean {
  const leaves = leavesOf(value, 0);
  return conditions.some((condition) =>
    condition === "absent" ? leaves.length === 0 : leaves.some((leaf) => holds(condition, leaf)),
  );
}

/** Values of arrays in arrays, but not of objects. SNS looks at five digits behind the point. */
function leavesOf(value: unknown, depth: number): readonly Leaf[] {
  if (value === undefined || isObject(value) || depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, depth + 1));
  return [typeof value === "number" ? Number(value.toFixed(5)) : (value as Leaf)];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
