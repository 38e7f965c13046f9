import { functionError } from "./errors.ts";

/** Counts a function's running invocations against its reserved concurrency. Outlives the views of the function. */
export class Gate {
  /** Undefined: the function has no reservation, and nothing is refused here. */
  limit: number | undefined;
  #running = 0;

  get running(): number {
    return this.#running;
  }

  /** @throws YunqueError `FunctionThrottled` where the reservation is used up. */
  enter(): void {
    if (this.limit !== undefined && this.#running >= this.limit)
      throw functionError("FunctionThrottled", "Rate Exceeded.", {
        reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      });
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
  }
}
