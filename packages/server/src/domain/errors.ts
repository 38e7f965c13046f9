/** Whose fault an error is, and whether the same call may succeed later. */
export type Fault = "user" | "system";

/** What a service folder's errors.ts holds for each of its codes. */
export interface ErrorEntry {
  readonly fault: Fault;
  readonly retryable: boolean;
  /** One line: what it means, and what to do. */
  readonly meaning: string;
}

/**
 * The one base of every error that a caller should see. `code` is documented in docs/reference/errors.md and
 * never reused; a door maps it to the words of its own protocol. Anything else that is thrown is a defect of
 * ours and reaches callers as an internal error without details.
 */
export class YunqueError extends Error {
  override readonly name: string = "YunqueError";
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
