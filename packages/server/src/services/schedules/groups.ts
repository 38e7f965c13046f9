/** Schedule groups: the default one, which is always there, and those that callers make, tag and delete. */
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Page } from "../../ports/record-pages.ts";
import { type Change, RecordConflict, type Records, type Versioned } from "../../ports/records.ts";
import { removeEntry } from "../timetable/index.ts";
import type { SchedulesDependencies } from "./context.ts";
import { invalid, scheduleError } from "./errors.ts";
import type { ScheduleGroup, Tags } from "./model.ts";
import {
  DEFAULT_GROUP,
  entryId,
  GROUPS,
  groupArn,
  groupsSpace,
  schedulesSpace,
  TIMETABLE,
} from "./spaces.ts";
import { isRepeated, markOf, type PageRequest, pageOf, retried } from "./store.ts";

export interface GroupRequest {
  readonly name: string;
  readonly token?: string | undefined;
  readonly tags?: Tags | undefined;
}

export interface GroupOperations {
  /** Answers the group's ARN. */
  create(scope: Scope, request: GroupRequest): Promise<string>;
  get(scope: Scope, name: string): Promise<ScheduleGroup>;
  list(
    scope: Scope,
    filter: PageRequest & { readonly prefix?: string | undefined },
  ): Promise<Page<ScheduleGroup>>;
  /** Its schedules are deleted afterwards, and then the group itself. */
  delete(scope: Scope, name: string): Promise<void>;
  listTags(scope: Scope, arn: string): Promise<Tags>;
  addTags(scope: Scope, arn: string, tags: Tags): Promise<void>;
  removeTags(scope: Scope, arn: string, keys: readonly string[]): Promise<void>;
}

/** Scheduler: quotas. */
const MAX_GROUPS = 500;
const MAX_TAGS = 50;
/** Schedules of a group that are deleted in one commit. */
const SWEEP = 500;

export const groupUnknown = (name: string) =>
  scheduleError("ScheduleUnknown", `Schedule group ${name} does not exist.`);

/** A group, and the revision that stands for it; the default group is made when it is first looked at. */
export async function findGroup(
  records: Records,
  scope: Scope,
  name: string,
  now: number,
): Promise<Versioned<ScheduleGroup>> {
  const space = groupsSpace(scope);
  const found = await records.get<ScheduleGroup>(space, name);
  if (found !== undefined) return found;
  if (name !== DEFAULT_GROUP) throw groupUnknown(name);
  const group: ScheduleGroup = { name, created: now, modified: now, state: "ACTIVE", tags: {} };
  await records.commit([{ put: group, space, id: name, expect: 0 }]).catch((error: unknown) => {
    if (!(error instanceof RecordConflict)) throw error;
  });
  return findGroup(records, scope, name, now);
}

export class Groups implements GroupOperations {
  readonly #context: SchedulesDependencies;
  /** Groups that are being emptied. */
  readonly #sweeping = new Map<string, Promise<void>>();
  #closed = false;

  constructor(context: SchedulesDependencies) {
    this.#context = context;
  }

  async create(scope: Scope, request: GroupRequest): Promise<string> {
    const { name, token, tags = {} } = request;
    const { records, clock } = this.#context;
    const space = groupsSpace(scope);
    if (name === DEFAULT_GROUP) throw untouchable(name);
    checkTags(tags);
    await findGroup(records, scope, DEFAULT_GROUP, clock.now());
    await retried(async () => {
      const found = await records.get<ScheduleGroup>(space, name);
      if (found !== undefined) {
        if (isRepeated(found.value.request, token, request)) return;
        throw scheduleError("ScheduleExists", `Schedule group ${name} already exists.`);
      }
      if ((await everyRecord(records, space)).length >= MAX_GROUPS)
        throw scheduleError(
          "TooManyScheduleGroups",
          `The maximum number of schedule groups is ${MAX_GROUPS}.`,
        );
      const now = clock.now();
      const group: ScheduleGroup = {
        name,
        created: now,
        modified: now,
        state: "ACTIVE",
        tags,
        ...markOf(token, request),
      };
      await records.commit([{ put: group, space, id: name, expect: 0 }]);
    });
    return groupArn(scope, name);
  }

  async get(scope: Scope, name: string): Promise<ScheduleGroup> {
    const { records, clock } = this.#context;
    return (await findGroup(records, scope, name, clock.now())).value;
  }

