/** The service on the memory engine, and a clock that is turned by hand. */
import { YunqueError } from "../../domain/errors.ts";
import { type QueueRef, queueArn } from "../../domain/queue-name.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import { idle, ManualClock, SCOPE } from "../functions/fixture.ts";
import { createMessageQueues, type NewQueueMessage, type ReceivedMessage } from "./index.ts";
import type { Receiving } from "./receive.ts";

export { idle, SCOPE };

export const ref = (name: string): QueueRef => ({ ...SCOPE, name });
export const arn = (name: string): string => queueArn(ref(name));

/** `engine` and `clock` of an earlier life make this one its successor. */
export function openQueues({
  engine = createMemoryEngine(),
  clock = new ManualClock(),
}: {
  readonly engine?: ReturnType<typeof createMemoryEngine>;
  readonly clock?: ManualClock;
} = {}) {
  const { records, queues: port } = engine;
  const defects: unknown[] = [];
  const queues = createMessageQueues({
    records,
    queues: port,
    clock,
    onDefect: (error) => defects.push(error),
  });
  const world = {
    queues,
    clock,
    engine,
    port,
    records,
    defects,
    create: (name: string, attributes: Record<string, string> = {}) =>
      queues.create(ref(name), {
        attributes: { ...(name.endsWith(".fifo") ? { FifoQueue: "true" } : {}), ...attributes },
        tags: {},
      }),
    /** What came of each: the id of a message, or the message of an error. */
    async send(name: string, ...messages: readonly (string | NewQueueMessage)[]) {
      const sent = await queues.send(
        ref(name),
        messages.map((message) => (typeof message === "string" ? { body: message } : message)),
        { senderId: "me", batch: messages.length > 1 },
      );
      return sent.map((one) => (one instanceof YunqueError ? one.message : one.messageId));
    },
    receive: (name: string, more: Partial<Receiving> = {}): Promise<readonly ReceivedMessage[]> =>
      queues.receive({
        queue: ref(name),
        max: 10,
        waitMs: 0,
        signal: new AbortController().signal,
        ...more,
      }),
    async bodies(name: string, more: Partial<Receiving> = {}): Promise<string[]> {
      return (await world.receive(name, more)).map(({ body }) => body);
    },
    async delete(name: string, messages: readonly ReceivedMessage[]) {
      const handles = messages.map(({ receiptHandle }) => receiptHandle);
      return (await queues.delete(ref(name), handles)).map((error) => error?.message);
    },
    async hide(name: string, seconds: number, messages: readonly ReceivedMessage[]) {
      const changes = messages.map(({ receiptHandle }) => ({
        handle: receiptHandle,
        visibilityMs: seconds * 1000,
      }));
      const errors = await queues.changeVisibility(ref(name), changes);
      return errors.map((error) => error?.message);
    },
    /** Visible, in flight and delayed. */
    async counts(name: string): Promise<string[]> {
      const { attributes } = await queues.describe(ref(name));
      return ["", "NotVisible", "Delayed"].map(
        (what) => attributes[`ApproximateNumberOfMessages${what}`] ?? "",
      );
    },
  };
  return world;
}
