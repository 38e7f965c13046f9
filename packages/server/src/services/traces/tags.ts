import { invalid, tracesError } from "./errors.ts";

export type Tags = Readonly<Record<string, string>>;

const MAX_TAGS = 50;

/** @throws YunqueError where these are no tags of one group or rule. */
export function checkTags(tags: Tags): void {
  const keys = Object.keys(tags);
  if (keys.some((key) => /^aws:/i.test(key)))
    throw invalid("Tag keys that start with aws: are reserved for AWS use");
  if (keys.length > MAX_TAGS)
    throw tracesError("TooManyTraceTags", `A resource cannot have more than ${MAX_TAGS} tags`);
}
