import { invalid, topicError } from "./errors.ts";
import type { Attributes } from "./model.ts";

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

const MAX_TAGS = 50;

/** @throws YunqueError where these are no tags of one topic */
export function tagsOf(tags: readonly Tag[]): Attributes {
  const keys = tags.map(({ Key }) => Key);
  if (new Set(keys).size < keys.length) throw invalid("Duplicated keys are not allowed.");
  for (const { Key, Value } of tags) {
    if (Key.length < 1 || Key.length > 128 || !CHARACTERS.test(Key)) throw invalid("Tag Key");
    if (/^aws:/i.test(Key)) throw invalid("Tag keys must not start with aws:");
    if (Value.length > 256 || !CHARACTERS.test(Value)) throw invalid("Tag Value");
  }
  const record = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
  checkCount(record);
  return record;
}

const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function checkCount(tags: Attributes): void {
  if (Object.keys(tags).length > MAX_TAGS)
    throw topicError(
      "TooManyTopicTags",
      "Could not complete request: tag quota of per resource exceeded",
    );
}
