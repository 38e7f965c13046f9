/** Policies of topics. They are kept and answered; who may do what is decided once there are identities. */
import { invalid } from "./errors.ts";
import type { Attributes, Topic } from "./model.ts";

/** What AddPermission may grant. https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html */
const ACTIONS = new Set([
  "Publish",
  "RemovePermission",
  "SetTopicAttributes",
  "DeleteTopic",
  "ListSubscriptionsByTopic",
  "GetTopicAttributes",
  "Receive",
  "AddPermission",
  "Subscribe",
]);
const MAX_BYTES = 30 * 1024;
const MAX_STATEMENTS = 100;

interface Policy {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: readonly Statement[];
}
interface Statement {
  readonly Sid?: string;
  readonly [member: string]: unknown;
}

/** The policy of a topic that has none of its own. */
export const defaultPolicy = (arn: string, owner: string): string =>
  JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: [
          "SNS:GetTopicAttributes",
          "SNS:SetTopicAttributes",
          "SNS:AddPermission",
          "SNS:RemovePermission",
          "SNS:DeleteTopic",
          "SNS:Subscribe",
          "SNS:ListSubscriptionsByTopic",
          "SNS:Publish",
        ],
        Resource: arn,
        Condition: { StringEquals: { "AWS:SourceOwner": owner } },
      },
    ],
  });

/** The text of a policy that can be kept. @throws YunqueError */
export function checkPolicy(text: string): string {
  if (text === "") return text;
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalid("Policy Error: too long");
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalid("Policy Error: null");
  }
  const statements = (policy as { Statement?: unknown } | null)?.Statement;
  const list = Array.isArray(statements) ? statements : [statements];
  if (list.some((one) => typeof one !== "object" || one === null))
    throw invalid("Policy statement is missing");
  if (list.length > MAX_STATEMENTS) throw invalid("Policy has too many statements");
  return text;
}

/** The topic with one more statement. @throws YunqueError */
export function granted(topic: Topic, owner: string, { label, accounts, actions }: Grant): Topic {
  if (!/^[\w-]{1,80}$/.test(label)) throw invalid("Label");
  if (actions.length === 0 || actions.some((action) => !ACTIONS.has(action)))
    throw invalid("Policy statement action out of service scope!");
  if (accounts.length === 0 || accounts.some((account) => !/^\d{12}$/.test(account)))
    throw invalid("AWSAccountId Reason: Invalid principal");
  const policy = policyOf(topic, owner);
  if (policy.Statement.some(({ Sid }) => Sid === label)) throw invalid("Statement already exists");
  const statement = {
    Sid: label,
    Effect: "Allow",
    Principal: { AWS: oneOrMore(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
    Action: oneOrMore(actions.map((action) => `SNS:${action}`)),
    Resource: topic.arn,
  };
  return withPolicy(topic, { ...policy, Statement: [...policy.Statement, statement] });
}

export interface Grant {
  readonly label: string;
  readonly accounts: readonly string[];
  readonly actions: readonly string[];
}

/** The topic without a statement; one that is not there is no fault. */
export function revoked(topic: Topic, owner: string, label: string): Topic {
  const policy = policyOf(topic, owner);
  const Statement = policy.Statement.filter(({ Sid }) => Sid !== label);
  return withPolicy(topic, { ...policy, Statement });
}

function withPolicy(topic: Topic, policy: Policy): Topic {
  const attributes: Attributes = {
    ...topic.attributes,
    Policy: checkPolicy(JSON.stringify(policy)),
  };
  return { ...topic, attributes };
}

function policyOf({ arn, attributes }: Topic, owner: string): Policy {
  const policy = JSON.parse(attributes["Policy"] || defaultPolicy(arn, owner)) as Policy;
  return { ...policy, Statement: [policy.Statement].flat() };
}

const oneOrMore = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? (values[0] as string) : values;
