/** Who can subscribe: protocols and what their endpoints look like. */
import { parseFunctionReference } from "../../domain/function-name.ts";
import { invalid, topicError, unbuilt } from "./errors.ts";
import { PROTOCOLS, type Protocol, type Topic } from "./model.ts";

const QUEUE = /^arn:aws(?:-[a-z]+)*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}(?:\.fifo)?$/;
const MAIL = /^[^\s@<>",;:\\[\]()]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;
const PHONE = /^\+?\d(?:[\d .\-/()]{0,30}\d)?$/;
const LONGEST_URL = 2048;

/** @throws YunqueError */
export function checkSubscriber(topic: Topic, protocolName: string, endpoint: string): Protocol {
  const protocol = PROTOCOLS.find((known) => known === protocolName);
  if (protocol === undefined)
    throw invalid(`Amazon SNS does not support this protocol string: ${protocolName}`);
  checkEndpoint(protocol, endpoint);
  const toFifo = protocol === "sqs" && endpoint.endsWith(".fifo");
  if (toFifo && !topic.fifo)
    throw invalid(
      "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
    );
  if (topic.fifo && protocol !== "sqs")
    throw invalid(`Invalid parameter: Protocol Reason: FIFO topics can not deliver to ${protocol}`);
  if (protocol === "sms") throw unbuilt("text messages (sms)");
  if (protocol === "application") throw unbuilt("push messages (application)");
  if (protocol === "firehose") throw unbuilt("delivery streams (firehose)");
  return protocol;
}

function checkEndpoint(protocol: Protocol, endpoint: string): void {
  switch (protocol) {
    case "http":
    case "https":
      if (!isUrl(endpoint, protocol)) throw invalid("Endpoint must match the specified protocol");
      return;
    case "email":
    case "email-json":
      if (!MAIL.test(endpoint)) throw invalid("Email address");
      return;
    case "sqs":
      if (!QUEUE.test(endpoint)) throw invalid("SQS endpoint ARN");
      return;
    case "lambda":
      if (!endpoint.startsWith("arn:") || parseFunctionReference(endpoint) === undefined)
        throw invalid("Lambda endpoint ARN");
      return;
    case "sms":
      if (!PHONE.test(endpoint) || /[ .\-/]{2}/.test(endpoint))
        throw topicError("TopicInvalid", `Invalid SMS endpoint: ${endpoint}`);
      return;
    case "application":
      if (!/^arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:endpoint\/.+/.test(endpoint))
        throw invalid(`Application endpoint arn invalid:${endpoint}`);
      return;
    case "firehose":
      if (!/^arn:aws(?:-[a-z]+)*:firehose:/.test(endpoint)) throw invalid("Firehose endpoint ARN");
  }
}

function isUrl(endpoint: string, protocol: string): boolean {
  if (endpoint.length > LONGEST_URL || !endpoint.startsWith(`${protocol}://`)) return false;
  const url = URL.parse(endpoint);
  return url !== null && url.protocol === `${protocol}:` && url.hostname !== "";
}

/** Queues and functions of the account need not confirm: their owner is who subscribes them. */
export const mustConfirm = (protocol: Protocol): boolean =>
  protocol !== "sqs" && protocol !== "lambda";
