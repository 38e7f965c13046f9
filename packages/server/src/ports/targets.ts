/** Where events go: resources of any service, by their ARNs. */
export interface Targets {
  /**
   * Hands a message over. Resolves once its target has accepted it, durably; a message may arrive more than once.
   * @throws Undeliverable where no later attempt would succeed; anything else is tried again by the caller.
   */
  deliver(message: TargetMessage): Promise<void>;

  /** Whether the ARN names something that exists and takes messages. */
  exists(arn: string): Promise<boolean>;
}

/** One message, in the words of all kinds of targets: each takes what it knows, and leaves the rest. */
export interface TargetMessage {
  /** ARN of the function (or version or alias), queue, topic, bus, stream or bucket. */
  readonly target: string;
  /** JSON or any other text in UTF-8; a queue, topic or bus takes it as a string. */
  readonly body: Uint8Array;
  /** Who sends. */
  readonly sender: Sender;
  /** X-Ray's header of what happened, with its lineage. Absent: a new trace. */
  readonly traceId?: string | undefined;
  /** Queues and topics: message attributes. */
  readonly attributes?: Readonly<Record<string, MessageAttribute>> | undefined;
  /** Queues and topics that are FIFO. */
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** Topics. */
  readonly subject?: string | undefined;
  /** Streams. */
  readonly partitionKey?: string | undefined;
  /** Buses: the envelope; the body is the detail. */
  readonly event?: BusEvent | undefined;
  /** API destinations. */
  readonly http?: HttpParameters | undefined;
  /** Buckets. */
  readonly object?: { readonly key: string; readonly contentType: string } | undefined;
}

/** As SQS and SNS have them. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_MessageAttributeValue.html */
export interface MessageAttribute {
  /** String, Number or Binary, with an optional label: `Number.int`. */
  readonly type: string;
  /** Text, or base64 of a Binary. */
  readonly value: string;
}

export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  /** ARNs. */
  readonly resources: readonly string[];
  /** Milliseconds since the epoch; absent: now. */
  readonly time?: number;
  /** Of an event that was on another bus already: its id, where it came from, and over how many buses. */
  readonly origin?: {
    readonly id: string;
    readonly account: string;
    readonly region: string;
    readonly hops: number;
  };
}

/** What a request to an API destination has besides its body. */
export interface HttpParameters {
  /** For each `*` of the endpoint, in order. */
  readonly path: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export interface Sender {
  /** `sns.amazonaws.com` */
  readonly service: string;
  /** ARN of what sends: the topic, rule, schedule, function, bucket. */
  readonly arn: string;
  /** It is no step of the trace: the header goes on as it came. */
  readonly passesTrace?: boolean;
}

/** The target is gone, or will never take this. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
  /** AWS's code of why, as dead letters repeat it. */
  readonly code: string;

  constructor(message: string, code = "INVALID_PARAMETER") {
    super(message);
    this.code = code;
  }
}
