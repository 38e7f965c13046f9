/** Which of many intervals hold a value: what holds none of them costs next to nothing. */

export interface Interval<N extends number | bigint> {
  readonly low: N;
  /** Inclusive, as is `low`; who asks tests open ends himself. */
  readonly high: N;
}

export class IntervalIndex<N extends number | bigint, T extends Interval<N>> {
  #sorted: T[] = [];
  /** Of the subtree of each position: the tree is that of a binary search. */
  #highest: N[] = [];
  #dirty = false;

  get size(): number {
    return this.#sorted.length;
  }

  add(interval: T): void {
    this.#sorted.push(interval);
    this.#dirty = true;
  }

  /** Calls back with every interval that holds the value. */
  visit(value: N, found: (interval: T) => void): void {
    if (this.#dirty) this.#build();
    this.#visit(0, this.#sorted.length, value, found);
  }

  #build(): void {
    this.#sorted.sort((one, other) => (one.low < other.low ? -1 : one.low > other.low ? 1 : 0));
    this.#highest = new Array<N>(this.#sorted.length);
    this.#measure(0, this.#sorted.length);
    this.#dirty = false;
  }

  #measure(from: number, to: number): N | undefined {
    if (from >= to) return undefined;
    const middle = (from + to) >>> 1;
    let highest = (this.#sorted[middle] as T).high;
    for (const half of [this.#measure(from, middle), this.#measure(middle + 1, to)])
      if (half !== undefined && half > highest) highest = half;
    this.#highest[middle] = highest;
    return highest;
  }

  #visit(from: number, to: number, value: N, found: (interval: T) => void): void {
    if (from >= to) return;
    const middle = (from + to) >>> 1;
    if ((this.#highest[middle] as N) < value) return;
    this.#visit(from, middle, value, found);
    const interval = this.#sorted[middle] as T;
    if (interval.low > value) return;
    if (interval.high >= value) found(interval);
    this.#visit(middle + 1, to, value, found);
  }
}
