/** Messages are accepted: checked, given an id, durable for every subscriber before they are answered. */
import { randomUUID } from "node:crypto";
import { YunqueError } from "../../domain/errors.ts";
import type { Caller, TopicsDependencies } from "./context.ts";
import { invalid, topicError, unbuilt } from "./errors.ts";
import { type FanOutParts, fanOut } from "./fan-out.ts";
import type { FifoOrder, Published } from "./fifo.ts";
import {
  type CheckedMessage,
  checkedMessage,
  checkFifo,
  type NewMessage,
  sizeOf,
} from "./message.ts";
import { topicNamed } from "./names.ts";
import type { TopicStore, TopicView } from "./store.ts";
import { messageBytes } from "./topic-attributes.ts";

export type { Published } from "./fifo.ts";
export type { NewMessage } from "./message.ts";

export interface PublishRequest extends NewMessage {
  readonly topicArn?: string | undefined;
  readonly targetArn?: string | undefined;
  readonly phoneNumber?: string | undefined;
}

export interface BatchEntry extends NewMessage {
  readonly id: string;
}

/** An answer for each entry, in their order. */
export type BatchAnswer =
  | { readonly id: string; readonly published: Published }
  | { readonly id: string; readonly error: YunqueError };

export interface PublishOperations {
  publish(caller: Caller, request: PublishRequest): Promise<Published>;
  publishBatch(
    caller: Caller,
    topicArn: string,
    entries: readonly BatchEntry[],
  ): Promise<BatchAnswer[]>;
}

const MAX_ENTRIES = 10;

export function createPublishOperations(
  { clock, metrics }: TopicsDependencies,
  store: TopicStore,
  fifo: FifoOrder,
  parts: FanOutParts,
): PublishOperations {
  async function accept(
    caller: Caller,
    view: TopicView,
    message: CheckedMessage,
  ): Promise<Published> {
    const { topic } = view;
    const dimensions = { TopicName: topic.name };
    metrics.count("NumberOfMessagesPublished", dimensions);
    metrics.observe("PublishSize", dimensions, message.bytes);
    const accepted = { message, traceId: caller.traceId, time: clock.now() };
    if (!topic.fifo) {
      const id = randomUUID();
      await fanOut(parts, caller, view, { ...accepted, id, sequenceNumber: undefined });
      return { messageId: id };
    }
    const { groupId = "", deduplicationId = "" } = message;
    const grouped = topic.attributes["FifoThroughputScope"] === "MessageGroup";
    const row = grouped ? `${topic.arn} ${groupId}` : topic.arn;
    const { published, remembered } = await fifo.inRow(row, async () => {
      const before = await fifo.seen(caller, row, deduplicationId);
      if (before !== undefined) return { published: before };
      const published = { messageId: randomUUID(), sequenceNumber: fifo.nextSequence() };
      const { messageId: id, sequenceNumber } = published;
      await fanOut(parts, caller, view, { ...accepted, id, sequenceNumber });
      // Afterwards: a crash in between repeats a message that nobody was promised, which is better than losing one.
      // The next one in the row need not wait for it.
      const remembered = fifo.remember(caller, row, deduplicationId, published);
      remembered.catch(() => {}); // it is awaited below
      return { published, remembered };
    });
    await remembered;
    return published;
  }

  return {
    async publish(caller, request) {
      const { topicArn, targetArn, phoneNumber } = request;
      if (phoneNumber !== undefined) throw refusePhone(phoneNumber);
      const [arn, parameter] =
        topicArn !== undefined ? [topicArn, "TopicArn"] : [targetArn, "TargetArn"];
      if (arn === undefined || arn === "")
        throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
      if (/^arn:aws(?:-[a-z]+)*:sns:[^:]+:\d{12}:endpoint\//.test(arn))
        throw unbuilt("push messages (application)");
      const view = await store.view(caller, topicNamed(caller, arn, parameter));
      return accept(caller, view, checkedMessage(view.topic, request));
    },

    async publishBatch(caller, topicArn, entries) {
      checkEntries(entries);
      const view = await store.view(caller, topicNamed(caller, topicArn));
      const { topic } = view;
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (bytes > messageBytes(topic))
        throw topicError(
          "BatchTooLong",
          "The length of all the messages put together is more than the limit.",
        );
      for (const entry of entries) checkFifo(topic, entry);
      const one = async (entry: BatchEntry): Promise<BatchAnswer> => {
        const { id } = entry;
        try {
          return { id, published: await accept(caller, view, checkedMessage(topic, entry)) };
        } catch (error) {
          // What breaks a rule, or what the storage does not take now.
          if (error instanceof YunqueError) return { id, error };
          throw error;
        }
      };
      // Rows keep their order: entries are put into them one after the other.
      return Promise.all(entries.map(one));
    },
  };
}

function checkEntries(entries: readonly BatchEntry[]): void {
  if (entries.length === 0)
    throw topicError("BatchEmpty", "The batch request doesn't contain any entries.");
  if (entries.length > MAX_ENTRIES)
    throw topicError("BatchTooMany", "The batch request contains more entries than permissible.");
  if (entries.some(({ id }) => !/^[\w-]{1,80}$/.test(id)))
    throw topicError(
      "BatchIdInvalid",
      "The Id of a batch entry in a batch request doesn't abide by the specification.",
    );
  if (new Set(entries.map(({ id }) => id)).size < entries.length)
    throw topicError(
      "BatchIdsNotDistinct",
      "Two or more batch entries in the request have the same Id.",
    );
}

function refusePhone(number: string): YunqueError {
  if (!/^\+?[1-9]\d{1,14}$/.test(number))
    return invalid(`PhoneNumber Reason: ${number} is not valid to publish to`);
  return unbuilt("text messages (sms)");
}
