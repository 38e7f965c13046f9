/**
 * What primary and worker say to each other besides invocations: procedures by name with JSON, in order, on one stream
 * of frames. Both ends are Yunque's own; a frame that makes no sense ends the channel.
 */
import type { Duplex } from "node:stream";
import { readFrames } from "../runtimes/wire/frame-reader.ts";
import { FrameWriter } from "../runtimes/wire/frame-writer.ts";
import { nextNumber } from "../runtimes/wire/frames.ts";
import { receivedError, type SentError, sentError } from "./errors.ts";

/** What one end does for the other: names, each with what it takes and answers; both are JSON. */
// biome-ignore lint/suspicious/noExplicitAny: each procedure has its own parameters
export type Procedures<P> = { readonly [Name in keyof P]: (...words: any[]) => unknown };

/** Longest message. The largest are functions with very many versions. */
const MAX_MESSAGE_BYTES = 256 * 2 ** 20;
const Kind = { tell: 1, ask: 2, answer: 3, refusal: 4 } as const;
const NOTHING = new Uint8Array(0);

/** The other end is gone: what it was asked will not be answered. */
export class ChannelClosed extends Error {
  override readonly name = "ChannelClosed";
}

/** `Theirs` is what the other end does. */
export class Channel<Theirs extends Procedures<Theirs>> {
  readonly #stream: Duplex;
  readonly #writer: FrameWriter;
  readonly #ours: Readonly<Record<string, (...words: never[]) => unknown>>;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #lastNumber = 0;
  readonly #closed = Promise.withResolvers<void>();

  /** `ours` is called as messages arrive; `onDefect` is told what a procedure threw that nobody waits for. */
  constructor(
    stream: Duplex,
    ours: Readonly<Record<string, (...words: never[]) => unknown>>,
    onDefect: (error: unknown) => void,
  ) {
    this.#stream = stream;
    this.#ours = ours;
    this.#writer = new FrameWriter(stream);
    readFrames(
      stream,
      MAX_MESSAGE_BYTES,
      (kind, number, payload) =>
        this.#received(kind, number, JSON.parse(payload.toString()), onDefect),
      (error) => {
        onDefect(error);
        this.close();
      },
    );
    stream.on("error", () => this.close());
    stream.on("end", () => this.close());
    stream.on("close", () => this.close());
  }

  /** Resolves once the other end is gone, or this one was closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Bytes that the other end has not taken yet. */
  get backlog(): number {
    return this.#stream.writableLength;
  }

  /** Has the other end do something. Nobody hears whether it could. */
  tell<Name extends keyof Theirs & string>(name: Name, ...words: Parameters<Theirs[Name]>): void {
    this.#send(Kind.tell, 0, [name, ...words]);
  }

  /** The same, and answers what it answered. @throws what it threw, ChannelClosed */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    ...words: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    const answer = Promise.withResolvers<unknown>();
    if (this.#stream.destroyed) answer.reject(new ChannelClosed(`no answer to ${name}`));
    else {
      this.#lastNumber = nextNumber(this.#lastNumber);
      this.#asked.set(this.#lastNumber, answer);
      this.#send(Kind.ask, this.#lastNumber, [name, ...words]);
    }
    return answer.promise as Promise<Awaited<ReturnType<Theirs[Name]>>>;
  }

  close(): void {
    this.#stream.destroy();
    for (const answer of this.#asked.values())
      answer.reject(new ChannelClosed("the other process is gone"));
    this.#asked.clear();
    this.#closed.resolve();
  }

  #send(kind: number, number: number, message: unknown): void {
    if (this.#stream.destroyed) return;
    this.#writer.frame(kind, number, NOTHING, Buffer.from(JSON.stringify(message ?? null)));
    this.#writer.flush();
  }

  #received(
    kind: number,
    number: number,
    message: unknown,
    onDefect: (error: unknown) => void,
  ): void {
    if (kind === Kind.answer || kind === Kind.refusal) {
      const answer = this.#asked.get(number);
      this.#asked.delete(number);
      if (kind === Kind.answer) answer?.resolve(message);
      else answer?.reject(receivedError(message as SentError));
      return;
    }
    const [name, ...words] = message as [string, ...never[]];
    const done = this.#perform(name, words);
    if (kind === Kind.tell) done.catch(onDefect);
    else
      done.then(
        (result) => this.#send(Kind.answer, number, result),
        (error) => this.#send(Kind.refusal, number, sentError(error)),
      );
  }

  /** At once, so that messages take effect in the order in which they came. */
  async #perform(name: string, words: never[]): Promise<unknown> {
    const procedure = this.#ours[name];
    if (procedure === undefined) throw new Error(`no procedure ${name}`);
    return procedure(...words);
  }
}
