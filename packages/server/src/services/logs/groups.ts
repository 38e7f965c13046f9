/** Log groups: made by callers, or by a function's first line. */
import { logGroupKey } from "../../domain/log-group.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type Change, RecordConflict, type Versioned } from "../../ports/records.ts";
import type { LogsDependencies } from "./context.ts";
import { groupUnknown, invalid, logError } from "./errors.ts";
import type { LogGroup, MetricFilter, Tags } from "./model.ts";
import {
  deletedSpace,
  groupsSpace,
  metricFiltersSpace,
  streamsSpace,
  subscriptionsSpace,
} from "./names.ts";
import { type Page, type PageRequest, pageOf, retried } from "./store.ts";

/** CloudWatch Logs: PutRetentionPolicy. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];
const MAX_TAGS = 50;
const DAY_MS = 24 * 3600 * 1000;

export interface DescribedGroup extends LogGroup {
  readonly metricFilters: number;
  readonly bytes: number;
}

export interface GroupFilter extends PageRequest {
  readonly prefix?: string | undefined;
  /** A part of the name, in any case. */
  readonly pattern?: string | undefined;
  readonly kind?: string | undefined;
  readonly names?: readonly string[] | undefined;
}

export class Groups {
  readonly #context: LogsDependencies;
  readonly #onDeleted: (key: string) => void;

  constructor(context: LogsDependencies, onDeleted: (key: string) => void) {
    this.#context = context;
    this.#onDeleted = onDeleted;
  }

  async create(
    scope: Scope,
    name: string,
    {
      tags = {},
      kind = "STANDARD",
    }: { tags?: Tags | undefined; kind?: LogGroup["kind"] | undefined },
  ): Promise<void> {
    checkTags(tags);
    const made = await this.#make(scope, { name, created: this.#context.clock.now(), kind, tags });
    if (!made) throw logError("LogResourceExists", "The specified log group already exists");
  }

  /** Makes the group where there is none. */
  async ensure(scope: Scope, name: string): Promise<void> {
    const { records, clock } = this.#context;
    if (await records.get(groupsSpace(scope), name)) return;
    await this.#make(scope, { name, created: clock.now(), kind: "STANDARD", tags: {} });
  }

  async get(scope: Scope, name: string): Promise<LogGroup> {
    return (await this.#find(scope, name)).value;
  }

  async describe(scope: Scope, filter: GroupFilter): Promise<Page<DescribedGroup>> {
    const { items, ...rest } = await this.list(scope, filter);
    const described = items.map(async (group) => ({
      ...group,
      bytes: await this.#context.logs.size(logGroupKey(scope, group.name)),
      metricFilters: (
        await everyRecord<MetricFilter>(
          this.#context.records,
          metricFiltersSpace(scope),
          `${group.name}:`,
        )
      ).length,
    }));
    return { ...rest, items: await Promise.all(described) };
  }

  list(
    scope: Scope,
    { prefix = "", pattern, kind, names, ...page }: GroupFilter,
  ): Promise<Page<LogGroup>> {
    const part = pattern?.toLowerCase();
    const fits = (group: LogGroup) =>
      (kind === undefined || group.kind === kind) &&
      (names === undefined || names.includes(group.name)) &&
      (part === undefined || group.name.toLowerCase().includes(part));
    return pageOf<LogGroup>(this.#context.records, groupsSpace(scope), page, { prefix, fits });
  }

  async delete(scope: Scope, name: string): Promise<void> {
    const { records, logs } = this.#context;
    await this.#find(scope, name);
    const spaces = [streamsSpace, deletedSpace, subscriptionsSpace, metricFiltersSpace];
    for (const space of spaces.map((of) => of(scope))) {
      const members = await everyRecord(records, space, `${name}:`);
      for (let at = 0; at < members.length; at += 1_000) {
        const gone = members.slice(at, at + 1_000);
        await records.commit(gone.map(({ id }): Change => ({ delete: true, space, id })));
      }
    }
    const space = groupsSpace(scope);
    await retried(async () => {
      const { revision } = await this.#find(scope, name);
      await records.commit([{ delete: true, space, id: name, expect: revision }]);
    });
    await logs.delete(logGroupKey(scope, name));
    this.#onDeleted(logGroupKey(scope, name));
  }

  async setRetention(scope: Scope, name: string, days: number | undefined): Promise<void> {
    if (days !== undefined && !RETENTIONS.includes(days))
      throw invalid(
        `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTIONS.join(", ")}]`,
      );
    await this.#edit(scope, name, ({ retentionDays: _, ...group }) => ({
      ...group,
      ...(days === undefined ? {} : { retentionDays: days }),
    }));
    await this.#expire(scope, await this.get(scope, name));
  }

  async tag(scope: Scope, name: string, added: Tags): Promise<void> {
    await this.#edit(scope, name, (group) => {
      const tags = { ...group.tags, ...added };
      checkTags(tags);
      return { ...group, tags };
    });
  }

  async untag(scope: Scope, name: string, keys: readonly string[]): Promise<void> {
    await this.#edit(scope, name, (group) => ({
      ...group,
      tags: Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key))),
    }));
  }

  /** The oldest time of lines that are still there. */
  oldest({ retentionDays }: LogGroup): number {
    return retentionDays === undefined
      ? -Infinity
      : this.#context.clock.now() - retentionDays * DAY_MS;
  }

  /** Deletes what is older than its group keeps it. */
  async expireAll(): Promise<void> {
    const { records } = this.#context;
    for (const space of await records.spaces("")) {
      const [account = "", region = ""] = space.split("/");
      const scope = { account, region };
      if (space !== groupsSpace(scope)) continue;
      for (const { value } of await everyRecord<LogGroup>(records, space))
        await this.#expire(scope, value);
    }
  }

  async #expire(scope: Scope, group: LogGroup): Promise<void> {
    if (group.retentionDays !== undefined)
      await this.#context.logs.expire(logGroupKey(scope, group.name), this.oldest(group));
  }

  async #find(scope: Scope, name: string): Promise<Versioned<LogGroup>> {
    const found = await this.#context.records.get<LogGroup>(groupsSpace(scope), name);
    if (!found) throw groupUnknown();
    return found;
  }

  async #make(scope: Scope, put: LogGroup): Promise<boolean> {
    try {
      const space = groupsSpace(scope);
      await this.#context.records.commit([{ put, space, id: put.name, expect: 0 }]);
      return true;
    } catch (error) {
      if (error instanceof RecordConflict) return false;
      throw error;
    }
  }

  async #edit(scope: Scope, name: string, change: (group: LogGroup) => LogGroup): Promise<void> {
    await retried(async () => {
      const { value, revision } = await this.#find(scope, name);
      const put = change(value);
      const space = groupsSpace(scope);
      await this.#context.records.commit([{ put, space, id: name, expect: revision }]);
    });
  }
}

function checkTags(tags: Tags): void {
  if (Object.keys(tags).length > MAX_TAGS)
    throw invalid(`A log group has at most ${MAX_TAGS} tags.`);
  if (Object.keys(tags).some((key) => /^aws:/i.test(key)))
    throw invalid("Tag keys that start with aws: are reserved.");
}
