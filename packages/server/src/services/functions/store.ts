/** Reading and changing a function: every change of it is one atomic commit that also writes its head. */

import type { YunqueError } from "../../domain/errors.ts";
import type { FunctionHead } from "../../domain/function.ts";
import { functionArn } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import { type Change, RecordConflict, type Records } from "../../ports/records.ts";
import { conflict, notFound } from "./errors.ts";
import { type Child, childSpace, FUNCTIONS, spaceOf } from "./spaces.ts";
import type { Target } from "./target.ts";

/** A function as it was read, and what hangs below its head. */
export interface StoredFunction {
  readonly scope: Scope;
  readonly name: string;
  readonly head: FunctionHead;
  child<T>(kind: Child, id: string): Promise<T | undefined>;
  /** In order of id. */
  children<T>(kind: Child): Promise<ReadonlyMap<string, T>>;
}

/** What a change does: the head afterwards (absent: as it was), records beside it, and what the caller gets. */
export interface Edit<Result> {
  readonly head?: FunctionHead;
  readonly changes?: readonly Change[];
  readonly result: Result;
}

export interface Store {
  /** Undefined where there is no such function. */
  find(scope: Scope, name: string): Promise<StoredFunction | undefined>;

  /** @throws YunqueError `FunctionNotFound`, worded by `missing`. */
  get(target: Target, missing?: (arn: string) => YunqueError): Promise<StoredFunction>;

  /** Adds a function. @throws YunqueError `FunctionConflict` where the name is taken. */
  create(scope: Scope, head: FunctionHead, changes: readonly Change[]): Promise<void>;

  /** Deletes a function and all below it. @throws YunqueError `FunctionNotFound` where it is gone. */
  remove(
    target: Target,
    changes: (stored: StoredFunction) => Promise<readonly Change[]>,
  ): Promise<void>;

  /** Lets `decide` say what changes and commits it; decides again where somebody else's change came first. */
  edit<Result>(
    target: Target,
    decide: (stored: StoredFunction) => Edit<Result> | Promise<Edit<Result>>,
    missing?: (arn: string) => YunqueError,
  ): Promise<Result>;
}

/** So many changes of one function that collide in a row are a defect, not bad luck. */
const MAX_ATTEMPTS = 50;

export const functionNotFound = (arn: string): YunqueError =>
  notFound(`Function not found: ${arn}`);

export const alreadyExists = (name: string): YunqueError =>
  conflict(`Function already exist: ${name}`);

/** `changed` is told of every function that this store changed; the caller hears of it after what that answers. */
export function createStore(
  records: Records,
  changed: (scope: Scope, name: string) => Promise<void> | undefined,
): Store {
  async function read(scope: Scope, name: string) {
    const found = await records.get<FunctionHead>(spaceOf(scope, FUNCTIONS), name);
    if (found === undefined) return undefined;
    return { revision: found.revision, stored: storedFunction(records, scope, found.value) };
  }
  return {
    async find(scope, name) {
      return (await read(scope, name))?.stored;
    },

    async get(target, missing = functionNotFound) {
      const found = await read(target.scope, target.name);
      if (found === undefined)
        throw missing(functionArn(target.scope, target.name, target.qualifier));
      return found.stored;
    },

    async create(scope, head, changes) {
      const space = spaceOf(scope, FUNCTIONS);
      try {
        await records.commit([{ put: head, space, id: head.name, expect: 0 }, ...changes]);
      } catch (error) {
        throw error instanceof RecordConflict ? alreadyExists(head.name) : error;
      }
      await changed(scope, head.name);
    },

    async remove(target, changes) {
      const { scope, name } = target;
      for (let attempt = 1; ; attempt += 1) {
        const found = await read(scope, name);
        if (found === undefined) throw functionNotFound(functionArn(scope, name, target.qualifier));
        try {
          await records.commit([
            ...(await changes(found.stored)),
            { delete: true, space: spaceOf(scope, FUNCTIONS), id: name, expect: found.revision },
          ]);
        } catch (error) {
          if (error instanceof RecordConflict && attempt < MAX_ATTEMPTS) continue;
          throw error;
        }
        await changed(scope, name);
        return;
      }
    },

    async edit(target, decide, missing = functionNotFound) {
      const { scope, name } = target;
      for (let attempt = 1; ; attempt += 1) {
        const found = await read(scope, name);
        if (found === undefined) throw missing(functionArn(scope, name, target.qualifier));
        const { stored, revision } = found;
        const { head = stored.head, changes = [], result } = await decide(stored);
        try {
          await records.commit([
            { put: head, space: spaceOf(scope, FUNCTIONS), id: name, expect: revision },
            ...changes,
          ]);
        } catch (error) {
          if (error instanceof RecordConflict && attempt < MAX_ATTEMPTS) continue;
          throw error;
        }
        await changed(scope, name);
        return result;
      }
    },
  };
}

function storedFunction(records: Records, scope: Scope, head: FunctionHead): StoredFunction {
  const { name } = head;
  return {
    scope,
    name,
    head,
    async child<T>(kind: Child, id: string) {
      return (await records.get<T>(childSpace(scope, kind, name), id))?.value;
    },
    children: <T>(kind: Child) => readSpace<T>(records, childSpace(scope, kind, name)),
  };
}

/** Every record of a space, in order of id. */
export async function readSpace<T>(records: Records, space: string): Promise<Map<string, T>> {
  const all = await everyRecord<T>(records, space);
  return new Map(all.map(({ id, value }) => [id, value]));
}
