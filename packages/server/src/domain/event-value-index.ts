/** Buckets by what is asked of one value: finds those whose tests a value may pass without looking at the others. */
import type { Leaf, ValueTest } from "./event-pattern-tests.ts";
import { type Interval, IntervalIndex } from "./interval-index.ts";
import { parseAddress } from "./ip-address.ts";

interface Held<N extends number | bigint, B> extends Interval<N> {
  readonly bucket: B;
}

/** Literal parts of wildcards are looked up by so many of their characters, or a smaller power of two. */
const LONGEST_CHUNK = 16;

export class ValueIndex<B> {
  readonly #make: () => B;
  readonly #equal = new Map<Leaf, B>();
  readonly #folded = new Map<string, B>();
  readonly #prefixes = new Texts<B>();
  readonly #suffixes = new Texts<B>();
  readonly #foldedPrefixes = new Texts<B>();
  readonly #foldedSuffixes = new Texts<B>();
  readonly #chunks = new Texts<B>();
  readonly #numbers = new IntervalIndex<number, Held<number, B>>();
  readonly #addresses = new Map<number, IntervalIndex<bigint, Held<bigint, B>>>();
  readonly #ranges = new Map<string, B>();
  #present: B | undefined;

  constructor(make: () => B) {
    this.#make = make;
  }

  /** The bucket of a test; undefined where there is none yet. */
  find(test: ValueTest): B | undefined {
    return this.#bucket(test, false);
  }

  /** The bucket of a test, made where there is none. */
  bucketOf(test: ValueTest): B {
    return this.#bucket(test, true) as B;
  }

  /** Calls back with every bucket whose test the value may pass. */
  visit(value: Leaf, found: (bucket: B) => void): void {
    const equal = this.#equal.get(value);
    if (equal !== undefined) found(equal);
    if (this.#present !== undefined) found(this.#present);
    if (typeof value === "number") this.#numbers.visit(value, ({ bucket }) => found(bucket));
    if (typeof value !== "string") return;
    this.#prefixes.visitPrefixes(value, found);
    this.#suffixes.visitSuffixes(value, found);
    this.#chunks.visitParts(value, found);
    if (this.#folded.size + this.#foldedPrefixes.size + this.#foldedSuffixes.size > 0)
      this.#visitFolded(value.toLowerCase(), found);
    if (this.#addresses.size > 0) {
      const address = parseAddress(value);
      if (address !== undefined)
        this.#addresses.get(address.bits)?.visit(address.value, ({ bucket }) => found(bucket));
    }
  }

  #visitFolded(value: string, found: (bucket: B) => void): void {
    const equal = this.#folded.get(value);
    if (equal !== undefined) found(equal);
    this.#foldedPrefixes.visitPrefixes(value, found);
    this.#foldedSuffixes.visitSuffixes(value, found);
  }

  #bucket(test: ValueTest, make: boolean): B | undefined {
    switch (test.kind) {
      case "equals":
        return this.#in(this.#equal, test.value, make);
      case "equals-ignore-case":
        return this.#in(this.#folded, test.text, make);
      case "prefix":
        return this.#prefixes.bucket(test.text, make ? this.#make : undefined);
      case "suffix":
        return this.#suffixes.bucket(test.text, make ? this.#make : undefined);
      case "prefix-ignore-case":
        return this.#foldedPrefixes.bucket(test.text, make ? this.#make : undefined);
      case "suffix-ignore-case":
        return this.#foldedSuffixes.bucket(test.text, make ? this.#make : undefined);
      case "wildcard":
        return this.#wildcard(test.parts, make);
      case "numeric": {
        const { low, high } = test;
        return this.#interval(this.#numbers, `${low}~${high}`, { low, high }, make);
      }
      case "cidr": {
        const { bits, low, high } = test;
        const known = this.#addresses.get(bits);
        if (known === undefined && !make) return undefined;
        const index = known ?? new IntervalIndex<bigint, Held<bigint, B>>();
        this.#addresses.set(bits, index);
        return this.#interval(index, `${bits}/${low}~${high}`, { low, high }, make);
      }
      case "exists":
      case "anything-but":
        if (make) this.#present ??= this.#make();
        return this.#present;
    }
  }

  #in<K>(map: Map<K, B>, key: K, make: boolean): B | undefined {
    let bucket = map.get(key);
    if (bucket === undefined && make) {
      bucket = this.#make();
      map.set(key, bucket);
    }
    return bucket;
  }

  #interval<N extends number | bigint>(
    index: IntervalIndex<N, Held<N, B>>,
    name: string,
    interval: Interval<N>,
    make: boolean,
  ): B | undefined {
    const known = this.#ranges.get(name);
    if (known !== undefined || !make) return known;
    const bucket = this.#in(this.#ranges, name, true) as B;
    index.add({ ...interval, bucket });
    return bucket;
  }

  /** By its longest literal part. */
  #wildcard(parts: readonly string[], make: boolean): B | undefined {
    const [first = "", last = ""] = [parts[0], parts.at(-1)];
    const inner = parts
      .slice(1, -1)
      .reduce((longest, part) => (part.length > longest.length ? part : longest), "");
    const most = Math.max(first.length, last.length, inner.length);
    const maker = make ? this.#make : undefined;
    if (parts.length === 1) return this.#in(this.#equal, first, make);
    if (most === 0) return this.#bucket({ kind: "exists" }, make);
    if (first.length === most) return this.#prefixes.bucket(first, maker);
    if (last.length === most) return this.#suffixes.bucket(last, maker);
    const length = Math.min(LONGEST_CHUNK, 2 ** Math.floor(Math.log2(most)));
    return this.#chunks.bucket(inner.slice(0, length), maker);
  }
}

/** Buckets by texts that a value may begin or end with, or hold. */
class Texts<B> {
  readonly #buckets = new Map<string, B>();
  readonly #lengths = new Set<number>();

  get size(): number {
    return this.#buckets.size;
  }

  bucket(text: string, make: (() => B) | undefined): B | undefined {
    let bucket = this.#buckets.get(text);
    if (bucket === undefined && make !== undefined) {
      bucket = make();
      this.#buckets.set(text, bucket);
      this.#lengths.add(text.length);
    }
    return bucket;
  }

  visitPrefixes(value: string, found: (bucket: B) => void): void {
    for (const length of this.#lengths)
      if (length <= value.length) this.#visit(value.slice(0, length), found);
  }

  visitSuffixes(value: string, found: (bucket: B) => void): void {
    for (const length of this.#lengths)
      if (length <= value.length) this.#visit(value.slice(value.length - length), found);
  }

  /** By looking up all parts of the value, or by looking for each text, whichever is less. */
  visitParts(value: string, found: (bucket: B) => void): void {
    if (this.#buckets.size === 0) return;
    if (this.#buckets.size <= value.length * this.#lengths.size) {
      for (const [text, bucket] of this.#buckets) if (value.includes(text)) found(bucket);
      return;
    }
    for (const length of this.#lengths)
      for (let at = 0; at + length <= value.length; at += 1)
        this.#visit(value.slice(at, at + length), found);
  }

  #visit(text: string, found: (bucket: B) => void): void {
    const bucket = this.#buckets.get(text);
    if (bucket !== undefined) found(bucket);
  }
}
