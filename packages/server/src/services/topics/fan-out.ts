/** One message of a topic becomes a message for each subscriber whose filter takes it. */
import type { Scope } from "../../domain/scope.ts";
import { MAIL_POLICY, MANAGED_POLICY } from "../../domain/topic-delivery-policy.ts";
import {
  functionEvent,
  notification,
  type SignedWith,
  type TopicMessage,
  textToSign,
} from "../../domain/topic-message.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import type { Deliveries } from "./deliveries.ts";
import { httpDelivery } from "./delivery-policy.ts";
import { httpHeaders, type Job, senderName, type TargetJob } from "./job.ts";
import type { CheckedMessage } from "./message.ts";
import { isRaw, type Subscription, type Topic } from "./model.ts";
import type { Signer } from "./signer.ts";
import type { TopicView } from "./store.ts";
import { deadLetterQueue } from "./subscription-attributes.ts";

export interface Accepted {
  readonly id: string;
  readonly time: number;
  readonly sequenceNumber: string | undefined;
  readonly message: CheckedMessage;
  readonly traceId: string | undefined;
}

/** Subscribers that are served at the same time. */
const AT_ONCE = 64;

export interface FanOutParts {
  readonly deliveries: Deliveries;
  readonly signer: Signer;
  readonly origin: () => string;
  /** Told how many did not want the message. */
  readonly onFiltered: (topic: Topic, count: number) => void;
}

/** Resolves once every subscriber has the message, or it is kept for it. @throws where the storage takes it not. */
export async function fanOut(
  parts: FanOutParts,
  scope: Scope,
  { topic, subscriptions }: TopicView,
  accepted: Accepted,
): Promise<void> {
  const wanted: Subscription[] = [];
  let filtered = 0;
  for (const { subscription, filter } of subscriptions) {
    if (subscription.state !== "confirmed") continue;
    const { textFor, attributes } = accepted.message;
    if (filter?.matches({ body: textFor(subscription.protocol), attributes }) === false)
      filtered += 1;
    else wanted.push(subscription);
  }
  if (filtered > 0) parts.onFiltered(topic, filtered);
  const making = new Making(parts, topic, accepted);
  for (let at = 0; at < wanted.length; at += AT_ONCE)
    await all(
      wanted.slice(at, at + AT_ONCE).map(async (subscription) => {
        const job = await making.job(subscription);
        const { id } = subscription;
        if (job.to.kind !== "target") return parts.deliveries.send(scope, id, job);
        const group = topic.fifo ? accepted.message.groupId : undefined;
        await parts.deliveries.hand(scope, id, { ...job, to: job.to }, group);
      }),
    );
}

/** Waits for all, whatever becomes of the others. @throws what the first that failed threw. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work))
    if (result.status === "rejected") throw result.reason;
}

/** Makes the messages; texts that several subscribers get are signed once. */
class Making {
  readonly #parts: FanOutParts;
  readonly #topic: Topic;
  readonly #accepted: Accepted;
  readonly #signed = new Map<string, Promise<SignedWith>>();

  constructor(parts: FanOutParts, topic: Topic, accepted: Accepted) {
    this.#parts = parts;
    this.#topic = topic;
    this.#accepted = accepted;
  }

