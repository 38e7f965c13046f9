/** From what happened to an object to the messages that its bucket's rules want sent. */
import { bucketArn, canonicalId } from "../../domain/bucket.ts";
import { meets } from "../../domain/notification.ts";
import { notificationMessage, type ObjectEvent } from "../../domain/notification-event.ts";
import type { StoredObject } from "../../domain/object.ts";
import { objectBusEvent } from "../../domain/object-bus-event.ts";
import type { Change } from "../../ports/records.ts";
import type { OutboxEntry, OutboxReference } from "./outbox.ts";
import { type Bucket, type Caller, outboxSpace, type Store } from "./store.ts";

/** Events to commit together with what they tell of, and to send once they are durable. */
export interface Events {
  readonly changes: readonly Change[];
  readonly references: readonly OutboxReference[];
}

/** What happened, as far as neither the bucket nor the caller says it. */
export type Happened = Pick<ObjectEvent, "name" | "key" | "sequencer"> &
  Partial<
    Pick<
      ObjectEvent,
      "size" | "etag" | "version" | "restore" | "storageClass" | "principal" | "sourceIp"
    >
  >;

/** What an event says of an object that is there. */
export const stateOf = ({ size, etag, version }: StoredObject) => ({
  size,
  etag,
  ...(version !== undefined && { version }),
});

/** One message for each rule that the event meets, and one for the bus where the bucket has it so. */
export function eventsOf(store: Store, bucket: Bucket, caller: Caller, happened: Happened): Events {
  const time = store.clock.now();
  if (bucket.rules.length === 0 && bucket.eventBridge === undefined) return NOTHING;
  const event: ObjectEvent = {
    time,
    account: bucket.account,
    region: bucket.region,
    bucket: bucket.name,
    owner: canonicalId(bucket.account),
    principal: caller.principal,
    sourceIp: caller.sourceIp,
    requestId: caller.requestId,
    hostId: caller.hostId,
    ...happened,
  };
  const rules = bucket.rules.filter((rule) => meets(rule, event.name, event.key));
  const messages: Pick<OutboxEntry, "destination" | "message" | "event">[] = rules.map(
    ({ id, destination }) => ({ destination, message: notificationMessage(event, id) }),
  );
  if (bucket.eventBridge === true) messages.push(...busMessages(bucket, event));
  const { traceId } = caller;
  const entries = messages.map(
    (message): OutboxEntry => ({
      source: bucketArn(bucket.name),
      ...message,
      time,
      ...(traceId === undefined ? {} : { traceId }),
    }),
  );
  const references = entries.map((_, index) => ({
    space: outboxSpace(bucket),
    id: `${event.sequencer}-${index}`,
  }));
  const changes = entries.map(
    (entry, index): Change => ({ put: entry, ...(references[index] as OutboxReference) }),
  );
  return { changes, references };
}

const NOTHING: Events = { changes: [], references: [] };

function busMessages(bucket: Bucket, event: ObjectEvent) {
  const found = objectBusEvent(event);
  if (found === undefined) return [];
  const { account, region, name } = bucket;
  const { detailType, detail } = found;
  return [
    {
      destination: `arn:aws:events:${region}:${account}:event-bus/default`,
      message: detail,
      event: { source: "aws.s3", detailType, resources: [bucketArn(name)], time: event.time },
    },
  ];
}

export const allOf = (events: readonly Events[]): Events => ({
  changes: events.flatMap(({ changes }) => changes),
  references: events.flatMap(({ references }) => references),
});
