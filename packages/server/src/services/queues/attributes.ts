/** Attributes of queues: their defaults, their rules, what they mean. SQS: SetQueueAttributes. */
import { parseQueueArn } from "../../domain/queue-name.ts";
import { invalidParameter, invalidValue, queueError } from "./errors.ts";
import type { QueueAttributes, QueueSettings } from "./model.ts";

/** Whole numbers: the default, the least and the most. */
const NUMBERS: Readonly<Record<string, readonly [usual: number, least: number, most: number]>> = {
  DelaySeconds: [0, 0, 900],
  MaximumMessageSize: [1_048_576, 1024, 1_048_576],
  MessageRetentionPeriod: [345_600, 60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 0, 20],
  VisibilityTimeout: [30, 0, 43_200],
  KmsDataKeyReusePeriodSeconds: [300, 60, 86_400],
};

const FIFO_DEFAULTS: QueueAttributes = {
  FifoQueue: "true",
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
};

const STANDARD_DEFAULTS: QueueAttributes = {
  ...Object.fromEntries(Object.entries(NUMBERS).map(([name, [usual]]) => [name, String(usual)])),
  SqsManagedSseEnabled: "true",
};

/** What texts may be, where there are only so many. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ["true", "false"],
  ContentBasedDeduplication: ["true", "false"],
  DeduplicationScope: ["queue", "messageGroup"],
  FifoThroughputLimit: ["perQueue", "perMessageGroupId"],
  SqsManagedSseEnabled: ["true", "false"],
};

const MAX_POLICY_BYTES = 65_536;
const MAX_KEY_LENGTH = 2048;
const MAX_RECEIVES = 1000;
const MAX_SOURCES = 10;

const TEXTS = ["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"];

/** Every attribute that can be set. */
const SETTABLE: ReadonlySet<string> = new Set([
  ...Object.keys(NUMBERS),
  ...Object.keys(CHOICES),
  ...TEXTS,
]);

/** Every attribute that can be asked for. */
export const ATTRIBUTE_NAMES: ReadonlySet<string> = new Set([
  ...SETTABLE,
  "All",
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
]);

/**
 * The attributes of a queue after some were set. An empty text sets one back to its default.
 * @throws YunqueError where a value breaks a rule, or the kind of queue does not have the attribute.
 */
export function attributesAfter(
  before: QueueAttributes,
  changes: QueueAttributes,
  fifo: boolean,
): QueueAttributes {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    checkName(name, fifo);
    if (value === "") delete after[name];
    else after[name] = normalized(name, value);
  }
  if (fifo) after["FifoQueue"] = "true";
  checkEncryption(after, changes);
  if (
    after["FifoThroughputLimit"] === "perMessageGroupId" &&
    after["DeduplicationScope"] !== "messageGroup"
  )
    throw queueError(
      "QueueAttributeInvalid",
      "Invalid value for the parameter FifoThroughputLimit. Reason: perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.",
    );
  return after;
}

/** With the defaults of what is not set. What has no default and is not set is not there. */
export function effectiveAttributes(attributes: QueueAttributes): QueueAttributes {
  const fifo = attributes["FifoQueue"] === "true";
  const all = { ...STANDARD_DEFAULTS, ...(fifo ? FIFO_DEFAULTS : {}), ...attributes };
  if (all["KmsMasterKeyId"] !== undefined) return all;
  const { KmsDataKeyReusePeriodSeconds: _, ...plain } = all;
  return plain;
}

export function settingsOf(attributes: QueueAttributes): QueueSettings {
  const all = effectiveAttributes(attributes);
  const seconds = (name: string) => Number(all[name]) * 1000;
  const { RedrivePolicy } = all;
  return {
    fifo: all["FifoQueue"] === "true",
    visibilityMs: seconds("VisibilityTimeout"),
    delayMs: seconds("DelaySeconds"),
    retentionMs: seconds("MessageRetentionPeriod"),
    waitMs: seconds("ReceiveMessageWaitTimeSeconds"),
    maxBytes: Number(all["MaximumMessageSize"]),
    contentDeduplication: all["ContentBasedDeduplication"] === "true",
    groupDeduplication: all["DeduplicationScope"] === "messageGroup",
    redrive: RedrivePolicy === undefined ? undefined : redriveOf(RedrivePolicy),
  };
}

/** Which sources a queue takes dead letters of, by its RedriveAllowPolicy. */
export function allowsSource(attributes: QueueAttributes, sourceArn: string): boolean {
  const text = attributes["RedriveAllowPolicy"];
  if (text === undefined) return true;
  const policy = JSON.parse(text) as RedriveAllowPolicy;
  if (policy.redrivePermission === "byQueue")
    return policy.sourceQueueArns?.includes(sourceArn) === true;
  return policy.redrivePermission === "allowAll";
}

interface RedriveAllowPolicy {
  readonly redrivePermission: "allowAll" | "denyAll" | "byQueue";
  readonly sourceQueueArns?: readonly string[];
}

function checkName(name: string, fifo: boolean): void {
  if (!SETTABLE.has(name)) throw unknownAttribute(name);
  if (fifo || !Object.hasOwn(FIFO_DEFAULTS, name)) return;
  if (name === "DeduplicationScope" || name === "FifoThroughputLimit")
    throw queueError(
      "QueueAttributeUnknown",
      `You can specify the ${name} only when FifoQueue is set to true.`,
    );
  throw unknownAttribute(name);
}

export const unknownAttribute = (name: string) =>
  queueError("QueueAttributeUnknown", `Unknown Attribute ${name}.`);

