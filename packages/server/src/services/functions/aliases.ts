/** Aliases: names for versions, perhaps with a share for a second one. */
import { randomUUID } from "node:crypto";
import type { FunctionAlias } from "../../domain/function.ts";
import { MAX_ALIASES } from "../../domain/function-limits.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import type { FunctionsContext } from "./context.ts";
import { versionOf } from "./describe.ts";
import { conflict, functionError, invalid, notFound, revisionMismatch } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { checkMove } from "./provisioned.ts";
import { childSpace } from "./spaces.ts";
import { functionNotFound, type StoredFunction } from "./store.ts";
import { targetOf, unqualified } from "./target.ts";
import { urlRemoval } from "./url-index.ts";

/** An alias with its ARN. */
export interface DescribedAlias {
  readonly arn: string;
  readonly alias: FunctionAlias;
}

export interface AliasChange {
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  /** Further versions and their shares; none takes the routing away. Lambda allows one. */
  readonly weights?: readonly (readonly [version: string, weight: number])[] | undefined;
}

export interface AliasOperations {
  create(
    scope: Scope,
    functionName: string,
    name: string,
    alias: AliasChange & { readonly version: string },
  ): Promise<DescribedAlias>;
  get(scope: Scope, functionName: string, name: string): Promise<DescribedAlias>;
  update(
    scope: Scope,
    functionName: string,
    name: string,
    change: AliasChange,
    revisionId?: string,
  ): Promise<DescribedAlias>;
  /** Deletes what hangs on the alias too. An alias that is not there is deleted. */
  delete(scope: Scope, functionName: string, name: string): Promise<void>;
  /** In order of name; of one version where `version` names it. */
  list(
    scope: Scope,
    functionName: string,
    page: PageRequest & { readonly version?: string | undefined },
  ): Promise<Page<DescribedAlias>>;
}

export function createAliases({ store }: FunctionsContext): AliasOperations {
  const target = (scope: Scope, functionName: string) => unqualified(targetOf(scope, functionName));

  return {
    create: (scope, functionName, name, change) =>
      store.edit(target(scope, functionName), async (stored) => {
        const routing = await checkedRouting(stored, change.version, change.weights);
        const aliases = [...(await stored.children<FunctionAlias>("function-aliases")).values()];
        if (aliases.some((one) => one.name === name))
          throw conflict(`Alias already exists: ${aliasArn(stored, name)}`);
        if (aliases.length >= MAX_ALIASES)
          throw functionError("TooManyAliases", `A function has at most ${MAX_ALIASES} aliases.`);
        const alias: FunctionAlias = {
          name,
          version: change.version,
          description: change.description ?? "",
          ...(routing === undefined ? {} : { routing }),
          revisionId: randomUUID(),
        };
        return { changes: [put(stored, alias)], result: describeAlias(stored, alias) };
      }),

    async get(scope, functionName, name) {
      const stored = await store.get(target(scope, functionName));
      const alias = await stored.child<FunctionAlias>("function-aliases", name);
      if (alias === undefined) throw notFound(`Cannot find alias arn: ${aliasArn(stored, name)}`);
      return describeAlias(stored, alias);
    },

    update: (scope, functionName, name, change, revisionId) =>
      store.edit(target(scope, functionName), async (stored) => {
        const before = await stored.child<FunctionAlias>("function-aliases", name);
        if (before === undefined) throw notFound(`Alias not found: ${aliasArn(stored, name)}`);
        if (revisionId !== undefined && revisionId !== before.revisionId) throw revisionMismatch();
        const version = change.version ?? before.version;
        const weights =
          change.weights ??
          (before.routing === undefined
            ? []
            : [[before.routing.version, before.routing.weight] as const]);
        const routing = await checkedRouting(stored, version, weights);
        const alias: FunctionAlias = {
          name,
          version,
          description: change.description ?? before.description,
          ...(routing === undefined ? {} : { routing }),
          revisionId: randomUUID(),
        };
        await checkMove(stored, alias);
        return { changes: [put(stored, alias)], result: describeAlias(stored, alias) };
      }),

    delete: (scope, functionName, name) =>
      store.edit(target(scope, functionName), async (stored) => ({
        changes: await removal(stored, name),
        result: undefined,
      })),

    async list(scope, functionName, { version, ...page }) {
      const stored = await store.get(target(scope, functionName));
      const all = [...(await stored.children<FunctionAlias>("function-aliases")).values()];
      const wanted = all.filter((alias) => version === undefined || alias.version === version);
      const listed = pageOf(wanted, page, (alias) => alias.name);
      const items = listed.items.map((alias) => describeAlias(stored, alias));
      return listed.marker === undefined ? { items } : { items, marker: listed.marker };
    },
  };
}

/** Lambda: an alias routes to at most two published versions. */
async function checkedRouting(
  stored: StoredFunction,
  version: string,
  weights: AliasChange["weights"] = [],
): Promise<FunctionAlias["routing"]> {
  if (weights.length > 1)
    throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  const [other, weight = 0] = weights[0] ?? [];
  if (other !== undefined && version === LATEST)
    throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
  if (other === version)
    throw invalid(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  for (const needed of other === undefined ? [version] : [version, other])
    if ((await versionOf(stored, needed)) === undefined)
      throw functionNotFound(functionArn(stored.scope, stored.name, needed));
  return other === undefined ? undefined : { version: other, weight };
}

/** An alias goes with its policy, its URL, its asynchronous settings and its provisioned concurrency. */
async function removal(stored: StoredFunction, name: string): Promise<Change[]> {
  if ((await stored.child("function-aliases", name)) === undefined) return [];
  const under = (
    [
      "function-aliases",
      "function-policies",
      "function-urls",
      "function-event-invoke",
      "function-provisioned",
    ] as const
  ).map((kind) => ({
    delete: true as const,
    space: childSpace(stored.scope, kind, stored.name),
    id: name,
  }));
  return [...under, ...(await urlRemoval(stored, name))];
}

const aliasArn = ({ scope, name }: StoredFunction, alias: string): string =>
  functionArn(scope, name, alias);

const describeAlias = (stored: StoredFunction, alias: FunctionAlias): DescribedAlias => ({
  arn: aliasArn(stored, alias.name),
  alias,
});

const put = (stored: StoredFunction, alias: FunctionAlias): Change => ({
  put: alias,
  space: childSpace(stored.scope, "function-aliases", stored.name),
  id: alias.name,
});
