/** What is kept of schedules and their groups. Times are milliseconds since the epoch. */

export interface Schedule {
  readonly name: string;
  readonly group: string;
  readonly created: number;
  readonly modified: number;
  readonly enabled: boolean;
  readonly description?: string;
  readonly expression: string;
  /** IANA's name. */
  readonly zone: string;
  readonly start?: number;
  readonly end?: number;
  /** Minutes within which it may run after each of its times; absent: at that time. */
  readonly window?: number;
  /** What becomes of it after its last run. */
  readonly after: "NONE" | "DELETE";
  readonly kmsKey?: string;
  readonly target: ScheduleTarget;
  /** The first time of a `rate`. */
  readonly anchor: number;
  /** The request that made it as it is, for a caller who did not hear the answer. */
  readonly request?: RequestMark;
  /** An `at` has had its run. */
  readonly finished?: true;
}

export interface ScheduleTarget {
  readonly arn: string;
  readonly roleArn: string;
  /** What the target gets, with context attributes: `<aws.scheduler.execution-id>`. */
  readonly input?: string;
  /** ARN of a queue. */
  readonly deadLetter?: string;
  readonly maxAgeSeconds: number;
  /** Attempts after the first one. */
  readonly maxRetries: number;
  readonly events?: { readonly source: string; readonly detailType: string };
  readonly kinesis?: { readonly partitionKey: string };
  readonly sqs?: { readonly groupId?: string };
}

/** A client's token, and a digest of what it asked for with it. */
export interface RequestMark {
  readonly token: string;
  readonly digest: string;
}

export interface ScheduleGroup {
  readonly name: string;
  readonly created: number;
  readonly modified: number;
  readonly state: "ACTIVE" | "DELETING";
  readonly tags: Tags;
  readonly request?: RequestMark;
}

export type Tags = Readonly<Record<string, string>>;