  async job(subscription: Subscription): Promise<Job> {
    const { arn, protocol } = subscription;
    const to = await this.#to(subscription);
    const retry =
      to.kind === "target"
        ? MANAGED_POLICY
        : to.kind === "mail"
          ? MAIL_POLICY
          : httpDelivery(
              this.#topic.attributes["DeliveryPolicy"],
              subscription.attributes["DeliveryPolicy"],
            ).retry;
    const queue = deadLetterQueue(subscription);
    if (queue === undefined) return { subscriptionArn: arn, to, retry };
    const raw = isRaw(subscription);
    const body = raw
      ? this.#accepted.message.textFor(protocol)
      : await this.#json(subscription, this.#version);
    return { subscriptionArn: arn, to, retry, deadLetter: this.#queued(queue, body, raw) };
  }

  async #to(subscription: Subscription): Promise<Job["to"]> {
    const { protocol, endpoint } = subscription;
    const raw = isRaw(subscription);
    const { message, id } = this.#accepted;
    switch (protocol) {
      case "sqs":
        return this.#queued(
          endpoint,
          raw ? message.textFor(protocol) : await this.#json(subscription, this.#version),
          raw,
        );
      case "lambda": {
        // SNS signs events of functions by version 1, whatever the topic says.
        const made = this.#messageFor(protocol);
        const signed = await this.#sign(made, "1");
        const body = functionEvent(
          made,
          signed,
          subscription.arn,
          this.#unsubscribeUrl(subscription),
        );
        return { kind: "target", message: { ...this.#envelope(endpoint), body } };
      }
      case "http":
      case "https": {
        const { contentType, perSecond } = httpDelivery(
          this.#topic.attributes["DeliveryPolicy"],
          subscription.attributes["DeliveryPolicy"],
        );
        const headers = {
          ...httpHeaders(this.#topic.arn, id, "Notification"),
          "x-amz-sns-subscription-arn": subscription.arn,
          ...(raw ? { "x-amz-sns-rawdelivery": "true" } : {}),
          "Content-Type": contentType,
        };
        const text = raw
          ? message.textFor(protocol)
          : await this.#json(subscription, this.#version);
        return { kind: "http", url: endpoint, headers, text, perSecond };
      }
      default: {
        const text =
          protocol === "email-json"
            ? await this.#json(subscription, this.#version)
            : `${message.textFor(protocol)}\n\n--\nTo end this subscription, open this link:\n${this.#unsubscribeUrl(subscription)}\n`;
        const subject = message.subject ?? "Notification Message";
        return { kind: "mail", to: endpoint, fromName: senderName(this.#topic), subject, text };
      }
    }
  }

  get #version(): "1" | "2" {
    return this.#topic.attributes["SignatureVersion"] === "2" ? "2" : "1";
  }

  #envelope(target: string): Omit<TargetMessage, "body"> {
    const { traceId } = this.#accepted;
    return {
      target,
      sender: {
        service: "sns.amazonaws.com",
        arn: this.#topic.arn,
        passesTrace: this.#topic.attributes["TracingConfig"] !== "Active",
      },
      ...(traceId === undefined ? {} : { traceId }),
    };
  }

  /** A message for a queue. Only FIFO queues are told of deduplication, and of groups by FIFO topics. */
  #queued(target: string, body: string, raw: boolean): TargetJob {
    const { groupId, deduplicationId, attributes } = this.#accepted.message;
    const grouped = groupId !== undefined && (target.endsWith(".fifo") || !this.#topic.fifo);
    return {
      kind: "target",
      message: {
        ...this.#envelope(target),
        body,
        ...(raw ? { attributes } : {}),
        ...(grouped ? { groupId } : {}),
        ...(grouped && deduplicationId !== undefined ? { deduplicationId } : {}),
      },
    };
  }

  async #json(subscription: Subscription, version: "1" | "2"): Promise<string> {
    const made = this.#messageFor(subscription.protocol);
    const signed = this.#topic.fifo ? undefined : await this.#sign(made, version);
    return notification(made, signed, this.#unsubscribeUrl(subscription));
  }

  #messageFor(protocol: string): TopicMessage {
    const { id, time, sequenceNumber, message } = this.#accepted;
    const { subject, attributes } = message;
    const text = message.textFor(protocol);
    return { id, topicArn: this.#topic.arn, subject, text, attributes, time, sequenceNumber };
  }

  #sign(message: TopicMessage, version: "1" | "2"): Promise<SignedWith> {
    const key = `${version} ${message.text}`;
    let signing = this.#signed.get(key);
    if (signing === undefined) {
      signing = this.#parts.signer.sign(textToSign(message), version);
      this.#signed.set(key, signing);
    }
    return signing;
  }

  #unsubscribeUrl({ arn }: Subscription): string {
    return `${this.#parts.origin()}/?Action=Unsubscribe&SubscriptionArn=${arn}`;
  }
}
