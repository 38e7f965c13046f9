/** Queues by their names, page by page. SQS: ListQueues, ListDeadLetterSourceQueues. */
import type { QueueRef } from "../../domain/queue-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { QueuesContext } from "./context.ts";
import { invalidParameter, invalidValue } from "./errors.ts";
import type { Queue } from "./model.ts";

/** Of a page, and of all that is told without pages. */
const MAX_RESULTS = 1000;

export interface Listing {
  readonly max?: number | undefined;
  readonly token?: string | undefined;
}

export interface ListedQueues {
  readonly queues: readonly QueueRef[];
  /** Where pages were asked for, and there is another one. */
  readonly token?: string;
}

export async function listQueues(
  { book }: QueuesContext,
  scope: Scope,
  { prefix = "", ...listing }: Listing & { readonly prefix?: string | undefined },
): Promise<ListedQueues> {
  return pageOf(await book.all(scope, prefix), listing);
}

/** The queues whose dead letters come here. */
export async function listSources(
  { book }: QueuesContext,
  ref: QueueRef,
  listing: Listing,
): Promise<ListedQueues> {
  const { arn } = await book.get(ref);
  const all = await book.all(ref);
  return pageOf(
    all.filter(({ settings }) => settings.redrive?.arn === arn),
    listing,
  );
}

function pageOf(all: readonly Queue[], { max, token }: Listing): ListedQueues {
  if (max !== undefined && (max < 1 || max > MAX_RESULTS))
    throw invalidValue(
      max,
      "MaxResults",
      `MaxResults must be an integer between 1 and ${MAX_RESULTS}.`,
    );
  if (token !== undefined && max === undefined)
    throw invalidParameter(
      "Value for parameter NextToken is invalid. Reason: MaxResults is not set.",
    );
  const after = token === undefined ? "" : readToken(token);
  const left = all.filter(({ name }) => name > after);
  const queues = left.slice(0, max ?? MAX_RESULTS);
  const last = queues.at(-1);
  if (max === undefined || last === undefined || queues.length === left.length) return { queues };
  return { queues, token: Buffer.from(last.name).toString("base64") };
}

function readToken(token: string): string {
  const name = Buffer.from(token, "base64").toString("latin1");
  if (!/^[A-Za-z0-9_.-]{1,80}$/.test(name))
    throw invalidParameter("Invalid or expired NextToken parameter.");
  return name;
}
