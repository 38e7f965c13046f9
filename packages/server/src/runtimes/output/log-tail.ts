/** Lambda: X-Amz-Log-Result is the last 4 KB of what the invocation logged. */
const TAIL_BYTES = 4096;

/** The end of an invocation's log, kept as lines until somebody asks for it. */
export class LogTail {
  #lines: string[] = [];
  #characters = 0;

  add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length + 1;
    if (this.#characters > 4 * TAIL_BYTES) this.#trim();
  }

  /** The last 4 KB, each line with its end. */
  bytes(): Uint8Array {
    const text = Buffer.from(this.#lines.map((line) => `${line}\n`).join(""));
    return text.subarray(Math.max(0, text.length - TAIL_BYTES));
  }

  /** A line has at least as many bytes as characters: what lies before the last 4,096 of these is not needed. */
  #trim(): void {
    let kept = 0;
    let first = this.#lines.length;
    while (first > 0 && kept < TAIL_BYTES) {
      first--;
      kept += (this.#lines[first] ?? "").length + 1;
    }
    this.#lines = this.#lines.slice(first);
    this.#characters = kept;
  }
}
