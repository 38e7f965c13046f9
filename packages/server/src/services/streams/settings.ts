/** What of a stream can be changed besides its shards. */
import { openShards } from "../../domain/resharding.ts";
import type { StreamsContext } from "./context.ts";
import { invalid, notFound, tooMany } from "./errors.ts";
import { checkActive, checkOnDemandLimit } from "./lifecycle.ts";
import type { Stream, StreamMode, StreamRef } from "./model.ts";
import { type ResourceRef, resourceNamed } from "./resources.ts";
import { checkTags } from "./tag-rules.ts";

const MIN_RETENTION_HOURS = 24;
/** 365 days. */
const MAX_RETENTION_HOURS = 8760;
/** UpdateStreamMode: in 24 hours. */
const MAX_MODE_CHANGES = 2;
const DAY_MS = 86_400_000;

export async function changeRetention(
  { store }: StreamsContext,
  ref: StreamRef,
  hours: number,
  direction: "increase" | "decrease",
): Promise<void> {
  if (hours < MIN_RETENTION_HOURS)
    throw invalid(
      `Minimum allowed retention period is ${MIN_RETENTION_HOURS} hours. Requested retention period (${hours} hours) is too short.`,
    );
  if (hours > MAX_RETENTION_HOURS)
    throw invalid(
      `Maximum allowed retention period is ${MAX_RETENTION_HOURS} hours. Requested retention period (${hours} hours) is too long.`,
    );
  await store.edit(ref, (stream) => {
    const { name, retentionHours: existing } = stream;
    const [wrong, than, other] =
      direction === "increase"
        ? [hours < existing, "shorter", "Decrease"]
        : [hours > existing, "longer", "Increase"];
    if (wrong)
      throw invalid(
        `Requested retention period (${hours} hours) for stream ${name} can not be ${than} than existing retention period (${existing} hours). Use ${other}RetentionPeriod API.`,
      );
    checkActive(stream);
    return { ...stream, retentionHours: hours };
  });
}

export async function changeMode(
  { store, clock }: StreamsContext,
  ref: StreamRef,
  mode: StreamMode,
): Promise<void> {
  const others = await store.list(ref);
  const now = clock.now();
  await store.edit(ref, (stream) => {
    checkActive(stream);
    if (stream.mode === mode) return undefined;
    const modeChanges = stream.modeChanges.filter((time) => now - time < DAY_MS);
    if (modeChanges.length >= MAX_MODE_CHANGES)
      throw tooMany(
        `Stream ${stream.name} under account ${stream.account} can switch between on-demand and provisioned at most ${MAX_MODE_CHANGES} times in 24 hours.`,
      );
    if (mode === "ON_DEMAND") checkOnDemandLimit(others);
    return { ...stream, mode, modeChanges: [...modeChanges, now] };
  });
}

export async function changeMaxRecord(
  { store }: StreamsContext,
  ref: StreamRef,
  maxRecordKiB: number,
): Promise<void> {
  await store.edit(ref, (stream) => {
    checkActive(stream);
    return { ...stream, maxRecordKiB };
  });
}

export async function changeDistribution(
  { store }: StreamsContext,
  ref: StreamRef,
  distribution: Stream["distribution"],
): Promise<void> {
  await store.edit(ref, (stream) => {
    checkActive(stream);
    return { ...stream, distribution };
  });
}

/** `keyId`: undefined turns encryption off. It is kept, and nothing is encrypted with it. */
export async function changeEncryption(
  { store }: StreamsContext,
  ref: StreamRef,
  keyId: string | undefined,
): Promise<void> {
  await store.edit(ref, (stream) => {
    checkActive(stream);
    const { keyId: _, ...rest } = stream;
    return keyId === undefined ? rest : { ...rest, keyId };
  });
}

const METRICS = [
  "IncomingBytes",
  "IncomingRecords",
  "OutgoingBytes",
  "OutgoingRecords",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "IteratorAgeMilliseconds",
] as const;

