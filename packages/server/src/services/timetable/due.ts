/** What is due first, in memory: a binary heap of times. What was moved or taken away is passed over when it comes up. */

interface Place {
  readonly id: string;
  readonly time: number;
}

/** Places that count for nothing any more are left in the heap until they are as many as this and the rest. */
const SLACK = 64;

export class DueFirst {
  readonly #times = new Map<string, number>();
  #heap: Place[] = [];

  get size(): number {
    return this.#times.size;
  }

  /** Adds an id, or moves it. */
  set(id: string, time: number): void {
    if (this.#times.get(id) === time) return;
    this.#times.set(id, time);
    this.#push({ id, time });
    if (this.#heap.length > 2 * this.#times.size + SLACK) this.#rebuild();
  }

  delete(id: string): void {
    this.#times.delete(id);
  }

  /** What is due first; undefined where there is nothing. */
  first(): Place | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || this.#times.get(first.id) === first.time) return first;
      this.#pop();
    }
  }

  /** Takes what is due first away. */
  shift(): Place | undefined {
    const first = this.first();
    if (first !== undefined) {
      this.#pop();
      this.#times.delete(first.id);
    }
    return first;
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [id, time] of this.#times) this.#push({ id, time });
  }

  #push(place: Place): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(place);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.time <= place.time) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = place;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left !== undefined && right !== undefined && right.time < left.time) child += 1;
      const below = heap[child];
      if (below === undefined || below.time >= last.time) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}
