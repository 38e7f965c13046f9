/** What the service keeps. Times are milliseconds since the epoch. */
import type { InputTransformer } from "../../domain/input-transformer.ts";
import type { HttpParameters } from "../../ports/targets.ts";

export type Tags = Readonly<Record<string, string>>;

export interface Bus {
  readonly name: string;
  readonly description?: string | undefined;
  readonly kmsKey?: string | undefined;
  /** ARN of a queue. */
  readonly deadLetter?: string | undefined;
  readonly logConfig?:
    | { readonly detail?: string | undefined; readonly level?: string | undefined }
    | undefined;
  readonly policy?: Policy | undefined;
  readonly tags: Tags;
  readonly created: number;
  readonly modified: number;
}

/** As IAM has it. */
export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

export type RuleState = "ENABLED" | "DISABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

export interface Rule {
  readonly name: string;
  readonly pattern?: string | undefined;
  readonly schedule?: string | undefined;
  readonly state: RuleState;
  readonly description?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly tags: Tags;
  readonly created: number;
  /** In order of their ids. */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string | undefined;
  /** JSON that is sent in place of the event. */
  readonly input?: string | undefined;
  readonly inputPath?: string | undefined;
  readonly transformer?: InputTransformer | undefined;
  /** Queues that are FIFO. */
  readonly messageGroupId?: string | undefined;
  /** Streams. */
  readonly partitionKeyPath?: string | undefined;
  /** API destinations; values may be JSON paths. */
  readonly http?: HttpParameters | undefined;
  readonly deadLetter?: string | undefined;
  readonly maxRetries?: number | undefined;
  readonly maxAgeSeconds?: number | undefined;
  /** What is only kept, by the names of AWS's model: parameters of targets that the platform does not have. */
  readonly kept?: Readonly<Record<string, unknown>> | undefined;
}

export interface Archive {
  readonly name: string;
  readonly bus: string;
  readonly description?: string | undefined;
  readonly pattern?: string | undefined;
  readonly kmsKey?: string | undefined;
  /** 0: for ever. */
  readonly retentionDays: number;
  readonly created: number;
  /** Names its events; a later archive of the same name has another. */
  readonly id: string;
}

export type ReplayState =
  | "STARTING"
  | "RUNNING"
  | "CANCELLING"
  | "COMPLETED"
  | "CANCELLED"
  | "FAILED";

export interface Replay {
  readonly name: string;
  readonly description?: string | undefined;
  readonly archive: string;
  readonly archiveId: string;
  readonly bus: string;
  /** ARNs of the rules that get the events; absent: all. */
  readonly rules?: readonly string[] | undefined;
  readonly from: number;
  readonly to: number;
  readonly state: ReplayState;
  readonly reason?: string | undefined;
  readonly started: number;
  readonly ended?: number | undefined;
  /** Id of the archived event that was replayed last, and its time. */
  readonly after: string;
  readonly lastReplayed?: number | undefined;
}
