/** Rows of queue-schema.ts as queue-store.ts works with them. */
import type { SQLOutputValue } from "node:sqlite";
import type { MessageId } from "../../ports/queues.ts";

type Row = Readonly<Record<string, SQLOutputValue>>;

/** A message that may be leased, by where it is. */
export interface Candidate {
  readonly id: MessageId;
  readonly place: "ready" | "follower" | "lease";
  readonly visibleAt: number;
  readonly attempts: number;
  /** Null: never. */
  readonly firstLeasedAt: number | null;
}

export interface StoredMessage {
  readonly enqueuedAt: number;
  readonly group: string | null;
  readonly attributes: string;
  readonly body: Uint8Array;
}

export interface StoredLease {
  readonly queue: number;
  readonly attempts: number;
  readonly bytes: number;
  readonly group: string | null;
  readonly firstLeasedAt: number;
  /** Another one of its group is before it. */
  readonly blocked: boolean;
  readonly endsAt: number;
}

export const candidateOf = (place: Candidate["place"], row: Row): Candidate => ({
  id: Number(row["id"]),
  place,
  visibleAt: Number(place === "lease" ? row["ends_at"] : row["visible_at"]),
  attempts: Number(row["attempts"]),
  firstLeasedAt: numberOrNull(row["first_leased_at"]),
});

export function storedMessage(row: Row = {}): StoredMessage {
  return {
    enqueuedAt: Number(row["enqueued_at"]),
    group: textOrNull(row["member_of"]),
    attributes: String(row["attributes"]),
    body: row["body"] as Uint8Array,
  };
}

export function storedLease(row: Row | undefined): StoredLease | undefined {
  return (
    row && {
      queue: Number(row["queue"]),
      attempts: Number(row["attempts"]),
      bytes: Number(row["bytes"]),
      group: textOrNull(row["member_of"]),
      firstLeasedAt: Number(row["first_leased_at"]),
      blocked: row["blocked"] === 1,
      endsAt: Number(row["ends_at"]),
    }
  );
}

export const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  typeof value === "string" ? value : null;

const numberOrNull = (value: SQLOutputValue | undefined): number | null =>
  typeof value === "number" ? value : null;