const wrong = (name: string) =>
  queueError("QueueAttributeInvalid", `Invalid value for the parameter ${name}.`);

function normalized(name: string, value: string): string {
  const range = NUMBERS[name];
  if (range !== undefined) {
    const [, least, most] = range;
    if (!/^\d{1,9}$/.test(value) || Number(value) < least || Number(value) > most)
      throw wrong(name);
    return String(Number(value));
  }
  const choices = CHOICES[name];
  if (choices !== undefined) {
    const choice = choices.find((one) => one.toLowerCase() === value.toLowerCase());
    if (choice === undefined) throw wrong(name);
    return choice;
  }
  if (name === "RedrivePolicy") return redriveText(value);
  if (name === "RedriveAllowPolicy") return redriveAllowText(value);
  if (name === "Policy") {
    if (Buffer.byteLength(value) > MAX_POLICY_BYTES || mapOf(value) === undefined)
      throw wrong(name);
    return value;
  }
  if (value.length > MAX_KEY_LENGTH) throw wrong(name);
  return value;
}

/** One kind of encryption at a time: a key of KMS ends SQS's own, and the reverse. */
function checkEncryption(after: Record<string, string>, changes: QueueAttributes): void {
  const key = changes["KmsMasterKeyId"];
  const managed = changes["SqsManagedSseEnabled"]?.toLowerCase() === "true";
  if (key !== undefined && key !== "" && managed)
    throw queueError(
      "QueueAttributeInvalid",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    );
  if (managed) delete after["KmsMasterKeyId"];
  else if (after["KmsMasterKeyId"] !== undefined) after["SqsManagedSseEnabled"] = "false";
}

function redriveOf(text: string): NonNullable<QueueSettings["redrive"]> {
  const policy = JSON.parse(text) as { deadLetterTargetArn: string; maxReceiveCount: number };
  return { arn: policy.deadLetterTargetArn, max: policy.maxReceiveCount };
}

function redriveText(value: string): string {
  const refuse = (reason: string) => invalidValue(value, "RedrivePolicy", reason);
  const policy = mapOf(value);
  if (policy === undefined) throw refuse("Redrive policy is not a valid JSON map.");
  const { deadLetterTargetArn, maxReceiveCount, ...others } = policy;
  if (deadLetterTargetArn === undefined)
    throw refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (maxReceiveCount === undefined)
    throw refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const [other] = Object.keys(others);
  if (other !== undefined) throw refuse(`Redrive policy contains unknown attribute: ${other}.`);
  if (typeof deadLetterTargetArn !== "string" || parseQueueArn(deadLetterTargetArn) === undefined)
    throw refuse("Invalid value for deadLetterTargetArn.");
  const count = /^\d{1,9}$/.test(String(maxReceiveCount)) ? Number(maxReceiveCount) : 0;
  if (count < 1 || count > MAX_RECEIVES)
    throw refuse(
      `Invalid value for maxReceiveCount: ${maxReceiveCount}, valid values are from 1 to ${MAX_RECEIVES} both inclusive.`,
    );
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: count });
}

function redriveAllowText(value: string): string {
  const refuse = (reason: string) => invalidValue(value, "RedriveAllowPolicy", reason);
  const policy = mapOf(value);
  if (policy === undefined) throw refuse("Redrive allow policy is not a valid JSON map.");
  const { redrivePermission, sourceQueueArns } = policy;
  if (redrivePermission === undefined)
    throw refuse("Redrive allow policy does not contain mandatory attribute: redrivePermission.");
  if (
    redrivePermission !== "allowAll" &&
    redrivePermission !== "denyAll" &&
    redrivePermission !== "byQueue"
  )
    throw refuse(`Invalid value for redrivePermission: ${redrivePermission}.`);
  if (redrivePermission !== "byQueue") {
    if (sourceQueueArns !== undefined)
      throw refuse("sourceQueueArns is allowed only when redrivePermission is byQueue.");
    return JSON.stringify({ redrivePermission });
  }
  if (!Array.isArray(sourceQueueArns) || sourceQueueArns.length === 0)
    throw refuse("sourceQueueArns is mandatory when redrivePermission is byQueue.");
  if (sourceQueueArns.length > MAX_SOURCES)
    throw refuse(`sourceQueueArns has at most ${MAX_SOURCES} elements.`);
  for (const arn of sourceQueueArns)
    if (typeof arn !== "string" || parseQueueArn(arn) === undefined)
      throw refuse(`Invalid value for sourceQueueArns: ${arn}.`);
  return JSON.stringify({ redrivePermission, sourceQueueArns });
}

/** The members of a JSON map; undefined where the text is none. */
export function mapOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch {
    // No JSON.
  }
  return undefined;
}

/** @throws YunqueError where the dead-letter queue of a policy cannot be one of this kind of queue. */
export function checkDeadLetterQueue(
  policy: string,
  fifo: boolean,
  target: { readonly fifo: boolean; readonly allows: boolean } | undefined,
): void {
  const refuse = (reason: string) => invalidValue(policy, "RedrivePolicy", reason);
  if (target === undefined) throw refuse("Dead letter target does not exist.");
  if (target.fifo !== fifo)
    throw refuse("Dead-letter queue must be same type of queue as the source.");
  if (!target.allows)
    throw invalidParameter(
      `Value ${policy} for parameter RedrivePolicy is invalid. Reason: The dead-letter queue does not allow this source queue.`,
    );
}
