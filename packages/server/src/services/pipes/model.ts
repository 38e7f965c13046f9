/** Pipes as they are kept. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html */
export type PipeState =
  | "RUNNING"
  | "STOPPED"
  | "CREATING"
  | "UPDATING"
  | "DELETING"
  | "STARTING"
  | "STOPPING"
  | "CREATE_FAILED"
  | "UPDATE_FAILED"
  | "START_FAILED";

export type SourceKind = "sqs" | "kinesis" | "dynamodb";

export interface Pipe {
  readonly name: string;
  readonly description?: string;
  readonly desired: "RUNNING" | "STOPPED" | "DELETED";
  readonly state: PipeState;
  readonly reason?: string;
  readonly roleArn: string;
  readonly kmsKey?: string;
  readonly source: PipeSource;
  readonly enrichment?: PipeEnrichment;
  readonly target: PipeTarget;
  /** Pairs of key and value, in order of key. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface PipeSource {
  readonly arn: string;
  readonly kind: SourceKind;
  /** Absent: the usual one of its kind. */
  readonly batchSize?: number;
  readonly windowSeconds?: number;
  readonly filters?: readonly string[];
  readonly stream?: PipeStream;
}

export interface PipeStream {
  readonly position: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";
  readonly time?: number;
  readonly deadLetter?: string;
  readonly bisect?: boolean;
  readonly ageSeconds?: number;
  readonly retries?: number;
  readonly factor?: number;
}

export interface PipeEnrichment {
  readonly arn: string;
  readonly template?: string;
}

export interface PipeTarget {
  readonly arn: string;
  readonly template?: string;
  /** Of functions. */
  readonly invocation?: "REQUEST_RESPONSE" | "FIRE_AND_FORGET";
  /** Of queues; text, or a path into the event. */
  readonly group?: string;
  readonly deduplication?: string;
  /** Of streams; the same. */
  readonly partitionKey?: string;
  /** Of buses; the same. */
  readonly bus?: {
    readonly detailType?: string;
    readonly source?: string;
    readonly resources?: readonly string[];
    readonly time?: string;
  };
  /** Of API destinations; the same. */
  readonly http?: {
    readonly path?: readonly string[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
  };
}

export interface NewPipe {
  readonly name: string;
  readonly description?: string | undefined;
  readonly desired?: "RUNNING" | "STOPPED" | undefined;
  readonly roleArn: string;
  readonly kmsKey?: string | undefined;
  readonly source: Omit<PipeSource, "kind">;
  readonly enrichment?: PipeEnrichment | undefined;
  readonly target: PipeTarget;
  readonly tags: Pipe["tags"];
}

/** Of what is absent nothing changes. */
export interface PipeChange {
  readonly description?: string | undefined;
  readonly desired?: "RUNNING" | "STOPPED" | undefined;
  readonly roleArn: string;
  readonly kmsKey?: string | undefined;
  readonly source?: Partial<Omit<PipeSource, "kind" | "arn" | "stream">> & {
    readonly stream?: Partial<Omit<PipeStream, "position" | "time">>;
  };
  /** With an empty ARN: none. */
  readonly enrichment?: Partial<PipeEnrichment> | undefined;
  readonly target?: Partial<PipeTarget> | undefined;
}

export const LASTING: ReadonlySet<PipeState> = new Set([
  "RUNNING",
  "STOPPED",
  "CREATE_FAILED",
  "UPDATE_FAILED",
  "START_FAILED",
]);