  async list(
    scope: Scope,
    { prefix = "", ...page }: PageRequest & { readonly prefix?: string | undefined },
  ): Promise<Page<ScheduleGroup>> {
    const { records, clock } = this.#context;
    await findGroup(records, scope, DEFAULT_GROUP, clock.now());
    return pageOf(records, groupsSpace(scope), page, { prefix, fits: () => true });
  }

  async delete(scope: Scope, name: string): Promise<void> {
    if (name === DEFAULT_GROUP) throw untouchable(name);
    await this.#edit(scope, name, (group) => ({ ...group, state: "DELETING" }));
    this.#sweep(scope, name);
  }

  async listTags(scope: Scope, arn: string): Promise<Tags> {
    return (await this.get(scope, nameIn(scope, arn))).tags;
  }

  async addTags(scope: Scope, arn: string, added: Tags): Promise<void> {
    await this.#retag(scope, arn, (tags) => ({ ...tags, ...added }));
  }

  async removeTags(scope: Scope, arn: string, keys: readonly string[]): Promise<void> {
    await this.#retag(scope, arn, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
    );
  }

  /** Goes on deleting what was being deleted when the platform went down. */
  async start(): Promise<void> {
    const { records } = this.#context;
    for (const space of await records.spaces("")) {
      const [account = "", region = "", kind] = space.split("/");
      if (kind !== GROUPS) continue;
      for (const { value } of await everyRecord<ScheduleGroup>(records, space))
        if (value.state === "DELETING") this.#sweep({ account, region }, value.name);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#sweeping.values());
  }

  async #retag(scope: Scope, arn: string, next: (before: Tags) => Tags): Promise<void> {
    const name = nameIn(scope, arn);
    if (name === DEFAULT_GROUP) throw untouchable(name);
    await this.#edit(scope, name, (group) => {
      const tags = next(group.tags);
      checkTags(tags);
      return { ...group, tags };
    });
  }

  async #edit(
    scope: Scope,
    name: string,
    change: (group: ScheduleGroup) => ScheduleGroup,
  ): Promise<void> {
    const { records, clock } = this.#context;
    await retried(async () => {
      const now = clock.now();
      const { value, revision } = await findGroup(records, scope, name, now);
      if (value.state === "DELETING") throw beingDeleted(name);
      const put = { ...change(value), modified: now };
      await records.commit([{ put, space: groupsSpace(scope), id: name, expect: revision }]);
    });
  }

  #sweep({ account, region }: Scope, name: string): void {
    const scope = { account, region };
    const key = groupArn(scope, name);
    if (this.#sweeping.has(key)) return;
    const sweeping = this.#empty(scope, name)
      .catch((error: unknown) => this.#context.onFailure(error)) // the next start goes on with it
      .finally(() => this.#sweeping.delete(key));
    this.#sweeping.set(key, sweeping);
  }

  async #empty(scope: Scope, group: string): Promise<void> {
    const { records } = this.#context;
    const space = schedulesSpace(scope);
    while (!this.#closed) {
      const found = await records.list(space, { prefix: `${group}/`, limit: SWEEP });
      const gone = found.flatMap(({ id }): Change[] => [
        { delete: true, space, id },
        removeEntry(TIMETABLE, entryId(scope, group, id.slice(group.length + 1))),
      ]);
      if (found.length > 0) await records.commit(gone);
      else return records.commit([{ delete: true, space: groupsSpace(scope), id: group }]);
    }
  }
}

/** A group that is being deleted takes no changes, and no schedules. */
export const beingDeleted = (name: string) =>
  scheduleError("ScheduleExists", `Schedule group ${name} is being deleted.`);

const untouchable = (name: string) =>
  invalid(`This operation cannot be performed on schedule group ${name}.`);

/** The group that an ARN names, which the wire has seen to be one. */
function nameIn(scope: Scope, arn: string): string {
  const name = arn.slice(arn.indexOf("/") + 1);
  if (arn !== groupArn(scope, name)) throw groupUnknown(name);
  return name;
}

function checkTags(tags: Tags): void {
  if (Object.keys(tags).length > MAX_TAGS)
    throw invalid(`A schedule group has at most ${MAX_TAGS} tags.`);
  if (Object.keys(tags).some((key) => /^aws:/i.test(key)))
    throw invalid("Tag keys that start with aws: are reserved.");
}