/** The shard-level metrics before and after. `ALL` stands for each. */
export async function changeMonitoring(
  { store }: StreamsContext,
  ref: StreamRef,
  named: readonly string[],
  enable: boolean,
): Promise<{ readonly before: readonly string[]; readonly after: readonly string[] }> {
  const meant = new Set<string>(named.includes("ALL") ? METRICS : named);
  const { before, after } = await store.edit(ref, (stream) => {
    checkActive(stream);
    const had = new Set(stream.metrics);
    const metrics = METRICS.filter((metric) =>
      enable ? had.has(metric) || meant.has(metric) : had.has(metric) && !meant.has(metric),
    );
    return { ...stream, metrics };
  });
  return { before: before.metrics, after: after.metrics };
}

/** The tags of a stream, or of a consumer of it. @throws YunqueError StreamNotFound */
export async function tagsOf(
  { store }: StreamsContext,
  resource: ResourceRef,
): Promise<Readonly<Record<string, string>>> {
  const { stream } = await store.get(resource.stream);
  return resourceNamed(stream, resource).tags;
}

export async function changeTags(
  { store }: StreamsContext,
  resource: ResourceRef,
  change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Promise<void> {
  await store.edit(resource.stream, (stream) => {
    const tags = change(resourceNamed(stream, resource).tags);
    checkTags(stream, tags);
    return withResource(stream, resource, { tags });
  });
}

export async function policyOf({ store }: StreamsContext, resource: ResourceRef): Promise<string> {
  const { stream } = await store.get(resource.stream);
  const { policy } = resourceNamed(stream, resource);
  if (policy === undefined) throw noPolicy(resource);
  return policy;
}

/** It is kept, and not enforced. `policy`: undefined removes it. @throws YunqueError StreamNotFound */
export async function changePolicy(
  { store }: StreamsContext,
  resource: ResourceRef,
  policy: string | undefined,
): Promise<void> {
  if (policy !== undefined) checkPolicy(policy);
  await store.edit(resource.stream, (stream) => {
    if (policy === undefined && resourceNamed(stream, resource).policy === undefined)
      throw noPolicy(resource);
    return withResource(stream, resource, { policy });
  });
}

/** Kinesis: a resource policy has at most 20 KB. */
const MAX_POLICY_BYTES = 20 << 10;

function checkPolicy(policy: string): void {
  if (Buffer.byteLength(policy) > MAX_POLICY_BYTES)
    throw tooMany(`A resource policy has at most ${MAX_POLICY_BYTES} bytes.`);
  try {
    const document: unknown = JSON.parse(policy);
    if (typeof document === "object" && document !== null && "Statement" in document) return;
  } catch {
    // no JSON
  }
  throw invalid("The resource policy is not a valid policy document.");
}

const noPolicy = ({ arn }: ResourceRef) => notFound(`No resource policy found for ${arn}.`);

function withResource(
  stream: Stream,
  { consumer }: ResourceRef,
  change: {
    readonly tags?: Readonly<Record<string, string>>;
    readonly policy?: string | undefined;
  },
): Stream {
  if (consumer === undefined) return changed(stream, change);
  return {
    ...stream,
    consumers: stream.consumers.map((one) => (one.name === consumer ? changed(one, change) : one)),
  };
}

function changed<T extends { readonly policy?: string }>(
  resource: T,
  { policy, ...change }: { readonly policy?: string | undefined },
): T {
  const { policy: before, ...rest } = resource;
  const kept = "tags" in change ? before : policy;
  return { ...rest, ...change, ...(kept === undefined ? {} : { policy: kept }) } as T;
}

/** DescribeLimits. */
export async function limitsOf(
  { store }: StreamsContext,
  scope: { readonly account: string; readonly region: string },
): Promise<{ readonly openShards: number; readonly onDemandStreams: number }> {
  const streams = await store.list(scope);
  return {
    openShards: streams.reduce((sum, { shards }) => sum + openShards(shards).length, 0),
    onDemandStreams: streams.filter(({ mode }) => mode === "ON_DEMAND").length,
  };
}
