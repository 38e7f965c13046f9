import type { Invocation } from "./invocation.ts";

/** Whoever runs the invocations: a runtime that asks for them by HTTP, or a language's own program by frames. */
export interface Worker {
  /** It has initialised, and waits to be restored or for an invocation. */
  readonly ready: boolean;
  /** It waits for an invocation. */
  readonly idle: boolean;
  /** SnapStart: the instance is about to be used. */
  restore(): void;
  /** Runs it; only while it is idle, where it runs one at a time. */
  invoke(invocation: Invocation): void;
  /** Where it runs several: nobody has begun with this one. */
  holds?(invocation: Invocation): boolean;
  /** The same for all of those: it never runs them. */
  takeBack?(): readonly Invocation[];
}
