/** What other services do with queues: they send messages there, and read them. */
import { YunqueError } from "../domain/errors.ts";
import { withoutForbiddenCharacters } from "../domain/queue-message.ts";
import { FIFO_SUFFIX, parseQueueArn, type QueueRef } from "../domain/queue-name.ts";
import { type QueueMessage, type QueueSource, SourceGone } from "../ports/event-sources.ts";
import { type MessageAttribute, Undeliverable } from "../ports/targets.ts";
import {
  digestOf,
  type MessageQueues,
  type ReceivedMessage,
  systemAttributes,
} from "../services/queues/index.ts";
import type { TargetKind } from "./targets.ts";

/** AWS's word in dead letters for a target that does not exist (any longer). */
const GONE = "NO_RESOURCE";

/** Messages become messages of queues. */
export function queueTargets(queues: MessageQueues): TargetKind {
  return {
    async deliver({ target, body, sender, traceId, attributes, groupId, deduplicationId }) {
      const ref = refOf(target, () => new Undeliverable(`${target} names no queue`, GONE));
      const message = {
        body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"),
        attributes: attributes && fitAttributes(attributes),
        traceHeader: traceId,
        group: groupId,
        // A standard queue takes everything that is sent to it.
        deduplicationId: ref.name.endsWith(FIFO_SUFFIX) ? deduplicationId : undefined,
      };
      try {
        const [sent] = await queues.send(ref, [message], { senderId: sender.service });
        if (sent instanceof Error) throw sent;
      } catch (error) {
        throw undeliverable(error);
      }
    },
    async exists(arn) {
      const ref = parseQueueArn(arn);
      return ref !== undefined && (await queues.exists(ref));
    },
  };
}

/** What is told of an error may be nothing, or have colours of a terminal: that must not cost a dead letter. */
const fitAttributes = (attributes: Readonly<Record<string, MessageAttribute>>) =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([, { value }]) => value !== "")
      .map(([name, { type, value }]) => [name, { type, value: withoutForbiddenCharacters(value) }]),
  );

/** What a queue refuses now it refuses later, too. */
function undeliverable(error: unknown): unknown {
  if (!(error instanceof YunqueError)) return error;
  if (error.code === "QueueMissing") return new Undeliverable(error.message, GONE);
  if (REFUSALS.has(error.code)) return new Undeliverable(error.message);
  return error;
}

const REFUSALS = new Set([
  "QueueParameterInvalid",
  "QueueParameterMissing",
  "MessageContentsInvalid",
]);

/** Queues as event source mappings and pipes read them. */
export function queueSource(queues: MessageQueues): QueueSource {
  const gone = (arn: string) => () => new SourceGone(`there is no queue ${arn}`);
  const called = async <T>(arn: string, call: (ref: QueueRef) => Promise<T>): Promise<T> => {
    try {
      return await call(refOf(arn, gone(arn)));
    } catch (error) {
      if (error instanceof YunqueError && error.code === "QueueMissing") throw gone(arn)();
      throw error;
    }
  };
  return {
    async describe(arn) {
      const ref = parseQueueArn(arn);
      if (ref === undefined || !(await queues.exists(ref))) return undefined;
      return called(arn, async () => {
        const { settings } = await queues.describe(ref);
        return { visibilityMs: settings.visibilityMs, fifo: settings.fifo };
      });
    },
    receive: (arn, options) =>
      called(arn, async (queue) => {
        const { max, waitMs, visibilityMs, maxBytes, signal } = options;
        const receiving = { queue, max, waitMs, visibilityMs, maxBytes, signal };
        return (await queues.receive(receiving)).map(messageOf);
      }),
    delete: (arn, handles) =>
      called(arn, async (ref) => {
        await queues.delete(ref, handles);
      }),
    changeVisibility: (arn, handles, visibilityMs) =>
      called(arn, async (ref) => {
        await queues.changeVisibility(
          ref,
          handles.map((handle) => ({ handle, visibilityMs })),
        );
      }),
  };
}

function messageOf(message: ReceivedMessage): QueueMessage {
  const { messageId, receiptHandle, body, md5OfBody, messageAttributes } = message;
  const digest = digestOf(messageAttributes);
  return {
    messageId,
    receiptHandle,
    body,
    md5OfBody,
    ...(digest === undefined ? {} : { md5OfMessageAttributes: digest }),
    attributes: systemAttributes(message),
    messageAttributes,
  };
}

function refOf(arn: string, otherwise: () => Error): QueueRef {
  const ref = parseQueueArn(arn);
  if (ref === undefined) throw otherwise();
  return ref;
}
