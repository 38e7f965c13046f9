/** Groups: filter expressions with a name, and a map of what they mean. */
import { randomUUID } from "node:crypto";
import { type Filter, FilterSyntaxError, parseFilter } from "../../domain/filter-expression.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { RecordConflict } from "../../ports/records.ts";
import type { TracesDependencies } from "./context.ts";
import { invalid } from "./errors.ts";
import { groupsSpace } from "./spaces.ts";
import { checkTags, type Tags } from "./tags.ts";

export interface Group {
  readonly name: string;
  /** The last part of its ARN; of one that was made again it is another. */
  readonly id: string;
  readonly filter: string | undefined;
  readonly insights: boolean;
  readonly notifications: boolean;
  readonly tags: Tags;
}

export type GroupChange = Partial<Pick<Group, "filter" | "insights" | "notifications">>;

/** X-Ray: 25 groups of an account. */
const MAX_GROUPS = 25;

/** @throws YunqueError where the text is no filter expression. */
export function readFilter(text: string | undefined): Filter {
  try {
    return parseFilter(text ?? "");
  } catch (error) {
    if (error instanceof FilterSyntaxError)
      throw invalid(`The filter expression is invalid: ${error.message}`);
    throw error;
  }
}

export class Groups {
  readonly #context: Pick<TracesDependencies, "records">;

  constructor(context: Pick<TracesDependencies, "records">) {
    this.#context = context;
  }

  async list(scope: Scope): Promise<Group[]> {
    const all = await everyRecord<Group>(this.#context.records, groupsSpace(scope));
    return all.map(({ value }) => value);
  }

  async create(scope: Scope, group: Omit<Group, "id">): Promise<Group> {
    readFilter(group.filter);
    checkTags(group.tags);
    if ((await this.list(scope)).length >= MAX_GROUPS)
      throw invalid("The maximum number of groups is reached");
    const made = { ...group, id: randomUUID().replaceAll("-", "").slice(0, 32).toUpperCase() };
    try {
      await this.#context.records.commit([
        { put: made, space: groupsSpace(scope), id: group.name, expect: 0 },
      ]);
    } catch (error) {
      if (error instanceof RecordConflict)
        throw invalid(`Group already exists with name: ${group.name}`);
      throw error;
    }
    return made;
  }

  async update(scope: Scope, name: string, change: GroupChange): Promise<Group> {
    if (change.filter !== undefined) readFilter(change.filter);
    const given = Object.fromEntries(
      Object.entries(change).filter(([, value]) => value !== undefined),
    ) as GroupChange;
    return await this.#change(scope, name, (before) => ({ ...before, ...given }));
  }

  async delete(scope: Scope, name: string): Promise<void> {
    await this.find(scope, name);
    await this.#context.records.commit([{ delete: true, space: groupsSpace(scope), id: name }]);
  }

  async retag(scope: Scope, name: string, next: (before: Tags) => Tags): Promise<void> {
    await this.#change(scope, name, (before) => {
      const tags = next(before.tags);
      checkTags(tags);
      return { ...before, tags };
    });
  }

  /** @throws YunqueError where there is none. */
  async find(scope: Scope, name: string): Promise<Group> {
    const found = await this.#context.records.get<Group>(groupsSpace(scope), name);
    if (found === undefined) throw invalid("Group does not exist");
    return found.value;
  }

  async #change(scope: Scope, name: string, next: (before: Group) => Group): Promise<Group> {
    const group = next(await this.find(scope, name));
    await this.#context.records.commit([{ put: group, space: groupsSpace(scope), id: name }]);
    return group;
  }
}
