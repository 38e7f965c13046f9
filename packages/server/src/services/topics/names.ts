/** ARNs that requests name, checked in SNS's words. */
import type { Scope } from "../../domain/scope.ts";
import { arnParts, type ParsedTopicArn, parseTopicArn } from "../../domain/topic-name.ts";
import { invalid, missing } from "./errors.ts";

/** The name of a topic of the caller's region. @throws YunqueError */
export function topicNamed(caller: Scope, arn: string, parameter = "TopicArn"): string {
  const parsed = parsedArn(arn, parameter);
  if (parsed === undefined) throw invalid(parameter);
  checkPlace(caller, parsed, parameter);
  if (parsed.subscription !== undefined) throw missing("Topic");
  return parsed.name;
}

/** Topic and id of a subscription. @throws YunqueError */
export function subscriptionNamed(
  caller: Scope,
  arn: string,
): { readonly topic: string; readonly id: string } {
  if (arn === "") throw invalid("SubscriptionArn Reason: no value for required parameter");
  const parsed = parsedArn(arn, "SubscriptionArn");
  if (parsed === undefined) throw invalid("SubscriptionArn");
  checkPlace(caller, parsed, "SubscriptionArn");
  const { name, subscription = "" } = parsed;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(subscription))
    throw invalid("SubscriptionId");
  return { topic: name, id: subscription };
}

function parsedArn(arn: string, parameter: string): ParsedTopicArn | undefined {
  const parts = arnParts(arn);
  if (parts < 6)
    throw invalid(`${parameter} Reason: An ARN must have at least 6 elements, not ${parts}`);
  return parseTopicArn(arn);
}

/** SNS: a region answers for its own topics only; who is not their owner does not learn that they are there. */
function checkPlace(caller: Scope, { region, account }: ParsedTopicArn, parameter: string): void {
  if (region !== caller.region) throw invalid(parameter);
  if (account !== caller.account)
    throw missing(parameter === "SubscriptionArn" ? "Subscription" : "Topic");
}
