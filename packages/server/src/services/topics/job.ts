/** A message for one subscriber, and one attempt to hand it over. */
import type { RetryPolicy } from "../../domain/topic-delivery-policy.ts";
import type { ControlMessage } from "../../domain/topic-message.ts";
import { MailRefused } from "../../ports/mailer.ts";
import { type TargetMessage, Undeliverable } from "../../ports/targets.ts";
import { UnreachableAddress } from "../../ports/web.ts";
import type { TopicsDependencies } from "./context.ts";
import type { Topic } from "./model.ts";

/** As it lies in the queue. */
export interface Job {
  readonly subscriptionArn: string;
  readonly to: HttpJob | MailJob | TargetJob;
  readonly retry: RetryPolicy;
  /** Where it goes when it could not be delivered. */
  readonly deadLetter?: TargetJob | undefined;
}
export interface HttpJob {
  readonly kind: "http";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Deliveries of its subscription in a second, at most. */
  readonly perSecond?: number | undefined;
}
export interface MailJob {
  readonly kind: "mail";
  readonly to: string;
  readonly fromName: string;
  readonly subject: string;
  readonly text: string;
}
export interface TargetJob {
  readonly kind: "target";
  readonly message: Omit<TargetMessage, "body"> & { readonly body: string };
}

/** SNS gives a web server 15 seconds. */
const HTTP_TIMEOUT_MS = 15_000;

/** There is no use in trying again. */
class Refused extends Error {
  override readonly name = "Refused";
}

/** Resolves once the receiver has it. @throws what `isFinal` tells from what may pass. */
export async function attempt(
  { targets, web, mailer }: Pick<TopicsDependencies, "targets" | "web" | "mailer">,
  to: Job["to"],
): Promise<void> {
  if (to.kind === "target") {
    const body = Buffer.from(to.message.body);
    return targets.deliver({ ...to.message, body });
  }
  if (to.kind === "mail") return mailer.send(to);
  const { status } = await web.send({
    method: "POST",
    url: to.url,
    headers: to.headers,
    body: Buffer.from(to.text),
    timeoutMs: HTTP_TIMEOUT_MS,
  });
  if (status >= 200 && status < 300) return;
  const answered = `the endpoint answered ${status}`;
  // SNS: 5xx and 429 may pass, everything else is for good.
  throw status >= 500 || status === 429 ? new Error(answered) : new Refused(answered);
}

/** Whether there is no use in trying again. */
export const isFinal = (error: unknown): boolean =>
  error instanceof Undeliverable ||
  error instanceof Refused ||
  error instanceof UnreachableAddress ||
  error instanceof MailRefused;

/** https://docs.aws.amazon.com/sns/latest/dg/http-header.html */
export const httpHeaders = (topicArn: string, messageId: string, type: string) => ({
  "x-amz-sns-message-type": type,
  "x-amz-sns-message-id": messageId,
  "x-amz-sns-topic-arn": topicArn,
  "User-Agent": "Amazon Simple Notification Service Agent",
  "Accept-Encoding": "gzip,deflate",
});

/** What stands before the address of the sender. */
export const senderName = ({ name, attributes }: Topic): string =>
  attributes["DisplayName"] || name;

/** What a mailbox is asked. */
export function askingMail(topic: Topic, message: ControlMessage, protocol: string, json: string) {
  const asks = message.type === "SubscriptionConfirmation";
  const subject = asks ? "Subscription Confirmation" : "Subscription Ended";
  const question = asks
    ? "You have chosen to subscribe to the topic:"
    : "Your subscription to this topic has ended:";
  const link = asks
    ? "To confirm this subscription, open this link (if you did not ask for it, do nothing):"
    : "If you did not want this, open this link to restore it:";
  const text = `${question}\n${topic.arn}\n\n${link}\n${message.subscribeUrl}\n`;
  return {
    fromName: senderName(topic),
    subject: `Notification - ${subject}`,
    text: protocol === "email-json" ? json : text,
  };
}
