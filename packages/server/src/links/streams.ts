/** What other services do with streams: they add records, and read shards. */
import { createHash } from "node:crypto";
import { YunqueError } from "../domain/errors.ts";
import {
  SourceGone,
  type StreamBatch,
  type StreamRecord,
  type StreamSource,
} from "../ports/event-sources.ts";
import { Undeliverable } from "../ports/targets.ts";
import {
  type DataRecord,
  parseSequenceNumber,
  parseStreamArn,
  type ShardPage,
  type StreamRef,
  type Streams,
  sequenceNumber,
  shardId,
} from "../services/streams/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages become records; those without a partition key are spread by their content. */
export function streamTargets(streams: Streams): TargetKind {
  return {
    async deliver({ target, body, partitionKey }) {
      const ref = parseStreamArn(target);
      if (!ref) throw new Undeliverable(`${target} is no stream`);
      const key = partitionKey || createHash("md5").update(body).digest("hex");
      try {
        await streams.put(ref, { data: body, partitionKey: key });
      } catch (error) {
        throw undeliverable(error) ?? error;
      }
    },
    async exists(arn) {
      const ref = parseStreamArn(arn);
      return ref !== undefined && (await streams.find(ref)) !== undefined;
    },
  };
}

function undeliverable(error: unknown): Undeliverable | undefined {
  if (!(error instanceof YunqueError)) return undefined;
  if (error.code === "StreamNotFound")
    return new Undeliverable(error.message, "RESOURCE_NOT_FOUND");
  return error.code === "StreamArgumentInvalid" ? new Undeliverable(error.message) : undefined;
}

/** Streams as mappings and pipes read them: without the limits of shards, which are for clients. */
export function streamSource(streams: Streams): StreamSource {
  const { inside } = streams;
  return {
    async describe(arn) {
      const ref = parseStreamArn(arn);
      const stream = ref && (await streams.find(ref));
      return stream && { status: STATUS[stream.status] };
    },
    async shards(arn) {
      const { shards } = await orGone(() => streams.get(refOf(arn)));
      return shards.map(({ number, parents }) => ({
        id: shardId(number),
        parents: parents.map(shardId),
      }));
    },
    async place(arn, id, position) {
      const { stream, shard, after } = await orGone(() =>
        inside.place(
          refOf(arn),
          id,
          position.at === "AT_TIMESTAMP"
            ? { type: position.at, timestamp: position.time }
            : { type: position.at },
        ),
      );
      return sequenceNumber(stream.created, shard, after);
    },
    async read(arn, { shardId: id, after, max: limit, maxBytes, waitMs, signal }) {
      const place = parseSequenceNumber(after);
      const stream = await orGone(() => streams.get(refOf(arn)));
      if (place?.created !== stream.created)
        throw new SourceGone(`${after} is no place in a shard of ${arn}`);
      const page = await orGone(() =>
        inside.read(stream, id, { after: place.place, limit, maxBytes, waitMs, signal }),
      );
      return batchOf(page);
    },
    watchShards: (arn, listener) => inside.watch(refOf(arn), listener),
  };
}

const STATUS = {
  ACTIVE: "active",
  CREATING: "changing",
  UPDATING: "changing",
  DELETING: "deleting",
} as const;

const batchOf = ({ records, children }: ShardPage): StreamBatch => ({
  records: records.map(recordOf),
  ended: children !== undefined,
});

const recordOf = ({
  sequenceNumber: number,
  partitionKey = "",
  arrivedAt,
  data,
}: DataRecord): StreamRecord => ({
  sequenceNumber: number,
  key: partitionKey,
  arrivedAt,
  content: { kind: "kinesis", data },
});

function refOf(arn: string): StreamRef {
  const ref = parseStreamArn(arn);
  if (!ref) throw new SourceGone(`${arn} is no stream`);
  return ref;
}

async function orGone<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof YunqueError && error.code === "StreamNotFound")
      throw new SourceGone(error.message);
    throw error;
  }
}
