/** Subscription filters and metric filters, and what they do with lines as these arrive. */
import { gzipSync } from "node:zlib";
import { logGroupKey, parseLogGroupKey } from "../../domain/log-group.ts";
import type { LogPattern } from "../../domain/log-pattern.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { LogBatch, LogRecord } from "../../ports/logs.ts";
import type { Records } from "../../ports/records.ts";
import { createDeliverer, type Deliverer } from "../deliverer/index.ts";
import type { LogsDependencies } from "./context.ts";
import { eventId } from "./events.ts";
import type { Destination, MetricFilter, SubscriptionFilter } from "./model.ts";
import { destinationsSpace, groupArn, metricFiltersSpace, subscriptionsSpace } from "./names.ts";
import { compiled } from "./patterns.ts";

/** Events gather for so long, or until they are so many characters. */
const GATHER_MS = 200;
const GATHER_CHARACTERS = 256 << 10;
/** What waits of one filter beyond that is dropped. */
const MOST_WAITING = 16 << 20;
const ATTEMPTS = 185;
const DAY_MS = 24 * 3600 * 1000;

interface Active<Filter> {
  readonly filter: Filter;
  readonly pattern: LogPattern;
}
interface ActiveFilters {
  readonly subscriptions: readonly Active<SubscriptionFilter>[];
  readonly metrics: readonly Active<MetricFilter>[];
}
interface Gathered {
  readonly scope: Scope;
  readonly filter: SubscriptionFilter;
  readonly stream: string;
  readonly records: LogRecord[];
  characters: number;
}

/** What becomes of lines beside being kept. Groups without filters cost one look-up. */
export class FilterRuns {
  readonly #context: LogsDependencies;
  readonly #deliverer: Deliverer;
  /** By key of the group; only those that have filters. */
  readonly #active = new Map<string, ActiveFilters>();
  #gathered = new Map<string, Gathered>();
  #cancel: (() => void) | undefined;
  #waiting = 0;
  readonly #sending = new Set<Promise<void>>();

