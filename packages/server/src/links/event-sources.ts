/** Which service's queue or stream an ARN names. */
import { type QueueSource, SourceGone, type StreamSource } from "../ports/event-sources.ts";

/** The sources of all services. */
export interface EventSources {
  readonly queues: QueueSource;
  readonly streams: StreamSource;
}

/** By the third part of their ARNs: `sqs`; `kinesis`, `dynamodb`. They may be asked for late: services need each other. */
export function createEventSources(kinds: {
  readonly queues: Readonly<Record<string, () => QueueSource>>;
  readonly streams: Readonly<Record<string, () => StreamSource>>;
}): EventSources {
  const queues = finder(kinds.queues);
  const streams = finder(kinds.streams);
  return {
    queues: {
      describe: async (arn) => queues.find(arn)?.describe(arn),
      receive: async (arn, options) => queues.need(arn).receive(arn, options),
      delete: async (arn, handles) => queues.need(arn).delete(arn, handles),
      changeVisibility: async (arn, handles, ms) =>
        queues.need(arn).changeVisibility(arn, handles, ms),
    },
    streams: {
      describe: async (arn) => streams.find(arn)?.describe(arn),
      shards: async (arn) => streams.need(arn).shards(arn),
      place: async (arn, shard, position) => streams.need(arn).place(arn, shard, position),
      read: async (arn, options) => streams.need(arn).read(arn, options),
      watchShards: (arn, listener) => streams.need(arn).watchShards(arn, listener),
    },
  };
}

function finder<T>(kinds: Readonly<Record<string, () => T>>) {
  const made = new Map<string, T>();
  const find = (arn: string): T | undefined => {
    const [prefix, , service = ""] = arn.split(":");
    if (prefix !== "arn" || !Object.hasOwn(kinds, service)) return undefined;
    const known = made.get(service) ?? kinds[service]?.();
    if (known !== undefined) made.set(service, known);
    return known;
  };
  return {
    find,
    need(arn: string): T {
      const source = find(arn);
      if (source === undefined) throw new SourceGone(`${arn} is no source of events`);
      return source;
    },
  };
}
