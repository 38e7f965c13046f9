import type { FunctionAlias } from "../../domain/function.ts";
import { LATEST } from "../../domain/function-name.ts";
import type { FunctionUrl } from "../../domain/function-url.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import type { FunctionsContext } from "./context.ts";
import { versionOf } from "./describe.ts";
import { conflict, invalid } from "./errors.ts";
import {
  CHILDREN,
  type Child,
  childSpace,
  spaceOf,
  URL_INDEX,
  VERSION_NUMBERS,
  versionId,
} from "./spaces.ts";
import type { StoredFunction } from "./store.ts";
import { kindOf, type Target, targetOf } from "./target.ts";

/**
 * Deletes a function with all below it, or one published version. A version that is not there is deleted. Answers the
 * function where it is gone as a whole.
 */
export async function deleteFunction(
  context: FunctionsContext,
  caller: Scope,
  functionName: string,
  qualifier?: string,
): Promise<Target | undefined> {
  const target = targetOf(caller, functionName, qualifier);
  if (target.qualifier === undefined) {
    await deleteWhole(context, target);
    return target;
  }
  if (target.qualifier === LATEST)
    throw invalid("$LATEST version cannot be deleted without deleting the function.");
  if (kindOf(target.qualifier) !== "version")
    throw invalid("Deletion of aliases is not currently supported.");
  await deleteVersion(context, { ...target, qualifier: undefined }, target.qualifier);
  return undefined;
}

async function deleteVersion(
  { store }: FunctionsContext,
  target: Target,
  version: string,
): Promise<void> {
  await store.edit(target, async (stored) => {
    if ((await versionOf(stored, version)) === undefined) return { result: undefined };
    const aliases = [...(await stored.children<FunctionAlias>("function-aliases")).values()];
    const users = aliases.filter(
      (alias) => alias.version === version || alias.routing?.version === version,
    );
    if (users.length > 0)
      throw conflict(
        `Unable to delete version because the following aliases reference it: [${users.map(({ name }) => name).join(", ")}]`,
      );
    const under = (kind: Child, id: string): Change => ({
      delete: true,
      space: childSpace(stored.scope, kind, stored.name),
      id,
    });
    return {
      changes: [
        under("function-versions", versionId(version)),
        under("function-policies", version),
        under("function-event-invoke", version),
        under("function-provisioned", version),
        under("function-runtime-management", version),
      ],
      result: undefined,
    };
  });
}

/** All in one commit: the store's limit of 10,000 changes is far beyond what 75 GB of versions come to. */
async function deleteWhole({ store, records }: FunctionsContext, target: Target): Promise<void> {
  await store.remove(target, async (stored) => {
    const urls = [...(await stored.children<FunctionUrl>("function-urls")).values()];
    const changes: Change[] = urls.map(({ id }) => ({ delete: true, space: URL_INDEX, id }));
    for (const kind of CHILDREN) {
      const space = childSpace(stored.scope, kind, stored.name);
      for (const { id } of await records.list(space, { limit: 10_000 }))
        changes.push({ delete: true, space, id });
    }
    return [...changes, ...numbersKept(stored)];
  });
}

/** Lambda: version numbers are never given twice, not even to a later function of the same name. */
function numbersKept({ scope, name, head }: StoredFunction): Change[] {
  if (head.nextVersion === 1) return [];
  return [{ put: head.nextVersion, space: spaceOf(scope, VERSION_NUMBERS), id: name }];
}
