/**
 * The thread that alone writes to a database. While one group is fsynced further calls arrive; all that wait when it
 * ends are the next group. So a lone call waits for nobody, and many share one fsync.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Answer } from "./transaction.ts";

/** Bounds the time that the first of a group waits for the last. */
const GROUP_CALLS = 256;
const GROUP_BYTES = 4 << 20;

/** Calls in order, or null for "no more will come". */
export type WriterMessage<Call> = readonly WaitingCall<Call>[] | null;
export interface WaitingCall<Call> {
  readonly call: Call;
  /** About how much memory it takes. */
  readonly bytes: number;
}

/** What a thread serves. */
export interface Groups<Call, Result> {
  /** Does the calls in one transaction: an answer each, in their order, for the first of them or for all. */
  run(calls: readonly Call[]): Answer<Result>[];
  /** Does a little of what may wait until nobody calls; answers whether more is left. */
  tidy?(): boolean;
  close(): void;
}

/** Answers in the order of the calls that came. */
export function serve<Call, Result>(port: MessagePort, groups: Groups<Call, Result>): void {
  const waiting: WaitingCall<Call>[] = [];
  let closing = false;
  let tidying = false;
  const receive = (message: WriterMessage<Call>) => {
    if (message === null) closing = true;
    else for (const call of message) waiting.push(call);
  };
  const tidy = () => {
    tidying = !closing && (groups.tidy?.() ?? false);
    if (tidying) setImmediate(tidy);
  };
  port.on("message", (first: WriterMessage<Call>) => {
    receive(first);
    do {
      for (let more = next<Call>(port); more; more = next<Call>(port)) receive(more.message);
      if (waiting.length > 0) {
        const answers = groups.run(firstGroup(waiting));
        waiting.splice(0, answers.length);
        port.postMessage(answers);
      }
    } while (waiting.length > 0);
    if (closing) {
      groups.close();
      port.close();
    } else if (!tidying) tidy();
  });
  tidy();
}

function firstGroup<Call>(waiting: readonly WaitingCall<Call>[]): Call[] {
  let bytes = 0;
  const beyond = waiting.findIndex((call, index) => {
    bytes += call.bytes;
    return index > 0 && (index >= GROUP_CALLS || bytes > GROUP_BYTES);
  });
  return waiting.slice(0, beyond < 0 ? waiting.length : beyond).map(({ call }) => call);
}

const next = <Call>(port: MessagePort): { message: WriterMessage<Call> } | undefined =>
  receiveMessageOnPort(port);
