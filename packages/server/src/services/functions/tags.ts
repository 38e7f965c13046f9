/** Tags of functions and capacity providers. */
import { randomUUID } from "node:crypto";
import { MAX_TAGS } from "../../domain/function-limits.ts";
import { parseFunctionReference } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { CapacityProviderOperations } from "./capacity-providers.ts";
import type { FunctionsContext } from "./context.ts";
import { invalid, notFound } from "./errors.ts";
import { functionNotFound } from "./store.ts";
import { type Target, targetOf } from "./target.ts";

/** Pairs of key and value, in order of key. */
export type Tags = readonly (readonly [key: string, value: string])[];

export interface TagOperations {
  list(scope: Scope, resource: string): Promise<Tags>;
  add(scope: Scope, resource: string, tags: Tags): Promise<void>;
  remove(scope: Scope, resource: string, keys: readonly string[]): Promise<void>;
}

export function createTags(
  { store }: FunctionsContext,
  providers: Pick<CapacityProviderOperations, "tag">,
): TagOperations {
  const missing = (resource: string) => () => functionNotFound(resource);

  async function change(scope: Scope, resource: string, next: (before: Tags) => Tags) {
    if (isProvider(resource)) {
      await providers.tag(scope, resource, next);
      return;
    }
    await store.edit(
      taggable(scope, resource),
      ({ head }) => {
        const tags = next(head.tags);
        const latest = { ...head.latest, revisionId: randomUUID() };
        return { head: { ...head, tags, latest }, result: undefined };
      },
      missing(resource),
    );
  }

  return {
    async list(scope, resource) {
      if (isProvider(resource)) return await providers.tag(scope, resource, (tags) => tags);
      return (await store.get(taggable(scope, resource), missing(resource))).head.tags;
    },
    async add(scope, resource, tags) {
      if (!isProvider(resource)) taggable(scope, resource);
      if (tags.length === 0)
        throw invalid("An error occurred and the request cannot be processed.");
      await change(scope, resource, (before) => checkTags(before, tags));
    },
    async remove(scope, resource, keys) {
      await change(scope, resource, (before) => before.filter(([key]) => !keys.includes(key)));
    },
  };
}

/** Tags with more of them, later ones over earlier ones. @throws YunqueError where they are too many. */
export function checkTags(before: Tags, more: Tags): Tags {
  const all = new Map([...before, ...more]);
  if (all.size > MAX_TAGS) throw invalid("Number of tags exceeds resource tag limit.");
  return [...all].sort(([one], [other]) => (one < other ? -1 : 1));
}

const isProvider = (resource: string): boolean => resource.split(":")[5] === "capacity-provider";

/** The function that a resource's ARN names. @throws YunqueError for everything that has no tags. */
function taggable(scope: Scope, resource: string): Target {
  const kind = resource.split(":")[5];
  if (kind !== "function") throw notFound(`Resource not found: ${resource}`);
  if (parseFunctionReference(resource)?.qualifier !== undefined)
    throw invalid(
      "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    );
  return targetOf(scope, resource);
}
