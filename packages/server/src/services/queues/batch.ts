import { MAX_BATCH_ENTRIES } from "../../domain/queue-message.ts";
import { queueError } from "./errors.ts";

/** What holds for every batch: 1 to 10 entries, whose ids are sound and differ. `entry`: what SQS calls one. */
export function checkBatch(entry: string, ids: readonly string[]): void {
  if (ids.length === 0)
    throw queueError("QueueBatchEmpty", `There should be at least one ${entry} in the request.`);
  if (ids.length > MAX_BATCH_ENTRIES)
    throw queueError(
      "QueueBatchTooMany",
      `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${ids.length}.`,
    );
  const seen = new Set<string>();
  for (const id of ids) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id))
      throw queueError(
        "QueueBatchIdInvalid",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
      );
    if (seen.has(id)) throw queueError("QueueBatchIdsRepeated", `Id ${id} repeated.`);
    seen.add(id);
  }
}
