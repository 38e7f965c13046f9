/** A function whose package lies unpacked in a temporary directory, ready to be looked into. */
import type { Failure } from "../failure.ts";

export interface Subject {
  /** As it was asked for. */
  readonly name: string;
  /** What its environment calls it. */
  readonly functionName: string;
  readonly runtime: string | undefined;
  readonly handler: string | undefined;
  /** Why runtime or handler are not known. */
  readonly unknown?: Failure;
  readonly memoryMB: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Directory of the code. */
  readonly code: string;
  /** Each layer unpacked for itself, in the function's order. */
  readonly layers: readonly { readonly name: string; readonly directory: string }[];
  /** The layers one over the other: what the function sees as /opt. */
  readonly opt: string;
  /** Bytes of the zip, where there was one. */
  readonly zipped?: number;
}

/** What somebody said about it beyond what is known. */
export interface SubjectOptions {
  readonly runtime?: string;
  readonly handler?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly memory?: number;
}
