const LINE_END = 0x0a;

/** Cuts plain output into lines. Bytes are kept until their line ends, so that no character is torn. */
export class LineSplitter {
  readonly #emit: (line: string) => void;
  readonly #maxBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** Lines longer than `maxBytes` are cut into several. Empty lines are left out. */
  constructor(maxBytes: number, emit: (line: string) => void) {
    this.#maxBytes = maxBytes;
    this.#emit = emit;
  }

  push(bytes: Buffer): void {
    let at = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, at)) {
      this.#keep(bytes.subarray(at, end));
      this.flush();
      at = end + 1;
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at));
  }

  /** Emits the line that has not ended yet. */
  flush(): void {
    if (this.#restBytes === 0) return;
    const [only] = this.#rest;
    const line = this.#rest.length === 1 && only ? only : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    this.#emit(line.toString());
  }

  #keep(bytes: Buffer): void {
    let rest = bytes;
    while (this.#restBytes + rest.length > this.#maxBytes) {
      const fits = rest.subarray(0, this.#maxBytes - this.#restBytes);
      this.#add(fits);
      this.flush();
      rest = rest.subarray(fits.length);
    }
    this.#add(rest);
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
  }
}
