/** What is kept of log groups, beside their lines. Times in milliseconds since the epoch. */
export type Tags = Readonly<Record<string, string>>;

export interface LogGroup {
  readonly name: string;
  readonly created: number;
  readonly kind: "STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY";
  readonly retentionDays?: number;
  readonly tags: Tags;
}

export interface LogStream {
  readonly name: string;
  readonly created: number;
  readonly first?: number;
  readonly last?: number;
  readonly ingested?: number;
}

/** Lines of a stream that arrived before are none any more. */
export interface DeletedStream {
  readonly at: number;
}

export interface SubscriptionFilter {
  readonly name: string;
  readonly group: string;
  readonly pattern: string;
  /** ARN of a function, stream or destination. */
  readonly destination: string;
  readonly role?: string;
  readonly distribution: "ByLogStream" | "Random";
  readonly created: number;
}

export interface MetricTransformation {
  readonly namespace: string;
  readonly name: string;
  /** A number, `$.selector` or `$column`. */
  readonly value: string;
  readonly defaultValue?: number;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly unit?: string;
}
export interface MetricFilter {
  readonly name: string;
  readonly group: string;
  readonly pattern: string;
  readonly transformations: readonly MetricTransformation[];
  readonly created: number;
}

export interface ResourcePolicy {
  readonly name: string;
  readonly document: string;
  readonly updated: number;
}

export interface Destination {
  readonly name: string;
  readonly target: string;
  readonly role: string;
  readonly policy?: string;
  readonly created: number;
  readonly tags: Tags;
}
