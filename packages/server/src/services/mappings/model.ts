/** Event source mappings as they are kept. Members that a kind of source has not are absent. */
export type SourceKind = "sqs" | "kinesis" | "dynamodb";

export type MappingState =
  | "Creating"
  | "Enabling"
  | "Enabled"
  | "Disabling"
  | "Disabled"
  | "Updating"
  | "Deleting";

export interface Mapping {
  readonly uuid: string;
  readonly kind: SourceKind;
  readonly sourceArn: string;
  /** With the qualifier that it was made with. */
  readonly functionArn: string;
  readonly settings: MappingSettings;
  readonly position?: StartingPosition;
  /** What its user wants; `state` follows. */
  readonly enabled: boolean;
  readonly state: MappingState;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** Of streams. */
  readonly lastResult?: string;
  readonly tags: Tags;
}

/** Pairs of key and value, in order of key. */
export type Tags = readonly (readonly [key: string, value: string])[];

export interface StartingPosition {
  readonly at: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";
  /** Of AT_TIMESTAMP: milliseconds since the epoch. */
  readonly time?: number;
}

export interface MappingSettings {
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** Event patterns, as their user wrote them. */
  readonly filters?: readonly string[];
  readonly reportsFailures: boolean;
  readonly kmsKeyArn?: string;
  readonly metrics?: readonly string[];
  readonly logLevel?: string;
  /** Of queues. */
  readonly maximumConcurrency?: number;
  readonly pollers?: { readonly min?: number; readonly max?: number; readonly group?: string };
  readonly stream?: StreamSettings;
}

export interface StreamSettings {
  readonly factor: number;
  readonly bisect: boolean;
  /** -1: without end. */
  readonly retries: number;
  /** -1: without end. */
  readonly ageSeconds: number;
  /** 0: none. */
  readonly tumblingSeconds: number;
  readonly onFailure?: string;
}

/** What a caller says of a mapping; what it does not say is absent. */
export interface MappingChange {
  readonly functionName?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly batchSize?: number | undefined;
  readonly windowSeconds?: number | undefined;
  readonly filters?: readonly string[] | undefined;
  readonly responseTypes?: readonly string[] | undefined;
  readonly kmsKeyArn?: string | undefined;
  readonly metrics?: readonly string[] | undefined;
  readonly logLevel?: string | undefined;
  /** `null` member: taken away. */
  readonly scaling?: { readonly maximumConcurrency: number | undefined } | undefined;
  readonly pollers?: MappingSettings["pollers"] | undefined;
  readonly factor?: number | undefined;
  readonly bisect?: boolean | undefined;
  readonly retries?: number | undefined;
  readonly ageSeconds?: number | undefined;
  readonly tumblingSeconds?: number | undefined;
  readonly destinations?:
    | { readonly onSuccess?: string | undefined; readonly onFailure?: string | undefined }
    | undefined;
  /** Names of members that belong to sources that are not here: Kafka, brokers, DocumentDB. */
  readonly foreign: readonly string[];
}

export interface NewMapping extends MappingChange {
  readonly functionName: string;
  readonly sourceArn?: string | undefined;
  readonly position?: StartingPosition["at"] | undefined;
  readonly positionTime?: number | undefined;
  readonly tags: Tags;
}
