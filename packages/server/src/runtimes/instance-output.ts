import type { Readable } from "node:stream";
import type { Clock } from "../ports/clock.ts";
import { OutputParser } from "./output/output-parser.ts";

/** Where the output of an instance goes. Both answer false where more comes than is kept. */
export interface OutputListener {
  plain(text: string): boolean;
  entry(text: string, call: number): boolean;
}

/** How long a flooding instance has to wait before its output is read on. */
const REST_MS = 10;

/**
 * Reads the standard streams of an instance as they come, so that everything that was written before an answer is
 * known when the answer is. One that floods them is read slowly: then it is the one that waits.
 */
export class InstanceOutput {
  readonly #parsers: OutputParser[];
  readonly #clock: Clock;

  constructor(streams: readonly Readable[], listener: OutputListener, clock: Clock) {
    this.#clock = clock;
    this.#parsers = streams.map((stream) => this.#read(stream, listener));
  }

  /** Lines that have not ended yet count as lines now: what is being run has come to its end. */
  flush(): void {
    for (const parser of this.#parsers) parser.flush();
  }

  #read(stream: Readable, listener: OutputListener): OutputParser {
    let flooded = false;
    const parser = new OutputParser({
      line: (text) => {
        if (!listener.plain(text)) flooded = true;
      },
      entry: (text, call) => {
        if (!listener.entry(text, call)) flooded = true;
      },
    });
    stream.on("data", (chunk: Buffer) => {
      flooded = false;
      parser.push(chunk);
      if (!flooded) return;
      stream.pause();
      this.#clock.after(REST_MS, () => stream.resume());
    });
    stream.on("error", () => {}); // the process is gone; its exit says so
    return parser;
  }
}
