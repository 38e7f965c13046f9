/** Locks of versions on the wire: a bucket's default, retention, legal hold. */
import type { DefaultLock, LockMode, Locks, Retention } from "../../domain/object-lock.ts";
import type { Objects } from "../../services/objects/index.ts";
import type { ObjectLockConfiguration, ObjectLockRetention, S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf, versionName } from "./s3-caller.ts";
import { invalidArgument, malformedXml, missingConfiguration, s3Error } from "./s3-errors.ts";

export function lockDoor(objects: Objects): Door<S3Api> {
  return {
    async GetObjectLockConfiguration(input, context) {
      const lock = await objects.getDefaultLock(callerOf(context), bucketName(input));
      if (lock === undefined)
        throw missingConfiguration(
          "ObjectLockConfigurationNotFoundError",
          "Object Lock configuration does not exist for this bucket",
          input.Bucket,
        );
      const { mode, days, years } = lock;
      const DefaultRetention = {
        ...(mode !== undefined && { Mode: mode }),
        ...(days !== undefined && { Days: days }),
        ...(years !== undefined && { Years: years }),
      };
      return {
        ObjectLockConfiguration: {
          ObjectLockEnabled: "Enabled",
          ...(mode !== undefined && { Rule: { DefaultRetention } }),
        },
      };
    },

    async PutObjectLockConfiguration(input, context) {
      const lock = defaultLock(input.ObjectLockConfiguration ?? {});
      await objects.putDefaultLock(callerOf(context), bucketName(input), lock);
      return {};
    },

    async GetObjectRetention(input, context) {
      const retention = await objects.getRetention(callerOf(context), versionName(input));
      if (retention === undefined) throw noLock();
      return { Retention: { Mode: retention.mode, RetainUntilDate: new Date(retention.until) } };
    },

    async PutObjectRetention(input, context) {
      const retention = retentionOf(input.Retention ?? {});
      const bypass = input.BypassGovernanceRetention === true;
      await objects.putRetention(callerOf(context), { ...versionName(input), bypass }, retention);
      return {};
    },

    async GetObjectLegalHold(input, context) {
      const held = await objects.getLegalHold(callerOf(context), versionName(input));
      if (held === undefined) throw noLock();
      return { LegalHold: { Status: held ? "ON" : "OFF" } };
    },

    async PutObjectLegalHold(input, context) {
      const status = input.LegalHold?.Status;
      if (status !== "ON" && status !== "OFF") throw malformedXml();
      await objects.putLegalHold(callerOf(context), versionName(input), status === "ON");
      return {};
    },
  };
}

const noLock = () =>
  s3Error(
    404,
    "NoSuchObjectLockConfiguration",
    "The specified object does not have a ObjectLock configuration",
  );

const isMode = (mode: string | undefined): mode is LockMode =>
  mode === "GOVERNANCE" || mode === "COMPLIANCE";

function defaultLock({ ObjectLockEnabled, Rule }: ObjectLockConfiguration): DefaultLock {
  if (ObjectLockEnabled !== "Enabled") throw malformedXml();
  if (Rule === undefined) return {};
  const { Mode: mode, Days: days, Years: years } = Rule.DefaultRetention ?? {};
  if (!isMode(mode) || (days === undefined) === (years === undefined)) throw malformedXml();
  const [name, length, most] =
    days !== undefined ? (["days", days, 36_500] as const) : (["years", years ?? 0, 100] as const);
  if (length <= 0)
    throw s3Error(
      400,
      "InvalidArgument",
      "Default retention period must be a positive integer value.",
    );
  if (length > most) throw s3Error(400, "InvalidArgument", "Default retention period too large");
  return { mode, [name]: length };
}

/** An empty document lifts the retention. */
function retentionOf({ Mode: mode, RetainUntilDate: until }: ObjectLockRetention) {
  if (mode === undefined && until === undefined) return undefined;
  if (!isMode(mode) || until === undefined) throw malformedXml();
  return { mode, until: until.getTime() };
}

export interface LockInput {
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

const [MODE, UNTIL] = ["x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"];

/** The locks that a new object is to have. @throws AwsError */
export function locksOf(input: LockInput): Locks {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = input;
  const { ObjectLockLegalHoldStatus: hold } = input;
  if ((mode === undefined) !== (until === undefined))
    throw s3Error(400, "InvalidArgument", `${UNTIL} and ${MODE} must both be supplied`, {
      ArgumentName: mode === undefined ? MODE : UNTIL,
    });
  if (mode !== undefined && !isMode(mode))
    throw invalidArgument(MODE ?? "", mode, "Unknown wormMode directive.");
  if (hold !== undefined && hold !== "ON" && hold !== "OFF")
    throw invalidArgument(
      "x-amz-object-lock-legal-hold",
      hold,
      "Legal Hold must be either of 'ON' or 'OFF'",
    );
  return {
    ...(isMode(mode) && until !== undefined && { retention: { mode, until: until.getTime() } }),
    ...(hold !== undefined && { legalHold: hold === "ON" }),
  };
}

export const lockMembers = ({ retention, legalHold }: Locks) => ({
  ...(retention && retentionMembers(retention)),
  ...(legalHold !== undefined &&
    ({ ObjectLockLegalHoldStatus: legalHold ? "ON" : "OFF" } as const)),
});

const retentionMembers = ({ mode, until }: Retention) => ({
  ObjectLockMode: mode,
  ObjectLockRetainUntilDate: new Date(until),
});
