/** Locks that keep versions of objects: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html */

export type LockMode = "GOVERNANCE" | "COMPLIANCE";

/** What a bucket that locks versions gives to new ones of which nobody says anything. Without a mode: nothing. */
export interface DefaultLock {
  readonly mode?: LockMode;
  /** One of the two, where there is a mode. */
  readonly days?: number;
  readonly years?: number;
}

export interface Retention {
  readonly mode: LockMode;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What keeps a version. */
export interface Locks {
  readonly retention?: Retention;
  /** Kept until somebody lifts it. Absent: never was held. */
  readonly legalHold?: boolean;
}

/** The retention of a version that is made now. */
export function defaultRetention(
  { mode, days, years }: DefaultLock,
  now: number,
): Retention | undefined {
  if (mode === undefined) return undefined;
  const until = new Date(now);
  if (days !== undefined) until.setUTCDate(until.getUTCDate() + days);
  if (years !== undefined) until.setUTCFullYear(until.getUTCFullYear() + years);
  return { mode, until: until.getTime() };
}

/** Whether a version may be deleted. `bypass`: the caller overrides governance. */
export const mayDelete = ({ retention, legalHold }: Locks, now: number, bypass: boolean): boolean =>
  legalHold !== true && !retains(retention, now, bypass);

/** Whether a retention may take the place of another: longer is always allowed. */
export function mayRetain(
  before: Retention | undefined,
  after: Retention | undefined,
  now: number,
  bypass: boolean,
): boolean {
  if (!retains(before, now, bypass)) return true;
  const longer = after !== undefined && before !== undefined && after.until >= before.until;
  return longer && (before.mode === after.mode || before.mode === "GOVERNANCE");
}

const retains = (retention: Retention | undefined, now: number, bypass: boolean): boolean =>
  retention !== undefined && retention.until > now && !(bypass && retention.mode === "GOVERNANCE");
