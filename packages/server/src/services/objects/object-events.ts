/** From what happened to an object to the messages that its bucket's rules want sent. */
import { canonicalId } from "../../domain/bucket.ts";
import { meets } from "../../domain/notification.ts";
import { notificationMessage, type ObjectEvent } from "../../domain/notification-event.ts";
import type { StoredObject } from "../../domain/object.ts";
import type { Change } from "../../ports/records.ts";
import type { OutboxEntry, OutboxReference } from "./outbox.ts";
import { type Bucket, type Caller, outboxSpace, type Store } from "./store.ts";

/** Events to commit together with what they tell of, and to send once they are durable. */
export interface Events {
  readonly changes: readonly Change[];
  readonly references: readonly OutboxReference[];
}

type Happened = Pick<ObjectEvent, "name" | "key" | "sequencer"> &
  Partial<Pick<ObjectEvent, "size" | "etag" | "version">>;

/** What an event says of an object that is there. */
export const stateOf = ({ size, etag, version }: StoredObject) => ({
  size,
  etag,
  ...(version !== undefined && { version }),
});

/** One message for each function whose rule the event meets. */
export function eventsOf(store: Store, bucket: Bucket, caller: Caller, happened: Happened): Events {
  const time = store.clock.now();
  const event: ObjectEvent = {
    ...happened,
    time,
    region: bucket.region,
    bucket: bucket.name,
    owner: canonicalId(bucket.account),
    principal: caller.principal,
    sourceIp: caller.sourceIp,
    requestId: caller.requestId,
    hostId: caller.hostId,
  };
  const rules = bucket.rules.filter((rule) => meets(rule, event.name, event.key));
  const references = rules.map((_, index) => ({
    space: outboxSpace(bucket),
    id: `${event.sequencer}-${index}`,
  }));
  const changes = rules.map(({ id, destination }, index): Change => {
    const { traceId } = caller;
    const entry: OutboxEntry = {
      source: `arn:aws:s3:::${bucket.name}`,
      destination,
      message: notificationMessage(event, id),
      time,
      ...(traceId === undefined ? {} : { traceId }),
    };
    return { put: entry, ...(references[index] as OutboxReference) };
  });
  return { changes, references };
}

export const allOf = (events: readonly Events[]): Events => ({
  changes: events.flatMap(({ changes }) => changes),
  references: events.flatMap(({ references }) => references),
});
