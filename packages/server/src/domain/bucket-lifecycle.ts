/**
 * When objects expire: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
 * The rules are as S3 has them; dates are ISO texts.
 */
import type { Tag } from "./object-tags.ts";

interface WireTag {
  readonly Key: string;
  readonly Value: string;
}

interface FilterParts {
  readonly Prefix?: string | undefined;
  readonly ObjectSizeGreaterThan?: number | undefined;
  readonly ObjectSizeLessThan?: number | undefined;
}

export interface LifecycleRule {
  readonly ID: string;
  readonly Status: "Enabled" | "Disabled";
  /** The older form of a filter, for the whole rule. */
  readonly Prefix?: string | undefined;
  readonly Filter?:
    | (FilterParts & {
        readonly Tag?: WireTag | undefined;
        readonly And?:
          | (FilterParts & { readonly Tags?: readonly WireTag[] | undefined })
          | undefined;
      })
    | undefined;
  readonly Expiration?:
    | {
        readonly Date?: string | undefined;
        readonly Days?: number | undefined;
        readonly ExpiredObjectDeleteMarker?: boolean | undefined;
      }
    | undefined;
  readonly NoncurrentVersionExpiration?:
    | {
        readonly NoncurrentDays?: number | undefined;
        readonly NewerNoncurrentVersions?: number | undefined;
      }
    | undefined;
  readonly AbortIncompleteMultipartUpload?:
    | { readonly DaysAfterInitiation?: number | undefined }
    | undefined;
  readonly Transitions?: readonly {
    readonly Date?: string | undefined;
    readonly Days?: number | undefined;
    readonly StorageClass: string;
  }[];
  readonly NoncurrentVersionTransitions?: readonly {
    readonly NoncurrentDays?: number | undefined;
    readonly NewerNoncurrentVersions?: number | undefined;
    readonly StorageClass: string;
  }[];
}

export interface LifecycleDocument {
  readonly rules: readonly LifecycleRule[];
  /** `x-amz-transition-default-minimum-object-size`: told again. */
  readonly minimumSize: string;
}

const DAY = 24 * 3600 * 1000;

/** As much of an object as rules ask for. */
export interface Subject {
  readonly key: string;
  readonly size: number;
  readonly tags: readonly Tag[];
}

/** Whether a rule that is enabled speaks of an object. */
export function concerns(rule: LifecycleRule, { key, size, tags }: Subject): boolean {
  if (rule.Status !== "Enabled" || !key.startsWith(prefixOf(rule))) return false;
  const { Filter: { And, ...filter } = {} } = rule;
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = And ?? filter;
  const wanted = And?.Tags ?? (filter.Tag === undefined ? [] : [filter.Tag]);
  return (
    (above === undefined || size > above) &&
    (below === undefined || size < below) &&
    wanted.every(({ Key, Value }) => tags.some((tag) => tag.key === Key && tag.value === Value))
  );
}

export const prefixOf = ({ Prefix, Filter }: LifecycleRule): string =>
  Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? "";

/** Whether a rule asks for more than a prefix: uploads and delete markers have no tags and no size. */
export const isSelective = ({ Filter }: LifecycleRule): boolean =>
  Filter?.Tag !== undefined ||
  Filter?.ObjectSizeGreaterThan !== undefined ||
  Filter?.ObjectSizeLessThan !== undefined ||
  (Filter?.And !== undefined &&
    (Filter.And.Tags !== undefined ||
      Filter.And.ObjectSizeGreaterThan !== undefined ||
      Filter.And.ObjectSizeLessThan !== undefined));

/** The midnight, UTC, that follows the moment so many days after `from`. */
export const dueAfter = (from: number, days: number): number =>
  Math.ceil((from + days * DAY) / DAY) * DAY;

/** When a current version expires, and by which rule: the earliest, or the first of them. */
export function expiryOf(
  rules: readonly LifecycleRule[],
  subject: Subject,
  lastModified: number,
): { readonly at: number; readonly rule: string } | undefined {
  let first: { readonly at: number; readonly rule: string } | undefined;
  for (const rule of rules) {
    const { Days: days, Date: date } = rule.Expiration ?? {};
    if ((days === undefined && date === undefined) || !concerns(rule, subject)) continue;
    const at = days === undefined ? Date.parse(date ?? "") : dueAfter(lastModified, days);
    if (first === undefined || at < first.at) first = { at, rule: rule.ID };
  }
  return first;
}

/** The storage class in which a version is due by now, or undefined. `since`: when it came to be, or was no longer current. */
export function classDue(
  { rules, minimumSize }: LifecycleDocument,
  subject: Subject,
  since: number,
  now: number,
  noncurrent: boolean,
): string | undefined {
  let best: { readonly at: number; readonly to: string } | undefined;
  for (const rule of rules) {
    if (!concerns(rule, subject)) continue;
    const steps = noncurrent
      ? (rule.NoncurrentVersionTransitions ?? []).map((step) => ({
          at: dueAfter(since, step.NoncurrentDays ?? 0),
          to: step.StorageClass,
        }))
      : (rule.Transitions ?? []).map((step) => ({
          at: step.Date === undefined ? dueAfter(since, step.Days ?? 0) : Date.parse(step.Date),
          to: step.StorageClass,
        }));
    const small = subject.size < SMALL && !asksForSize(rule);
    for (const step of steps)
      if (small && !(minimumSize !== USUAL_SIZE && ARCHIVES.includes(step.to))) continue;
      else if (step.at <= now && (best === undefined || step.at >= best.at)) best = step;
  }
  return best?.to;
}

/** What transitions leave out unless a rule says a size: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
const SMALL = 128 * 1024;
export const USUAL_SIZE = "all_storage_classes_128K";
const ARCHIVES = ["GLACIER", "DEEP_ARCHIVE"];

const asksForSize = ({ Filter }: LifecycleRule): boolean => {
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = Filter?.And ?? Filter ?? {};
  return above !== undefined || below !== undefined;
};

/** Whether an old version is due. `newer`: how many old versions of its key are newer. */
export function oldVersionDue(
  rules: readonly LifecycleRule[],
  subject: Subject,
  since: number,
  newer: number,
  now: number,
): boolean {
  return rules.some((rule) => {
    const { NoncurrentDays: days, NewerNoncurrentVersions: kept = 0 } =
      rule.NoncurrentVersionExpiration ?? {};
    return (
      days !== undefined && concerns(rule, subject) && newer >= kept && dueAfter(since, days) <= now
    );
  });
}

/** Whether a delete marker that hides nothing any more is due. */
export function markerDue(
  rules: readonly LifecycleRule[],
  key: string,
  lastModified: number,
  now: number,
): boolean {
  return rules.some((rule) => {
    const { ExpiredObjectDeleteMarker: asks, Days: days } = rule.Expiration ?? {};
    if (rule.Status !== "Enabled" || isSelective(rule) || !key.startsWith(prefixOf(rule)))
      return false;
    return asks === true || (days !== undefined && dueAfter(lastModified, days) <= now);
  });
}

/** When an upload that is not completed is aborted, and by which rule: the earliest, or the first of them. */
export function abortOf(
  rules: readonly LifecycleRule[],
  key: string,
  initiated: number,
): { readonly at: number; readonly rule: string } | undefined {
  let first: { readonly at: number; readonly rule: string } | undefined;
  for (const rule of rules) {
    const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    if (days === undefined || rule.Status !== "Enabled" || !key.startsWith(prefixOf(rule)))
      continue;
    const at = dueAfter(initiated, days);
    if (first === undefined || at < first.at) first = { at, rule: rule.ID };
  }
  return first;
}
