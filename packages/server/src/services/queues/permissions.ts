/** Statements of queues' policies by their labels. SQS: AddPermission, RemovePermission. */
import { partitionOf } from "../../domain/function-name.ts";
import type { QueueRef } from "../../domain/queue-name.ts";
import type { QueuesContext } from "./context.ts";
import { invalidParameter, invalidValue, queueError } from "./errors.ts";
import type { Queue, QueueRecord } from "./model.ts";

export interface Permission {
  readonly label: string;
  readonly accounts: readonly string[];
  readonly actions: readonly string[];
}

/** What may be granted. */
const ACTIONS = new Set([
  "*",
  "SendMessage",
  "ReceiveMessage",
  "DeleteMessage",
  "ChangeMessageVisibility",
  "GetQueueAttributes",
  "GetQueueUrl",
]);
const MAX_ACTIONS = 7;
const MAX_STATEMENTS = 20;

interface Policy {
  readonly Version: string;
  readonly Id: string;
  readonly Statement: readonly unknown[];
}

export async function addPermission(
  { book, clock }: QueuesContext,
  ref: QueueRef,
  { label, accounts, actions }: Permission,
): Promise<void> {
  checkLabel(label);
  for (const account of accounts)
    if (!/^\d{12}$/.test(account))
      throw invalidValue(`[${account}]`, "PrincipalId", "Unable to verify.");
  if (accounts.length === 0) throw missing("AWSAccountIds");
  if (actions.length === 0) throw missing("Actions");
  if (actions.length > MAX_ACTIONS)
    throw queueError(
      "QueueOverLimit",
      `${actions.length} Actions were found, maximum allowed is 7.`,
    );
  for (const action of actions)
    if (!ACTIONS.has(action))
      throw invalidValue(
        `SQS:${action}`,
        "ActionName",
        "Only the queue owner is allowed to invoke this action.",
      );
  await book.edit(ref, (queue) => {
    const policy = policyOf(queue);
    if (policy.Statement.some((statement) => sidOf(statement) === label))
      throw invalidValue(label, "Label", "Already exists.");
    if (policy.Statement.length >= MAX_STATEMENTS)
      throw queueError("QueueOverLimit", `A policy has at most ${MAX_STATEMENTS} statements.`);
    const principals = accounts.map(
      (account) => `arn:${partitionOf(ref.region)}:iam::${account}:root`,
    );
    const statement = {
      Sid: label,
      Effect: "Allow",
      Principal: { AWS: oneOrMany(principals) },
      Action: oneOrMany(actions.map((action) => `SQS:${action}`)),
      Resource: queue.arn,
    };
    return withPolicy(
      queue,
      { ...policy, Statement: [...policy.Statement, statement] },
      clock.now(),
    );
  });
}

export async function removePermission(
  { book, clock }: QueuesContext,
  ref: QueueRef,
  label: string,
): Promise<void> {
  await book.edit(ref, (queue) => {
    const policy = policyOf(queue);
    const Statement = policy.Statement.filter((statement) => sidOf(statement) !== label);
    if (Statement.length === policy.Statement.length)
      throw invalidValue(label, "Label", "can't find label.");
    return withPolicy(queue, { ...policy, Statement }, clock.now());
  });
}

function policyOf({ arn, record }: Queue): Policy {
  const text = record.attributes["Policy"];
  const none = { Version: "2008-10-17", Id: `${arn}/SQSDefaultPolicy`, Statement: [] };
  if (text === undefined) return none;
  const policy = JSON.parse(text) as Partial<Policy>;
  const { Statement = [] } = policy;
  return { ...none, ...policy, Statement: Array.isArray(Statement) ? Statement : [Statement] };
}

function withPolicy({ record }: Queue, policy: Policy, modified: number): QueueRecord {
  const { Policy: _, ...others } = record.attributes;
  const kept = policy.Statement.length === 0 ? {} : { Policy: JSON.stringify(policy) };
  return { ...record, modified, attributes: { ...others, ...kept } };
}

const sidOf = (statement: unknown): unknown =>
  typeof statement === "object" && statement !== null && "Sid" in statement
    ? statement.Sid
    : undefined;

const oneOrMany = (texts: readonly string[]): string | readonly string[] =>
  texts.length === 1 && texts[0] !== undefined ? texts[0] : texts;

function checkLabel(label: string): void {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(label))
    throw invalidValue(
      label,
      "Label",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
    );
}

const missing = (name: string) =>
  invalidParameter(`The request must contain the parameter ${name}.`);
