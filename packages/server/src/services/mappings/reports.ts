/** What a running mapping tells of itself. */
export interface Reports {
  /** In Lambda's words: `OK`, `PROBLEM: Function call failed`. */
  result(text: string): void;
  /** Its source could not be read, or storage fails. */
  trouble(error: unknown): void;
  /** Its function does not exist any more. */
  gone(): void;
}

export const NO_RESULT = "No records processed";
export const OK = "OK";
export const CALL_FAILED = "PROBLEM: Function call failed";
export const SOURCE_GONE = "PROBLEM: Event source does not exist";
