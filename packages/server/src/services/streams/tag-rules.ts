import { invalid } from "./errors.ts";
import type { StreamRef } from "./model.ts";

const MAX_TAGS = 50;
/** Kinesis: Unicode letters, digits, white space, _ . / = + - % @ : */
const ALLOWED = /^[\p{L}\p{N}\p{Z}\s_./=+\-@:]*$/u;

/** All the tags that a stream or consumer would have. @throws YunqueError StreamArgumentInvalid */
export function checkTags(
  { name, account }: StreamRef,
  tags: Readonly<Record<string, string>>,
): void {
  const failed = `Failed to add tags to stream ${name} under account ${account} because`;
  for (const text of Object.entries(tags).flat())
    if (!ALLOWED.test(text))
      throw invalid(
        `${failed} some tags contained illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@',':'.`,
      );
  if (Object.keys(tags).some((key) => /^aws:/i.test(key)))
    throw invalid(`${failed} tag keys that start with aws: are reserved for AWS use.`);
  if (Object.keys(tags).length > MAX_TAGS)
    throw invalid(
      `${failed} a given stream cannot have more than ${MAX_TAGS} tags associated with it.`,
    );
}
