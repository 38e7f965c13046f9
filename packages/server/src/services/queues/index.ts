/** SQS: queues whose messages are handed out until somebody deletes them. The folder's only door. */

import type { YunqueError } from "../../domain/errors.ts";
import type { QueueRef } from "../../domain/queue-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { Attempts } from "./attempts.ts";
import { QueueBook } from "./book.ts";
import type { MessageQueuesDependencies, QueuesContext } from "./context.ts";
import { InFlight } from "./in-flight.ts";
import { type ListedQueues, type Listing, listQueues, listSources } from "./list.ts";
import type { QueueAttributes, Tags } from "./model.ts";
import { type DescribedMoveTask, MoveTasks, type NewMoveTask } from "./move-tasks.ts";
import { addPermission, type Permission, removePermission } from "./permissions.ts";
import {
  createQueue,
  type DescribedQueue,
  deleteQueue,
  describeQueue,
  type NewQueue,
  purgeQueue,
  setAttributes,
} from "./queues.ts";
import { type Receiving, receive } from "./receive.ts";
import { type NewQueueMessage, type Sending, type SentMessage, send } from "./send.ts";
import { changeVisibility, deleteMessages, type VisibilityChange } from "./settle.ts";
import type { ReceivedMessage } from "./stored-message.ts";
import { Sweep } from "./sweep.ts";
import { addTags, removeTags } from "./tags.ts";
import { Waiting } from "./waiting.ts";

export { ATTRIBUTE_NAMES, unknownAttribute } from "./attributes.ts";
export { checkBatch } from "./batch.ts";
export type { MessageQueuesDependencies } from "./context.ts";
export { QUEUE_ERRORS, type QueueErrorCode, queueError } from "./errors.ts";
export type { DescribedQueue } from "./queues.ts";
export type { Receiving } from "./receive.ts";
export type { NewQueueMessage, SentMessage } from "./send.ts";
export { digestOf, type ReceivedMessage, systemAttributes } from "./stored-message.ts";

export interface MessageQueues {
  create(ref: QueueRef, queue: NewQueue): Promise<void>;
  /** @throws YunqueError QueueMissing */
  require(ref: QueueRef): Promise<void>;
  /** Whether there is such a queue. */
  exists(ref: QueueRef): Promise<boolean>;
  describe(ref: QueueRef): Promise<DescribedQueue>;
  setAttributes(ref: QueueRef, attributes: QueueAttributes): Promise<void>;
  remove(ref: QueueRef): Promise<void>;
  /** Removes every message. @throws YunqueError QueuePurgedRecently */
  purge(ref: QueueRef): Promise<void>;
  list(
    scope: Scope,
    listing: Listing & { readonly prefix?: string | undefined },
  ): Promise<ListedQueues>;
  /** The queues whose dead letters come to this one. */
  listSources(ref: QueueRef, listing: Listing): Promise<ListedQueues>;
  tags(ref: QueueRef): Promise<Tags>;
  addTags(ref: QueueRef, tags: Tags): Promise<void>;
  removeTags(ref: QueueRef, keys: readonly string[]): Promise<void>;

  /** Answers one result each, in order. */
  send(
    ref: QueueRef,
    messages: readonly NewQueueMessage[],
    sending: Sending,
  ): Promise<(SentMessage | YunqueError)[]>;
  receive(receiving: Receiving): Promise<readonly ReceivedMessage[]>;
  /** Answers for each handle why its message cannot be deleted, or undefined. */
  delete(ref: QueueRef, handles: readonly string[]): Promise<(YunqueError | undefined)[]>;
  changeVisibility(
    ref: QueueRef,
    changes: readonly VisibilityChange[],
  ): Promise<(YunqueError | undefined)[]>;

  addPermission(ref: QueueRef, permission: Permission): Promise<void>;
  removePermission(ref: QueueRef, label: string): Promise<void>;

  readonly moves: MoveOperations;

  /** Takes up what an earlier life of the platform left. */
  start(): Promise<void>;
  /** Receivers that wait go on with nothing. */
  close(): Promise<void>;
}

/** Messages of dead-letter queues go back. */
export interface MoveOperations {
  /** Answers the task's handle. */
  begin(task: NewMoveTask): Promise<string>;
  /** Answers how many messages the task had moved. */
  cancel(handle: string): Promise<number>;
  /** The newest first. */
  list(sourceArn: string, max?: number): Promise<DescribedMoveTask[]>;
}

export function createMessageQueues(dependencies: MessageQueuesDependencies): MessageQueues {
  const { records, queues, clock } = dependencies;
  const context: QueuesContext = {
    ...dependencies,
    book: new QueueBook(records),
    waiting: new Waiting(queues, clock),
    inFlight: new InFlight(queues, clock),
    attempts: new Attempts(queues, clock),
  };
  const { book, waiting } = context;
  const sweep = new Sweep(context);
  const moves = new MoveTasks(context);
  return {
    create: (ref, queue) => createQueue(context, ref, queue),
    require: async (ref) => {
      await book.get(ref);
    },
    exists: async (ref) => (await book.find(ref)) !== undefined,
    describe: (ref) => describeQueue(context, ref),
    setAttributes: (ref, attributes) => setAttributes(context, ref, attributes),
    remove: (ref) => deleteQueue(context, ref),
    purge: (ref) => purgeQueue(context, ref),
    list: (scope, listing) => listQueues(context, scope, listing),
    listSources: (ref, listing) => listSources(context, ref, listing),
    tags: async (ref) => (await book.get(ref)).record.tags,
    addTags: (ref, tags) => addTags(context, ref, tags),
    removeTags: (ref, keys) => removeTags(context, ref, keys),
    send: (ref, messages, sending) => send(context, ref, messages, sending),
    receive: (receiving) => receive(context, receiving),
    delete: (ref, handles) => deleteMessages(context, ref, handles),
    changeVisibility: (ref, changes) => changeVisibility(context, ref, changes),
    addPermission: (ref, permission) => addPermission(context, ref, permission),
    removePermission: (ref, label) => removePermission(context, ref, label),
    moves,
    async start() {
      sweep.start();
      await moves.start();
    },
    async close() {
      waiting.close();
      await Promise.all([sweep.close(), moves.close()]);
    },
  };
}
