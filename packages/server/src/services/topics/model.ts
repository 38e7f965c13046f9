/** Topics and subscriptions as they lie in the records. Attributes are AWS's, by their names, as they were set. */

export type Attributes = Readonly<Record<string, string>>;

export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly created: number;
  readonly attributes: Attributes;
  readonly tags: Attributes;
  /** Subscriptions that were ended. */
  readonly ended: number;
}

export const PROTOCOLS = [
  "http",
  "https",
  "email",
  "email-json",
  "sms",
  "sqs",
  "application",
  "lambda",
  "firehose",
] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface Subscription {
  readonly id: string;
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** Account. */
  readonly owner: string;
  /** ARN of who subscribed. */
  readonly principal: string;
  readonly attributes: Attributes;
  /** `ended`: it can be restored for a while. */
  readonly state: "pending" | "confirmed" | "ended";
  /** Whether who confirmed it had signed, or nobody had to. */
  readonly authenticated: boolean;
  /** Whether only a signed request ends it. */
  readonly guarded?: boolean;
  /** Confirms or restores it, until then. */
  readonly token?: string;
  readonly tokenUntil?: number;
  readonly created: number;
}

/** Of a subscription whose messages are delivered. */
export const isRaw = ({ attributes }: Pick<Subscription, "attributes">): boolean =>
  attributes["RawMessageDelivery"] === "true";
