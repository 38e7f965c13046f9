/** Tags of queues. SQS: "Amazon SQS cost allocation tags". */
import type { QueueRef } from "../../domain/queue-name.ts";
import type { QueuesContext } from "./context.ts";
import { invalidParameter } from "./errors.ts";
import type { Tags } from "./model.ts";

const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

export async function addTags({ book }: QueuesContext, ref: QueueRef, tags: Tags): Promise<void> {
  await book.edit(ref, ({ record }) => {
    const after = { ...record.tags, ...tags };
    checkTags(tags);
    checkTags(after);
    return { ...record, tags: after };
  });
}

export async function removeTags(
  { book }: QueuesContext,
  ref: QueueRef,
  keys: readonly string[],
): Promise<void> {
  await book.edit(ref, ({ record }) => ({
    ...record,
    tags: Object.fromEntries(Object.entries(record.tags).filter(([key]) => !keys.includes(key))),
  }));
}

/** @throws YunqueError QueueParameterInvalid */
export function checkTags(tags: Tags): void {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS)
    throw invalidParameter(`Too many tags added for queue. The limit is ${MAX_TAGS}.`);
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > MAX_KEY)
      throw invalidParameter(`Tag keys must be between 1 and ${MAX_KEY} characters in length.`);
    if (value.length > MAX_VALUE)
      throw invalidParameter(`Tag values must be at most ${MAX_VALUE} characters in length.`);
    if (/^aws:/i.test(key))
      throw invalidParameter("Tag keys starting with aws: are reserved for system use.");
    if (!ALLOWED.test(key) || !ALLOWED.test(value))
      throw invalidParameter(
        "Tags can only include letters, digits, spaces and the characters _ . : / = + - @.",
      );
  }
}

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
