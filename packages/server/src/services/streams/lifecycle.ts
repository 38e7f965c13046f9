/** Making and deleting streams, and bringing to an end what is under way in them. */
import { evenRanges } from "../../domain/hash-range.ts";
import { openShards, reshaped } from "../../domain/resharding.ts";
import type { Scope } from "../../domain/scope.ts";
import { RecordConflict } from "../../ports/records.ts";
import type { StreamsContext } from "./context.ts";
import { inUse, invalid, tooMany } from "./errors.ts";
import type { Stream, StreamMode, StreamRef } from "./model.ts";
import { logOf, logsOf, ownerOfLog } from "./names.ts";
import { checkTags } from "./tag-rules.ts";

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const SHARD_LIMIT = 20_000;
export const ON_DEMAND_LIMIT = 50;
/** Of a new stream that is on demand. */
const ON_DEMAND_SHARDS = 4;
const DEFAULT_RETENTION_HOURS = 24;
const DEFAULT_RECORD_KIB = 1024;

export interface NewStream {
  readonly name: string;
  readonly shardCount?: number | undefined;
  readonly mode?: StreamMode | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly maxRecordKiB?: number | undefined;
  readonly distribution?: Stream["distribution"] | undefined;
}

export async function createStream(
  context: StreamsContext,
  scope: Scope,
  { name, shardCount, mode = "PROVISIONED", tags = {}, ...more }: NewStream,
): Promise<void> {
  const { store, clock } = context;
  if (mode === "ON_DEMAND" && shardCount !== undefined)
    throw invalid("ShardCount must not be specified for an on-demand stream.");
  if (mode === "PROVISIONED" && shardCount === undefined)
    throw invalid("ShardCount must be specified for a provisioned stream.");
  checkTags({ ...scope, name }, tags);
  const count = shardCount ?? ON_DEMAND_SHARDS;
  const others = await store.list(scope);
  if (others.some((other) => other.name === name)) throw exists({ ...scope, name });
  checkShardLimit(scope, others, count);
  if (mode === "ON_DEMAND") checkOnDemandLimit(others);
  const now = clock.now();
  const stream: Stream = {
    account: scope.account,
    region: scope.region,
    name,
    created: now,
    status: "CREATING",
    mode,
    retentionHours: DEFAULT_RETENTION_HOURS,
    maxRecordKiB: more.maxRecordKiB ?? DEFAULT_RECORD_KIB,
    distribution: more.distribution ?? "USER_PARTITION_KEY",
    shards: evenRanges(count).map((range, number) => ({
      ...range,
      number,
      parents: [],
      openedAt: now,
    })),
    nextShard: count,
    scaled: [],
    modeChanges: [],
    metrics: [],
    tags,
    consumers: [],
  };
  try {
    await store.create(stream);
  } catch (error) {
    throw error instanceof RecordConflict ? exists(stream) : error;
  }
  context.settle(stream);
}

export async function deleteStream(
  context: StreamsContext,
  ref: StreamRef,
  enforceConsumerDeletion = false,
): Promise<void> {
  await context.store.edit(ref, (stream) => {
    if (stream.status === "DELETING") return undefined;
    if (stream.consumers.length > 0 && !enforceConsumerDeletion)
      throw inUse(
        `Stream ${ref.name} under account ${ref.account} has registered consumers. Deregister them, or set EnforceConsumerDeletion.`,
      );
    return { ...stream, status: "DELETING" };
  });
  context.settle(ref);
}

/** Does what the stream's status says is to be done. Again after a crash: every step may be repeated. */
export async function settleStream(context: StreamsContext, ref: StreamRef): Promise<void> {
  const found = await context.store.find(ref);
  switch (found?.stream.status) {
    case "CREATING":
      await context.store.edit(ref, (stream) =>
        stream.status === "CREATING" ? { ...stream, status: "ACTIVE" } : undefined,
      );
      break;
    case "UPDATING":
      await reshape(context, found.stream);
      break;
    case "DELETING":
      await removeLogs(context, found.stream);
      await context.store.remove(found.stream);
      // What was on its way to them meanwhile.
      await removeLogs(context, found.stream);
      break;
  }
}

/** Seals what is closed, so that nothing comes behind what its readers take for the end, and opens the others. */
async function reshape({ store, shards, clock }: StreamsContext, stream: Stream): Promise<void> {
  const { reshaping = [] } = stream;
  const there = new Set(openShards(stream.shards).map(({ number }) => number));
  const closing = reshaping.flatMap(({ close }) => close).filter((number) => there.has(number));
  const sealed = await Promise.all(
    closing.map(async (number) => [number, await shards.seal(logOf(stream, number))] as const),
  );
  const last = new Map(sealed.map(([number, state]) => [number, state.last]));
  await store.edit(stream, (current) => {
    if (current.status !== "UPDATING" || current.created !== stream.created) return undefined;
    const { reshaping: _, ...rest } = current;
    const after = reshaped(
      current.shards,
      reshaping,
      clock.now(),
      (number) => last.get(number) ?? 0,
    );
    return { ...rest, status: "ACTIVE", shards: after };
  });
}

async function removeLogs({ shards }: StreamsContext, stream: Stream): Promise<void> {
  for (const log of await shards.names(logsOf(stream))) await shards.delete(log);
}

/** Removes logs that a crash left behind: a stream's record comes before its logs, and goes after them. */
export async function removeOrphans({ shards, store }: StreamsContext): Promise<void> {
  for (const log of await shards.names("")) {
    const owner = ownerOfLog(log);
    if (owner === undefined) continue;
    const known = await store.find(owner.ref);
    const owned = known?.stream.created === owner.created && known.byNumber.has(owner.shard);
    if (!owned) await shards.delete(log);
  }
}

const openCount = (streams: readonly Stream[]): number =>
  streams.reduce((sum, { shards }) => sum + openShards(shards).length, 0);

/** @throws YunqueError StreamLimitExceeded where so many more shards are too many */
export function checkShardLimit(
  { account, region }: Scope,
  streams: readonly Stream[],
  more: number,
): void {
  const current = openCount(streams);
  if (current + more > SHARD_LIMIT)
    throw tooMany(
      `This request would exceed the shard limit for the account ${account} in ${region}. Current shard count for the account: ${current}. Limit: ${SHARD_LIMIT}. Number of additional shards that would have resulted from this request: ${more}. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.`,
    );
}

/** @throws YunqueError StreamLimitExceeded where one more is too many */
export function checkOnDemandLimit(streams: readonly Stream[]): void {
  if (streams.filter(({ mode }) => mode === "ON_DEMAND").length >= ON_DEMAND_LIMIT)
    throw tooMany(`An account can have at most ${ON_DEMAND_LIMIT} on-demand streams in a region.`);
}

const exists = ({ name, account }: StreamRef) =>
  inUse(`Stream ${name} under account ${account} already exists.`);

/** @throws YunqueError StreamInUse unless the stream can be changed */
export function checkActive({ name, account, status }: Stream): void {
  if (status !== "ACTIVE")
    throw inUse(`Stream ${name} under account ${account} not ACTIVE, instead in state ${status}`);
}
