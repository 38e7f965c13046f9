/** Log streams: made by callers, or by a function's first line. What they hold is noted some time after it arrived. */
import { parseLogGroupKey } from "../../domain/log-group.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { LogBatch } from "../../ports/logs.ts";
import { RecordConflict } from "../../ports/records.ts";
import type { LogsDependencies } from "./context.ts";
import { invalid, logError, streamUnknown } from "./errors.ts";
import type { Groups } from "./groups.ts";
import type { DeletedStream, LogStream } from "./model.ts";
import { checkStreamName, deletedSpace, memberId, streamsSpace } from "./names.ts";
import {
  invalidToken,
  openToken,
  type Page,
  type PageRequest,
  pageOf,
  sealToken,
} from "./store.ts";

/** What arrived is noted after so long. */
const NOTE_MS = 1_000;

interface Arrival {
  first: number;
  last: number;
  ingested: number;
}

export interface StreamFilter extends PageRequest {
  readonly prefix?: string | undefined;
  readonly byTime?: boolean | undefined;
  readonly descending?: boolean | undefined;
}

export class Streams {
  readonly #context: LogsDependencies;
  readonly #groups: Groups;
  /** By key of the group, then by stream. */
  #arrived = new Map<string, Map<string, Arrival>>();
  #cancel: (() => void) | undefined;
  #noting: Promise<void> = Promise.resolve();

  constructor(context: LogsDependencies, groups: Groups) {
    this.#context = context;
    this.#groups = groups;
  }

  /** Lines arrived: the fast path of every invocation, so it only takes a note. */
  arrived({ group, stream, records }: LogBatch): void {
    const streams = this.#arrived.get(group) ?? new Map<string, Arrival>();
    if (streams.size === 0) this.#arrived.set(group, streams);
    let arrival = streams.get(stream);
    if (!arrival) {
      arrival = { first: Infinity, last: -Infinity, ingested: 0 };
      streams.set(stream, arrival);
    }
    for (const { timestamp, id } of records) {
      if (timestamp < arrival.first) arrival.first = timestamp;
      if (timestamp > arrival.last) arrival.last = timestamp;
      arrival.ingested = Math.floor(id / 1000);
    }
    this.#cancel ??= this.#context.clock.after(NOTE_MS, () => {
      this.note().catch((error: unknown) => this.#context.onFailure(error));
    });
  }

  /** Writes down what arrived. */
  note(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#noting = this.#noting.catch(() => undefined).then(() => this.#note());
    return this.#noting;
  }

  async create(scope: Scope, group: string, name: string): Promise<void> {
    const { records, clock } = this.#context;
    await this.#groups.get(scope, group);
    checkStreamName(group, name);
    const put: LogStream = { name, created: clock.now() };
    try {
      const id = memberId(group, name);
      await records.commit([{ put, space: streamsSpace(scope), id, expect: 0 }]);
    } catch (error) {
      if (!(error instanceof RecordConflict)) throw error;
      throw logError("LogResourceExists", "The specified log stream already exists");
    }
  }

  /** @throws YunqueError LogResourceUnknown of the group, or of the stream */
  async get(scope: Scope, group: string, name: string): Promise<LogStream> {
    await this.#groups.get(scope, group);
    const id = memberId(group, name);
    const find = () => this.#context.records.get<LogStream>(streamsSpace(scope), id);
    let found = await find();
    if (!found) {
      await this.note();
      found = await find();
    }
    if (!found) throw streamUnknown();
    return found.value;
  }

  async delete(scope: Scope, group: string, name: string): Promise<void> {
    await this.get(scope, group, name);
    await this.note();
    const { records, clock } = this.#context;
    const id = memberId(group, name);
    const put: DeletedStream = { at: clock.now() + 1 };
    await records.commit([
      { delete: true, space: streamsSpace(scope), id },
      { put, space: deletedSpace(scope), id },
    ]);
  }

  /** When streams of a group were deleted: their lines from before are none any more. */
  async deletions(scope: Scope, group: string): Promise<ReadonlyMap<string, number>> {
    const prefix = memberId(group, "");
    const deleted = await everyRecord<DeletedStream>(
      this.#context.records,
      deletedSpace(scope),
      prefix,
    );
    return new Map(deleted.map(({ id, value }) => [id.slice(prefix.length), value.at]));
  }

  async describe(scope: Scope, group: string, filter: StreamFilter): Promise<Page<LogStream>> {
    const { prefix = "", byTime, descending, limit = 50, token } = filter;
    if (byTime && filter.prefix !== undefined)
      throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
    await this.#groups.get(scope, group);
    await this.note();
    const { records } = this.#context;
    const space = streamsSpace(scope);
    if (!byTime && !descending)
      return pageOf<LogStream>(
        records,
        space,
        { limit, token },
        { prefix: memberId(group, prefix) },
      );
    const all = (await everyRecord<LogStream>(records, space, memberId(group, prefix))).map(
      ({ value }) => value,
    );
    if (byTime) all.sort((a, b) => (a.last ?? 0) - (b.last ?? 0));
    if (descending) all.reverse();
    const listing = `${space}:${group}:${byTime}:${descending}`;
    const place = openToken(listing, token);
    const after = place === "" ? -1 : all.findIndex(({ name }) => name === place);
    if (place !== "" && after < 0) throw invalidToken();
    const items = all.slice(after + 1, after + 1 + limit);
    const last = items.at(-1);
    const more = after + 1 + limit < all.length && last;
    return { items, ...(more ? { token: sealToken(listing, last.name) } : {}) };
  }

  async #note(): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = new Map();
    for (const [key, streams] of arrived) {
      const group = parseLogGroupKey(key);
      if (!group) continue;
      await this.#groups.ensure(group, group.name);
      for (const [name, arrival] of streams)
        await this.#noteStream(group, group.name, name, arrival);
    }
  }

  async #noteStream(scope: Scope, group: string, name: string, arrival: Arrival): Promise<void> {
    const { records } = this.#context;
    const space = streamsSpace(scope);
    const id = memberId(group, name);
    if (Buffer.byteLength(id) > 1_100) return;
    const found = await records.get<LogStream>(space, id);
    const { created = arrival.ingested, first = Infinity, last = -Infinity } = found?.value ?? {};
    const put: LogStream = {
      name,
      created,
      first: Math.min(first, arrival.first),
      last: Math.max(last, arrival.last),
      ingested: arrival.ingested,
    };
    await records
      .commit([{ put, space, id, expect: found?.revision ?? 0 }])
      .catch((error: unknown) => {
        if (!(error instanceof RecordConflict)) throw error; // deleted, or made, meanwhile
      });
  }
}
