/**
 * Which of many patterns an event fits. Every pattern is found by one of its constraints, the one that has the fewest
 * others beside it; where still many share a value, they are told apart by their other constraints, and so on. An event
 * is led along its own values, and never meets a pattern that asks for others. docs/design/buses.md
 */
import {
  type CompiledBranch,
  compileBranch,
  fits,
  hasLeaf,
  nodeAt,
  undotted,
} from "./event-pattern.ts";
import { type Constraint, parsePattern } from "./event-pattern-parse.ts";
import type { Leaf } from "./event-pattern-tests.ts";
import { ValueIndex } from "./event-value-index.ts";

interface Entry<K> {
  readonly key: K;
  readonly branch: CompiledBranch;
  alive: boolean;
  /** The last event that met it. */
  seen: number;
}

/** Buckets at one path, and below it. */
interface Place<K> {
  readonly children: Map<string, Place<K>>;
  values: ValueIndex<Bucket<K>> | undefined;
}

/** So many patterns are tried one by one before they are told apart. */
const FEW = 8;
/** Where nothing but the presence of a value tells patterns apart, nearly all of them fit. */
const PRESENCE = 0.5;

export class EventMatcher<K> {
  readonly #entries = new Map<K, Entry<K>[]>();
  #root = new Bucket<K>();
  #dead = 0;
  #events = 0;

  /** Adds a pattern, or takes the place of that with the same key. @throws InvalidPattern */
  set(key: K, source: string): void {
    const branches = parsePattern(source).map(compileBranch);
    this.delete(key);
    const entries = branches.map((branch) => ({ key, branch, alive: true, seen: 0 }));
    this.#entries.set(key, entries);
    for (const entry of entries) this.#root.add(entry, entry.branch.constraints);
  }

  delete(key: K): void {
    const entries = this.#entries.get(key);
    if (entries === undefined) return;
    this.#entries.delete(key);
    for (const entry of entries) entry.alive = false;
    this.#dead += entries.length;
    if (this.#dead > this.#entries.size + FEW) this.#rebuild();
  }

  /** The keys of all patterns that fit, each once. `event`: parsed JSON. */
  match(event: unknown): K[] {
    this.#events += 1;
    const keys = new Set<K>();
    this.#root.match(undotted(event), this.#events, keys);
    return [...keys];
  }

  #rebuild(): void {
    this.#root = new Bucket();
    this.#dead = 0;
    for (const entries of this.#entries.values())
      for (const entry of entries) this.#root.add(entry, entry.branch.constraints);
  }
}

class Bucket<K> {
  /** All that it holds, deeper ones too. */
  size = 0;
  readonly #entries: { readonly entry: Entry<K>; readonly left: readonly Constraint[] }[] = [];
  #places: Place<K> | undefined;
  readonly #absent = new Map<string, Bucket<K>>();
  #seen = 0;

  /** `left`: the constraints of the entry that did not lead here. */
  add(entry: Entry<K>, left: readonly Constraint[]): void {
    this.size += 1;
    if (this.#places !== undefined) {
      this.#place(entry, left);
      return;
    }
    this.#entries.push({ entry, left });
    if (this.#entries.length <= FEW) return;
    this.#places = place();
    for (const one of this.#entries.splice(0)) this.#place(one.entry, one.left);
  }

  match(event: unknown, number: number, keys: Set<K>): void {
    if (this.#seen === number) return;
    this.#seen = number;
    for (const { entry } of this.#entries) {
      if (!entry.alive || entry.seen === number) continue;
      entry.seen = number;
      if (fits(entry.branch, event)) keys.add(entry.key);
    }
    if (this.#places === undefined) return;
    walk(this.#places, event, (bucket) => bucket.match(event, number, keys));
    for (const [path, bucket] of this.#absent)
      if (!hasLeaf(event, path.split("."), 0)) bucket.match(event, number, keys);
  }

  #place(entry: Entry<K>, left: readonly Constraint[]): void {
    let best: Constraint | undefined;
    let lowest = Number.POSITIVE_INFINITY;
    for (const constraint of left) {
      const cost = this.#cost(constraint);
      if (cost >= lowest) continue;
      best = constraint;
      lowest = cost;
    }
    if (best === undefined) {
      this.#entries.push({ entry, left });
      return;
    }
    const others = left.filter((constraint) => constraint !== best);
    if (best.orAbsent) {
      const bucket = this.#absent.get(best.path) ?? new Bucket<K>();
      this.#absent.set(best.path, bucket);
      bucket.add(entry, others);
    }
    const buckets = new Set(best.tests.map((test) => this.#valuesAt(best.path).bucketOf(test)));
    for (const bucket of buckets) bucket.add(entry, others);
  }

  /** How many share the fullest of the buckets that a constraint would lead to. */
  #cost({ path, tests, orAbsent }: Constraint): number {
    let cost = orAbsent ? (this.#absent.get(path)?.size ?? 0) + PRESENCE : 0;
    const values = this.#valuesAt(path);
    for (const test of tests) {
      const presence = test.kind === "exists" || test.kind === "anything-but" ? PRESENCE : 0;
      cost = Math.max(cost, (values.find(test)?.size ?? 0) + presence);
    }
    return cost;
  }

  #valuesAt(path: string): ValueIndex<Bucket<K>> {
    this.#places ??= place();
    const at = nodeAt(this.#places, path, place<K>);
    at.values ??= new ValueIndex(() => new Bucket<K>());
    return at.values;
  }
}

const place = <K>(): Place<K> => ({ children: new Map(), values: undefined });

/** Calls back with every bucket that a value of the event leads to. */
function walk<K>(
  { children, values }: Place<K>,
  value: unknown,
  found: (bucket: Bucket<K>) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) walk({ children, values }, item, found);
  } else if (typeof value === "object" && value !== null) {
    for (const name of Object.keys(value)) {
      const child = children.get(name);
      if (child !== undefined) walk(child, (value as Record<string, unknown>)[name], found);
    }
  } else values?.visit(value as Leaf, found);
}
