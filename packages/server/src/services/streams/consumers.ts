/** Consumers with a throughput of their own: who they are. What they read: subscriptions.ts. */
import type { StreamsContext } from "./context.ts";
import { inUse, tooMany } from "./errors.ts";
import { checkActive } from "./lifecycle.ts";
import { openToken, type Page, pageOf, sealToken } from "./listing.ts";
import type { Consumer, Stream, StreamRef } from "./model.ts";
import { noConsumer, type ResourceRef, resourceNamed } from "./resources.ts";
import { checkTags } from "./tag-rules.ts";

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const MAX_CONSUMERS = 20;

export interface KnownConsumer {
  readonly stream: Stream;
  readonly consumer: Consumer;
}

/** By its ARN, or by its stream and its name. */
export type ConsumerRef = ResourceRef | { readonly stream: StreamRef; readonly name: string };

export async function registerConsumer(
  { store, clock }: StreamsContext,
  ref: StreamRef,
  name: string,
  tags: Readonly<Record<string, string>> = {},
): Promise<KnownConsumer> {
  checkTags(ref, tags);
  const consumer = { name, created: clock.now(), tags };
  const { after } = await store.edit(ref, (stream) => {
    if (stream.consumers.some((one) => one.name === name))
      throw inUse(
        `Consumer ${name} on stream ${ref.name} under account ${ref.account} already exists.`,
      );
    checkActive(stream);
    if (stream.consumers.length >= MAX_CONSUMERS)
      throw tooMany(
        `Stream ${ref.name} under account ${ref.account} cannot have more than ${MAX_CONSUMERS} consumers.`,
      );
    return { ...stream, consumers: [...stream.consumers, consumer] };
  });
  return { stream: after, consumer };
}

/** @throws YunqueError StreamNotFound */
export async function findConsumer(
  { store }: StreamsContext,
  ref: ConsumerRef,
): Promise<KnownConsumer> {
  const { stream } = await store.get(ref.stream);
  return { stream, consumer: consumerIn(stream, ref) };
}

export async function deregisterConsumer(
  { store }: StreamsContext,
  ref: ConsumerRef,
): Promise<void> {
  await store.edit(ref.stream, (stream) => {
    const consumer = consumerIn(stream, ref);
    return { ...stream, consumers: stream.consumers.filter((one) => one !== consumer) };
  });
}

/** In order of their names. */
export async function listConsumers(
  { store, clock }: StreamsContext,
  ref: StreamRef,
  options: { readonly token?: string | undefined; readonly limit?: number | undefined },
): Promise<Page<Consumer> & { readonly stream: Stream }> {
  const { stream } = await store.get(ref);
  const now = clock.now();
  const kind = `consumers of ${ref.name}`;
  const after = options.token === undefined ? "" : openToken(kind, ref, options.token, now)[0];
  const consumers = [...stream.consumers]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => name > (after ?? ""));
  const page = pageOf(consumers, options.limit ?? 100, ({ name }) =>
    sealToken(kind, ref, [name], now),
  );
  return { ...page, stream };
}

function consumerIn(stream: Stream, ref: ConsumerRef): Consumer {
  if ("arn" in ref) {
    const found = resourceNamed(stream, ref);
    if ("consumers" in found) throw noConsumer(stream, ref.arn);
    return found;
  }
  const found = stream.consumers.find(({ name }) => name === ref.name);
  if (!found) throw noConsumer(stream, ref.name);
  return found;
}
