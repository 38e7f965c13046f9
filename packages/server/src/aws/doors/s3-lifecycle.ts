/** Rules by which objects expire, on the wire. */
import { randomUUID } from "node:crypto";
import {
  isSelective,
  type LifecycleDocument,
  type LifecycleRule as Rule,
  USUAL_SIZE,
} from "../../domain/bucket-lifecycle.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { LifecycleRule, S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { invalidRequest, malformedXml, missingConfiguration, s3Error } from "./s3-errors.ts";

const MOST_RULES = 1000;
const SIZES: readonly string[] = [USUAL_SIZE, "varies_by_storage_class"];

export function lifecycleDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketLifecycleConfiguration(input, context) {
      const found = await objects.getLifecycle(callerOf(context), bucketName(input));
      if (found === undefined)
        throw missingConfiguration(
          "NoSuchLifecycleConfiguration",
          "The lifecycle configuration does not exist",
          input.Bucket,
        );
      return {
        Rules: found.rules.map(shown),
        TransitionDefaultMinimumObjectSize: found.minimumSize,
      };
    },

    async PutBucketLifecycleConfiguration(input, context) {
      const rules = input.LifecycleConfiguration?.Rules ?? [];
      const minimumSize = input.TransitionDefaultMinimumObjectSize ?? USUAL_SIZE;
      if (rules.length === 0 || !SIZES.includes(minimumSize)) throw malformedXml();
      if (rules.length > MOST_RULES)
        throw s3Error(400, "InvalidRequest", `The rule count may not exceed ${MOST_RULES}`);
      const document: LifecycleDocument = { rules: rules.map(checked), minimumSize };
      const ids = new Set(document.rules.map(({ ID }) => ID));
      if (ids.size < rules.length)
        throw invalid("Rule ID must be unique. Found same ID for more than one rule");
      await objects.putLifecycle(callerOf(context), bucketName(input), document);
      return { TransitionDefaultMinimumObjectSize: minimumSize };
    },

    async DeleteBucketLifecycle(input, context) {
      await objects.putLifecycle(callerOf(context), bucketName(input), undefined);
    },
  };
}

const invalid = (message: string) => s3Error(400, "InvalidArgument", message);

/** `expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="rule"` */
export const expirationMember = (
  expiry: { readonly at: number; readonly rule: string } | undefined,
) =>
  expiry && {
    Expiration: `expiry-date="${new Date(expiry.at).toUTCString()}", rule-id="${encodeURIComponent(expiry.rule)}"`,
  };

/** When an upload is given up, and by which rule. */
export const abortMembers = (abort: { readonly at: number; readonly rule: string } | undefined) =>
  abort && { AbortDate: new Date(abort.at), AbortRuleId: abort.rule };

function shown(rule: Rule): LifecycleRule {
  const { Expiration: expiration, Transitions: transitions } = rule;
  const dated = <T extends { readonly Date?: string | undefined }>({ Date: date, ...rest }: T) => ({
    ...rest,
    ...(date !== undefined && { Date: new Date(date) }),
  });
  return {
    ...rule,
    Expiration: expiration && dated(expiration),
    Transitions: transitions?.map(dated),
  };
}

/** @throws AwsError in AWS's words */
function checked(rule: LifecycleRule): Rule {
  const { ID = randomUUID(), Status } = rule;
  if (ID.length > 255) throw invalid("ID length should not exceed allowed limit of 255");
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if ((rule.Filter === undefined) === (rule.Prefix === undefined)) throw malformedXml();
  checkFilter(rule);
  const kept = JSON.parse(JSON.stringify({ ...rule, ID })) as Rule;
  checkActions(rule, kept);
  return kept;
}

function checkFilter({ Filter: filter }: LifecycleRule): void {
  if (filter === undefined) return;
  const given = Object.values(filter).filter((value) => value !== undefined);
  if (given.length > 1) throw malformedXml();
  const { And: and } = filter;
  if (and !== undefined) {
    const parts = [and.Prefix, and.ObjectSizeGreaterThan, and.ObjectSizeLessThan];
    const count = parts.filter((part) => part !== undefined).length + (and.Tags?.length ?? 0);
    if (count < 2) throw malformedXml();
    const keys = new Set(and.Tags?.map(({ Key }) => Key));
    if (keys.size < (and.Tags?.length ?? 0))
      throw invalidRequest("Duplicate Tag Keys are not allowed.");
  }
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = and ?? filter;
  if (above !== undefined && below !== undefined && below <= above)
    throw invalidRequest(
      "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
    );
}

function checkActions(rule: LifecycleRule, kept: Rule): void {
  const { Expiration: expiration, AbortIncompleteMultipartUpload: abort } = rule;
  const { NoncurrentVersionExpiration: noncurrent, Transitions: transitions } = rule;
  const { NoncurrentVersionTransitions: older } = rule;
  const actions = [expiration, abort, noncurrent, transitions, older];
  if (actions.every((action) => action === undefined))
    throw invalidRequest("At least one action needs to be specified in a rule");
  if (expiration !== undefined) {
    const { Days, Date: date, ExpiredObjectDeleteMarker: marker } = expiration;
    if ([Days, date, marker].filter((value) => value !== undefined).length !== 1)
      throw malformedXml();
    positive(Days, "'Days' for Expiration action must be a positive integer");
    midnight(date);
    if (marker === true && isSelective(kept))
      throw invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.");
  }
  if (noncurrent !== undefined) {
    if (noncurrent.NoncurrentDays === undefined) throw malformedXml();
    positive(
      noncurrent.NoncurrentDays,
      "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
    );
    const { NewerNoncurrentVersions: newer } = noncurrent;
    if (newer !== undefined && (newer < 1 || newer > 100))
      throw invalid(
        "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100",
      );
  }
  if (abort !== undefined) {
    if (abort.DaysAfterInitiation === undefined) throw malformedXml();
    positive(
      abort.DaysAfterInitiation,
      "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
    );
    if (isSelective(kept))
      throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.");
  }
  for (const { Days, Date: date, StorageClass } of transitions ?? []) {
    checkClass(StorageClass);
    if ((Days === undefined) === (date === undefined)) throw malformedXml();
    if (Days !== undefined && Days < 0)
      throw invalid("'Days' for Transition action must be nonnegative");
    midnight(date);
  }
  for (const { NoncurrentDays, StorageClass } of older ?? []) {
    checkClass(StorageClass);
    if (NoncurrentDays === undefined) throw malformedXml();
  }
}

const CLASSES = [
  "GLACIER",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
];

function checkClass(name: string | undefined): void {
  if (name === undefined || !CLASSES.includes(name)) throw malformedXml();
}

function positive(days: number | undefined, message: string): void {
  if (days !== undefined && days <= 0) throw invalid(message);
}

function midnight(date: Date | undefined): void {
  if (date !== undefined && date.getTime() % (24 * 3600 * 1000) !== 0)
    throw invalid("'Date' must be at midnight GMT");
}
