import { RecordConflict } from "./records.ts";

/** So many changes of one record that collide in a row: the caller tries again later. */
const MAX_ATTEMPTS = 20;

/**
 * Runs a step that reads, decides and commits, again where somebody else committed first. `contended`: what is thrown
 * where that goes on for so many attempts.
 */
export async function retried<Result>(
  step: () => Promise<Result>,
  contended: () => Error,
  attempts = MAX_ATTEMPTS,
): Promise<Result> {
  for (let attempt = 1; ; attempt++)
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
      if (attempt === attempts) throw contended();
    }
}
