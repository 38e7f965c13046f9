/** What subscribers of topics get, in SNS's forms. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */

/** As published: `type` and text, or base64 of a Binary. */
export interface TopicAttribute {
  readonly type: string;
  readonly value: string;
}
export type TopicAttributes = Readonly<Record<string, TopicAttribute>>;

/** One message of a topic, whoever gets it. */
export interface TopicMessage {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** For this kind of subscriber. */
  readonly text: string;
  readonly attributes: TopicAttributes;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly sequenceNumber: string | undefined;
}

/** Messages of FIFO topics are not signed. */
export interface SignedWith {
  readonly version: "1" | "2";
  /** Base64. */
  readonly signature: string;
  readonly certificateUrl: string;
}

/** What asks a subscriber something. */
export interface ControlMessage {
  readonly type: "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  readonly id: string;
  readonly token: string;
  readonly topicArn: string;
  readonly text: string;
  readonly subscribeUrl: string;
  readonly time: number;
}

export const timestamp = (time: number): string => new Date(time).toISOString();

/** The JSON that queues, web servers and programs that read mail get. */
export function notification(
  message: TopicMessage,
  signed: SignedWith | undefined,
  unsubscribeUrl: string,
): string {
  return JSON.stringify({
    Type: "Notification",
    MessageId: message.id,
    SequenceNumber: message.sequenceNumber,
    TopicArn: message.topicArn,
    Subject: message.subject,
    Message: message.text,
    Timestamp: timestamp(message.time),
    SignatureVersion: signed?.version,
    Signature: signed?.signature,
    SigningCertURL: signed?.certificateUrl,
    UnsubscribeURL: unsubscribeUrl,
    MessageAttributes: attributesOf(message.attributes),
  });
}

/** The event that functions get. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function functionEvent(
  message: TopicMessage,
  signed: SignedWith,
  subscriptionArn: string,
  unsubscribeUrl: string,
): string {
  return JSON.stringify({
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: "Notification",
          MessageId: message.id,
          TopicArn: message.topicArn,
          Subject: message.subject ?? null,
          Message: message.text,
          Timestamp: timestamp(message.time),
          SignatureVersion: signed.version,
          Signature: signed.signature,
          SigningCertUrl: signed.certificateUrl,
          UnsubscribeUrl: unsubscribeUrl,
          MessageAttributes: attributesOf(message.attributes) ?? {},
        },
      },
    ],
  });
}

export function control(message: ControlMessage, signed: SignedWith): string {
  return JSON.stringify({
    Type: message.type,
    MessageId: message.id,
    Token: message.token,
    TopicArn: message.topicArn,
    Message: message.text,
    SubscribeURL: message.subscribeUrl,
    Timestamp: timestamp(message.time),
    SignatureVersion: signed.version,
    Signature: signed.signature,
    SigningCertURL: signed.certificateUrl,
  });
}

function attributesOf(attributes: TopicAttributes) {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
  );
}

/**
 * The text whose signature a message carries: names and values, a line each.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export function textToSign(message: TopicMessage | ControlMessage): string {
  const isControl = "token" in message;
  const pairs: (readonly [name: string, value: string | undefined])[] = [
    ["Message", message.text],
    ["MessageId", message.id],
    ...(isControl
      ? ([["SubscribeURL", message.subscribeUrl]] as const)
      : ([["Subject", message.subject]] as const)),
    ["Timestamp", timestamp(message.time)],
    ...(isControl ? ([["Token", message.token]] as const) : []),
    ["TopicArn", message.topicArn],
    ["Type", isControl ? message.type : "Notification"],
  ];
  return pairs
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("");
}
