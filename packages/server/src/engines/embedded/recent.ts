/** The newest values by their ids, for who is about to need them; what is missing here is read from where it is kept. */
export class Recent<Value> {
  readonly #values = new Map<number, Value>();
  readonly #maxBytes: number;
  readonly #sizeOf: (value: Value) => number;
  #bytes = 0;

  constructor(maxBytes: number, sizeOf: (value: Value) => number) {
    this.#maxBytes = maxBytes;
    this.#sizeOf = sizeOf;
  }

  /** Of an id that is not here. Where there is no room, the others make it. */
  keep(id: number, value: Value): void {
    const bytes = this.#sizeOf(value);
    if (this.#bytes + bytes > this.#maxBytes) this.clear();
    if (bytes > this.#maxBytes) return;
    this.#values.set(id, value);
    this.#bytes += bytes;
  }

  take(id: number): Value | undefined {
    const value = this.#values.get(id);
    if (value === undefined) return undefined;
    this.#values.delete(id);
    this.#bytes -= this.#sizeOf(value);
    return value;
  }

  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }
}
