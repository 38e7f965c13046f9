/** What the queues ask of their writer's thread, and what it answers. */
import type {
  Depth,
  Enqueued,
  Leased,
  LeaseOptions,
  NewMessage,
  Once,
  Outcome,
} from "../../ports/queues.ts";

export type QueueCall =
  | {
      readonly kind: "enqueue";
      readonly queue: string;
      readonly messages: readonly AddedMessage[];
      readonly now: number;
    }
  | {
      readonly kind: "lease";
      readonly queue: string;
      readonly options: Required<LeaseOptions>;
    }
  | { readonly kind: "settle"; readonly outcomes: readonly Ending[]; readonly now: number }
  | { readonly kind: "expire"; readonly queue: string; readonly before: number }
  | { readonly kind: "depth"; readonly queue: string; readonly now: number }
  | { readonly kind: "purge"; readonly queue: string };

export interface QueueResults {
  readonly enqueue: Enqueued[];
  readonly lease: Leased[];
  readonly settle: boolean[];
  readonly expire: number;
  readonly depth: Depth;
  readonly purge: number;
}

export type QueueResult = QueueResults[keyof QueueResults];

/** A new message as it goes to the thread: what the port names of it and nothing else. */
export interface AddedMessage {
  /** In a buffer of its own: all of a buffer would go over. */
  readonly body: Uint8Array;
  readonly attributes: string;
  readonly delayMs: number;
  /** -1: not leased. */
  readonly leaseMs: number;
  readonly group: string | null;
  /** -1: now. */
  readonly enqueuedAt: number;
  readonly once: Once | null;
}

/** An outcome as it goes to the thread. */
export interface Ending {
  readonly queue: string;
  readonly id: number;
  readonly epoch: number;
  readonly kind: Outcome["become"]["kind"];
  /** Of its delay or its lease. */
  readonly waitMs: number;
  readonly unlessEnded: boolean;
  readonly attributes: string | null;
  readonly added: readonly { readonly queue: string; readonly message: AddedMessage }[];
}

export function addedMessage(message: NewMessage): AddedMessage {
  const { body, attributes, delayMs = 0, leaseMs = -1, group = null } = message;
  const { enqueuedAt = -1, once = null } = message;
  return { body: new Uint8Array(body), attributes, delayMs, leaseMs, group, enqueuedAt, once };
}

export function endingOf(outcome: Outcome): Ending {
  const { queue, id, epoch, become, unlessEnded = false, enqueue = [] } = outcome;
  const { kind } = become;
  const waitMs = kind === "again" ? become.delayMs : kind === "extended" ? become.leaseMs : 0;
  const attributes = kind === "again" ? (become.attributes ?? null) : null;
  const added = enqueue.map((one) => ({ queue: one.queue, message: addedMessage(one.message) }));
  return { queue, id, epoch, kind, waitMs, unlessEnded, attributes, added };
}

/** What a message takes besides its body and texts, about. */
const OVERHEAD = 200;

/** About how much memory a call takes while it waits, in bytes. */
export function sizeOfCall(call: QueueCall): number {
  if (call.kind === "enqueue") return sum(call.messages.map(sizeOf));
  if (call.kind !== "settle") return OVERHEAD;
  return sum(
    call.outcomes.map(({ attributes, added }) => {
      const moved = sum(added.map(({ message }) => sizeOf(message)));
      return OVERHEAD + (attributes?.length ?? 0) + moved;
    }),
  );
}

const sizeOf = ({ body, attributes }: AddedMessage): number =>
  body.length + attributes.length + OVERHEAD;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
