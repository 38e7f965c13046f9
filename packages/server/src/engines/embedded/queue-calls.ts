/** What the queues ask of their writer's thread, and what it answers. */
import type {
  Depth,
  Enqueued,
  Leased,
  LeaseOptions,
  NewMessage,
  Outcome,
} from "../../ports/queues.ts";

export type QueueCall =
  | {
      readonly kind: "enqueue";
      readonly queue: string;
      readonly messages: readonly NewMessage[];
      readonly now: number;
    }
  | {
      readonly kind: "lease";
      readonly queue: string;
      readonly options: Required<LeaseOptions>;
    }
  | { readonly kind: "settle"; readonly outcomes: readonly Outcome[]; readonly now: number }
  | { readonly kind: "depth"; readonly queue: string; readonly now: number }
  | { readonly kind: "purge"; readonly queue: string };

export interface QueueResults {
  readonly enqueue: Enqueued[];
  readonly lease: Leased[];
  readonly settle: boolean[];
  readonly depth: Depth;
  readonly purge: number;
}

export type QueueResult = QueueResults[keyof QueueResults];

/** What a message takes besides its body and texts, about. */
const OVERHEAD = 200;

/** About how much memory a call takes while it waits, in bytes. */
export function sizeOfCall(call: QueueCall): number {
  if (call.kind === "enqueue") return sizeOfMessages(call.messages);
  if (call.kind !== "settle") return OVERHEAD;
  return call.outcomes.reduce(
    (sum, { enqueue = [] }) =>
      sum + OVERHEAD + sizeOfMessages(enqueue.map(({ message }) => message)),
    0,
  );
}

function sizeOfMessages(messages: readonly NewMessage[]): number {
  return messages.reduce(
    (sum, { body, attributes }) => sum + body.length + attributes.length + OVERHEAD,
    0,
  );
}