  constructor(context: LogsDependencies) {
    this.#context = context;
    this.#deliverer = createDeliverer({
      queues: context.queues,
      clock: context.clock,
      kind: "log-subscriptions",
      targets: context.targets,
      onFailure: (error) => context.onFailure(error),
      onGivenUp: ({ message }) =>
        context.onGivenUp({ filter: message.sender.arn, destination: message.target }),
    });
  }

  async start(): Promise<void> {
    const { records } = this.#context;
    for (const space of await records.spaces("")) {
      const [account = "", region = ""] = space.split("/");
      const scope = { account, region };
      if (space !== subscriptionsSpace(scope) && space !== metricFiltersSpace(scope)) continue;
      for (const { id } of await everyRecord(records, space))
        await this.refresh(scope, id.slice(0, id.indexOf(":")));
    }
    await this.#deliverer.start();
  }

  /** The filters of a group changed. */
  async refresh(scope: Scope, group: string): Promise<void> {
    const { records } = this.#context;
    const filters = {
      subscriptions: await active<SubscriptionFilter>(records, subscriptionsSpace(scope), group),
      metrics: await active<MetricFilter>(records, metricFiltersSpace(scope), group),
    };
    const key = logGroupKey(scope, group);
    if (filters.subscriptions.length + filters.metrics.length > 0) this.#active.set(key, filters);
    else this.#active.delete(key);
  }

  forget(key: string): void {
    this.#active.delete(key);
  }

  arrived(batch: LogBatch): void {
    const filters = this.#active.get(batch.group);
    const scope = filters && parseLogGroupKey(batch.group);
    if (!filters || !scope) return;
    for (const { filter, pattern } of filters.metrics)
      for (const record of batch.records)
        if (pattern.matches(record.message)) this.#count(scope, filter, pattern, record);
    for (const { filter, pattern } of filters.subscriptions) {
      const matching = batch.records.filter(({ message }) => pattern.matches(message));
      if (matching.length > 0) this.#gather(scope, filter, batch.stream, matching);
    }
  }

  async close(graceMs: number): Promise<void> {
    this.#send();
    await Promise.all(this.#sending);
    await this.#deliverer.close(graceMs);
  }

  #count(scope: Scope, filter: MetricFilter, pattern: LogPattern, record: LogRecord): void {
    for (const { namespace, name, value, unit, dimensions = {} } of filter.transformations) {
      const number = Number(
        value.startsWith("$") ? (pattern.value(record.message, value) ?? Number.NaN) : value,
      );
      if (!Number.isFinite(number)) continue;
      const named = Object.entries(dimensions).map(([key, from]) => [
        key,
        pattern.value(record.message, from),
      ]);
      if (named.some(([, found]) => found === undefined)) continue;
      this.#context.onMetric(scope, {
        namespace,
        name,
        value: number,
        ...(unit === undefined ? {} : { unit }),
        dimensions: Object.fromEntries(named.map(([key, found]) => [key, String(found)])),
        timestamp: record.timestamp,
      });
    }
  }

  #gather(scope: Scope, filter: SubscriptionFilter, stream: string, records: LogRecord[]): void {
    const key = `${logGroupKey(scope, filter.group)}:${filter.name}:${stream}`;
    const gathered = this.#gathered.get(key) ?? {
      scope,
      filter,
      stream,
      records: [],
      characters: 0,
    };
    this.#gathered.set(key, gathered);
    for (const record of records) {
      if (this.#waiting > MOST_WAITING) {
        this.#context.onGivenUp({ filter: filter.name, destination: filter.destination });
        return;
      }
      gathered.records.push(record);
      gathered.characters += record.message.length;
      this.#waiting += record.message.length;
    }
    if (gathered.characters > GATHER_CHARACTERS) this.#send();
    else this.#cancel ??= this.#context.clock.after(GATHER_MS, () => this.#send());
  }

  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const gathered = this.#gathered;
    this.#gathered = new Map();
    for (const one of gathered.values()) {
      const sending = this.#deliver(one)
        .catch((error: unknown) => this.#context.onFailure(error))
        .finally(() => {
          this.#waiting -= one.characters;
          this.#sending.delete(sending);
        });
      this.#sending.add(sending);
    }
  }

  async #deliver({ scope, filter, stream, records }: Gathered): Promise<void> {
    const target = await this.#targetOf(scope, filter.destination);
    for (const part of partsOf(records)) {
      const data = gzipSync(JSON.stringify(dataMessage(scope, filter, stream, part)));
      const body = target.includes(":lambda:")
        ? Buffer.from(JSON.stringify({ awslogs: { data: data.toString("base64") } }))
        : data;
      await this.#deliverer.deliver(scope, "subscriptions", {
        message: {
          target,
          body,
          partitionKey: filter.distribution === "Random" ? crypto.randomUUID() : stream,
          sender: {
            service: `logs.${scope.region}.amazonaws.com`,
            arn: groupArn(scope, filter.group),
          },
        },
        maxAttempts: ATTEMPTS,
        maxAgeMs: DAY_MS,
      });
    }
  }

  /** A destination stands for its stream. */
  async #targetOf(scope: Scope, arn: string): Promise<string> {
    const name = /^arn:[^:]*:logs:[^:]*:[^:]*:destination:(.+)$/.exec(arn)?.[1];
    if (name === undefined) return arn;
    const found = await this.#context.records.get<Destination>(destinationsSpace(scope), name);
    return found?.value.target ?? arn;
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
const dataMessage = (
  scope: Scope,
  filter: SubscriptionFilter,
  stream: string,
  records: readonly LogRecord[],
) => ({
  messageType: "DATA_MESSAGE",
  owner: scope.account,
  logGroup: filter.group,
  logStream: stream,
  subscriptionFilters: [filter.name],
  logEvents: records.map((record) => ({
    id: eventId(record),
    timestamp: record.timestamp,
    message: record.message,
  })),
});

/** Messages of a size that every target takes. */
function* partsOf(records: readonly LogRecord[]): Generator<readonly LogRecord[]> {
  let part: LogRecord[] = [];
  let characters = 0;
  for (const record of records) {
    if (part.length > 0 && characters + record.message.length > GATHER_CHARACTERS) {
      yield part;
      [part, characters] = [[], 0];
    }
    part.push(record);
    characters += record.message.length;
  }
  if (part.length > 0) yield part;
}

async function active<Filter extends { readonly pattern: string }>(
  records: Records,
  space: string,
  group: string,
): Promise<Active<Filter>[]> {
  const found = await everyRecord<Filter>(records, space, `${group}:`);
  return found.map(({ value }) => ({ filter: value, pattern: compiled(value.pattern) }));
}
