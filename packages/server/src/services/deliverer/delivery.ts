/** What is to be delivered, what becomes of it, and how both are kept in a queue. */
import type { MessageAttribute, TargetMessage } from "../../ports/targets.ts";

export interface Delivery {
  readonly message: TargetMessage;
  /** Attempts in all, the first one included; at least 1. */
  readonly maxAttempts: number;
  /** How long after it was handed over an attempt may begin; milliseconds. */
  readonly maxAgeMs: number;
  readonly deadLetter?: DeadLetter | undefined;
}

/** Whom to tell of a message that no attempt delivered. */
export interface DeadLetter {
  /** ARN of a queue, or whatever else takes messages. */
  readonly target: string;
  /** What it gets; absent: the body of the message. */
  readonly body?: Uint8Array | undefined;
  /** What the owner wants to know of it again when its attributes are made: the rule's ARN, for example. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Why there will be no other attempt. */
export interface DeliveryEnd {
  /** AWS's code, as the target gave it. */
  readonly code: string;
  readonly message: string;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Absent: no later attempt would have succeeded. */
  readonly exhausted?: "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";
}

/** The attributes of a dead letter. */
export type DeadLetterAttributes = (
  delivery: Delivery,
  end: DeliveryEnd,
) => Readonly<Record<string, MessageAttribute>>;

/** What changes from attempt to attempt. */
export interface Progress {
  /** Attempts that failed. */
  readonly failures: number;
  /** When it was handed over. */
  readonly since: number;
}

interface Head extends Omit<Delivery, "message" | "deadLetter"> {
  readonly message: Omit<TargetMessage, "body">;
  readonly deadLetter?: Omit<DeadLetter, "body"> | undefined;
  /** Bytes of the message's body; what follows is the dead letter's. */
  readonly bytes: number;
  readonly ownBody: boolean;
}

/** Largest body of a queue's message. */
const MAX_BYTES = 2 << 20;
const LENGTH = 4;

/** A delivery as the body of a queue's message. A dead letter's own body is left out where both have no room. */
export function packDelivery({ message, deadLetter, ...rest }: Delivery): Uint8Array {
  const { body, ...envelope } = message;
  const { body: letter, ...told } = deadLetter ?? { target: "" };
  const ownBody = letter !== undefined && body.length + letter.length < MAX_BYTES - (64 << 10);
  const head: Head = {
    ...rest,
    message: envelope,
    ...(deadLetter === undefined ? {} : { deadLetter: told }),
    bytes: body.length,
    ownBody,
  };
  const text = Buffer.from(JSON.stringify(head), "utf8");
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, body, ...(ownBody ? [letter] : [])]);
}

export function unpackDelivery(packed: Uint8Array): Delivery {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const start = LENGTH + bytes.readUInt32BE();
  const head = JSON.parse(bytes.toString("utf8", LENGTH, start)) as Head;
  const { bytes: size, ownBody, message, deadLetter, ...rest } = head;
  const letter = ownBody ? { body: bytes.subarray(start + size) } : {};
  return {
    ...rest,
    message: { ...message, body: bytes.subarray(start, start + size) },
    ...(deadLetter === undefined ? {} : { deadLetter: { ...deadLetter, ...letter } }),
  };
}
