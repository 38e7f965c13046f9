/**
 * Which items of a batch failed, as a function's response says where it reports that.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */

/** `all`: the response is not what it must be, and so the whole batch has failed. */
export function failedItems(
  payload: Uint8Array,
  ids: ReadonlySet<string>,
): ReadonlySet<string> | "all" {
  const NONE: ReadonlySet<string> = new Set();
  let response: unknown;
  try {
    response = payload.length === 0 ? null : JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return "all";
  }
  if (typeof response !== "object" || response === null) return NONE;
  const failures: unknown = Reflect.get(response, "batchItemFailures");
  if (failures === undefined || failures === null) return NONE;
  if (!Array.isArray(failures)) return "all";
  const failed = new Set<string>();
  for (const failure of failures as unknown[]) {
    if (typeof failure !== "object" || failure === null) return "all";
    const id: unknown = Reflect.get(failure, "itemIdentifier");
    if (typeof id !== "string" || !ids.has(id)) return "all";
    failed.add(id);
  }
  return failed;
}
