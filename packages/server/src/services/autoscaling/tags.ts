import { autoscalingError, invalid } from "./errors.ts";

export type Tags = Readonly<Record<string, string>>;

const MAX_TAGS = 50;

/** Of the target with this ARN, where it exists already. @throws YunqueError where these are no tags of one target. */
export function checkTags(tags: Tags, arn?: string): void {
  const keys = Object.keys(tags);
  if (keys.some((key) => /^aws:/i.test(key)))
    throw invalid("Tag keys that start with aws: are reserved for AWS use");
  if (keys.length > MAX_TAGS)
    throw autoscalingError(
      "TooManyScalableTargetTags",
      `A scalable target cannot have more than ${MAX_TAGS} tags`,
      { arn },
    );
}
