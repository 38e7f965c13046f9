/** Whether an event fits a pattern. For many patterns at once: `event-matcher.ts`. */
import { type Branch, type Constraint, parsePattern } from "./event-pattern-parse.ts";
import { holds, type Leaf } from "./event-pattern-tests.ts";

export { InvalidPattern } from "./event-pattern-reader.ts";

export interface EventPattern {
  /** `event`: parsed JSON. */
  matches(event: unknown): boolean;
}

/** `source`: the JSON of a pattern. @throws InvalidPattern with AWS's reason. */
export function compilePattern(source: string): EventPattern {
  const branches = parsePattern(source).map(compileBranch);
  return {
    matches(event) {
      const normal = undotted(event);
      return branches.some((branch) => fits(branch, normal));
    },
  };
}

/** Constraints by the names that lead to them. */
export interface Fields {
  readonly children: Map<string, Fields>;
  constraint: Constraint | undefined;
}

export interface CompiledBranch {
  readonly constraints: Branch;
  /** Constraints that something has to fulfil. */
  readonly fields: Fields;
  /** Those that nothing fulfils as well. */
  readonly optional: readonly Constraint[];
}

export function compileBranch(constraints: Branch): CompiledBranch {
  return {
    constraints,
    fields: fieldsOf(constraints),
    optional: constraints.filter(({ orAbsent }) => orAbsent),
  };
}

const emptyFields = (): Fields => ({ children: new Map(), constraint: undefined });

function fieldsOf(constraints: readonly Constraint[]): Fields {
  const root = emptyFields();
  for (const constraint of constraints)
    nodeAt(root, constraint.path, emptyFields).constraint = constraint;
  return root;
}

/** The node of a path, made where it is missing. */
export function nodeAt<N extends { readonly children: Map<string, N> }>(
  root: N,
  path: string,
  make: () => N,
): N {
  let node = root;
  for (const name of path.split(".")) {
    let child = node.children.get(name);
    if (child === undefined) {
      child = make();
      node.children.set(name, child);
    }
    node = child;
  }
  return node;
}

/** `event`: as `undotted` gives it. */
export function fits({ constraints, fields, optional }: CompiledBranch, event: unknown): boolean {
  if (optional.length === 0) return fulfils(fields, event);
  const missing = new Set(optional.filter(({ path }) => !hasLeaf(event, path.split("."), 0)));
  if (missing.size === 0) return fulfils(fields, event);
  const left = constraints.filter((constraint) => !missing.has(constraint));
  return left.length === 0 || fulfils(fieldsOf(left), event);
}

/** What is asked below one place has to be found in one and the same element of an array there. */
function fulfils({ children, constraint }: Fields, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => fulfils({ children, constraint }, item));
  if (typeof value === "object" && value !== null) {
    if (constraint !== undefined) return false;
    for (const [name, child] of children)
      if (!Object.hasOwn(value, name) || !fulfils(child, (value as Json)[name])) return false;
    return true;
  }
  if (constraint === undefined || children.size > 0) return false;
  for (const test of constraint.tests) if (holds(test, value as Leaf)) return true;
  return false;
}

/** Whether there is a value at this path, of any element of the arrays on the way. */
export function hasLeaf(value: unknown, path: readonly string[], depth: number): boolean {
  if (Array.isArray(value)) return value.some((item) => hasLeaf(item, path, depth));
  const name = path[depth];
  if (typeof value !== "object" || value === null) return name === undefined;
  if (name === undefined || !Object.hasOwn(value, name)) return false;
  return hasLeaf((value as Json)[name], path, depth + 1);
}

type Json = Readonly<Record<string, unknown>>;

/** The same with `{"a.b": 1}` as `{"a": {"b": 1}}`; itself where no name has a dot. */
export function undotted(value: unknown): unknown {
  return hasDots(value) ? withoutDots(value) : value;
}

function hasDots(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasDots);
  for (const name in value) if (name.includes(".") || hasDots((value as Json)[name])) return true;
  return false;
}

function withoutDots(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutDots);
  const made = emptyObject();
  for (const [name, inner] of Object.entries(value)) {
    const names = name.split(".");
    const nested = names.slice(1).reduceRight((deeper: unknown, step) => {
      const around = emptyObject();
      around[step] = deeper;
      return around;
    }, withoutDots(inner));
    const first = names[0] ?? "";
    made[first] = Object.hasOwn(made, first) ? merged(made[first], nested) : nested;
  }
  return made;
}

const emptyObject = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

/** Two values of one path: one object where both are, otherwise either of them. */
function merged(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return [one, other].flat();
  const made = Object.assign(emptyObject(), one);
  for (const [name, value] of Object.entries(other))
    made[name] = Object.hasOwn(made, name) ? merged(made[name], value) : value;
  return made;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
