/**
 * Capacity providers, and which versions of functions are on them. There is no machine behind one but this: a provider is
 * a name for how instances of its functions are made, and AWS's words for machines and networks are stored and reported.
 */
import {
  architectureOf,
  type CapacityProvider,
  checkProvider,
  DEFAULT_MAX_VCPUS,
  MAX_PROVIDERS,
  MAX_VERSIONS_PER_PROVIDER,
  type ProviderState,
  providerNameOf,
  providerState,
  vcpusOf,
} from "../../domain/capacity-provider.ts";
import type { YunqueError } from "../../domain/errors.ts";
import type { FunctionHead, FunctionSettings, FunctionVersion } from "../../domain/function.ts";
import { functionArn, lambdaArn } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { RecordConflict } from "../../ports/records.ts";
import type { FunctionsContext } from "./context.ts";
import { conflict, functionError, invalid, notFound } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { CAPACITY_PROVIDERS, childSpace, FUNCTIONS, spaceOf } from "./spaces.ts";
import { readSpace } from "./store.ts";

/** A provider, and where it stands. */
export interface DescribedProvider {
  readonly provider: CapacityProvider;
  readonly state: Exclude<ProviderState, "gone">;
}

export type NewProvider = Pick<
  CapacityProvider,
  "vpc" | "operatorRoleArn" | "requirements" | "kmsKeyArn" | "propagateTags" | "telemetry"
> & {
  readonly scaling?: Partial<CapacityProvider["scaling"]>;
  readonly tags: CapacityProvider["tags"];
};

export type ProviderChange = Pick<NewProvider, "scaling" | "propagateTags" | "telemetry">;

export interface VersionOnProvider {
  readonly arn: string;
  readonly version: FunctionVersion;
}

export interface CapacityProviderOperations {
  /** Pending at first. */
  create(scope: Scope, name: string, request: NewProvider): Promise<DescribedProvider>;
  get(scope: Scope, name: string): Promise<DescribedProvider>;
  update(scope: Scope, name: string, change: ProviderChange): Promise<DescribedProvider>;
  /** Deleting at first. @throws YunqueError `FunctionConflict` while functions are on it. */
  delete(scope: Scope, name: string): Promise<DescribedProvider>;
  /** In order of name. */
  list(
    scope: Scope,
    page: PageRequest & { readonly state?: string | undefined },
  ): Promise<Page<DescribedProvider>>;
  /** In order of ARN. */
  versions(
    scope: Scope,
    name: string,
    page: PageRequest,
  ): Promise<Page<VersionOnProvider> & { readonly providerArn: string }>;
  /** Changes its tags. */
  tag(
    scope: Scope,
    arn: string,
    change: (before: CapacityProvider["tags"]) => CapacityProvider["tags"],
  ): Promise<CapacityProvider["tags"]>;
}

type Context = Pick<FunctionsContext, "records" | "clock" | "limits">;

export function createCapacityProviders(
  context: Context & Pick<FunctionsContext, "catalog">,
): CapacityProviderOperations {
  const { records, clock, limits } = context;
  const space = (scope: Scope): string => spaceOf(scope, CAPACITY_PROVIDERS);
  const stateOf = (provider: CapacityProvider) =>
    providerState(provider, clock.now(), limits.settleMs);

  function described(provider: CapacityProvider): DescribedProvider | undefined {
    const state = stateOf(provider);
    return state === "gone" ? undefined : { provider, state };
  }

  async function read(scope: Scope, text: string) {
    const name = providerNameOf(text, scope);
    const found =
      name === undefined ? undefined : await records.get<CapacityProvider>(space(scope), name);
    const known = found && described(found.value);
    if (found === undefined || known === undefined) throw providerNotFound(scope, text);
    return { ...known, revision: found.revision };
  }

  /** Replaces a record that is Active. Decides again where somebody else came first. */
  async function edit(
    scope: Scope,
    text: string,
    decide: (provider: CapacityProvider) => CapacityProvider | Promise<CapacityProvider>,
  ): Promise<DescribedProvider> {
    for (;;) {
      const { provider, state, revision } = await read(scope, text);
      if (state !== "Active") throw notNow(state);
      const put = await decide(provider);
      try {
        await records.commit([{ put, space: space(scope), id: put.name, expect: revision }]);
      } catch (error) {
        if (error instanceof RecordConflict) continue;
        throw error;
      }
      return { provider: put, state: put.deletedAt === undefined ? state : "Deleting" };
    }
  }

  return {
    async create(scope, text, { scaling, tags, ...request }) {
      const name = providerNameOf(text, scope);
      if (name === undefined)
        throw functionError(
          "ForeignAccount",
          `Account ${scope.account} creates nothing in another account or region: ${text}`,
        );
      const now = clock.now();
      const provider: CapacityProvider = {
        ...request,
        name,
        arn: lambdaArn(scope, "capacity-provider", name),
        scaling: { maxVCpus: DEFAULT_MAX_VCPUS, mode: "Auto", ...scaling },
        tags,
        createdAt: now,
        modifiedAt: now,
      };
      checkProvider(provider);
      const all = await readSpace<CapacityProvider>(records, space(scope));
      const gone = [...all.values()].filter((one) => stateOf(one) === "gone");
      const before = await records.get<CapacityProvider>(space(scope), name);
      if (before !== undefined && stateOf(before.value) !== "gone")
        throw conflict(`Capacity provider already exists: ${provider.arn}`);
      if (all.size - gone.length >= MAX_PROVIDERS)
        throw functionError(
          "TooManyCapacityProviders",
          `The account has ${MAX_PROVIDERS} capacity providers in this region already.`,
        );
      try {
        await records.commit([
          { put: provider, space: space(scope), id: name, expect: before?.revision ?? 0 },
          // Nobody else takes away what is gone.
          ...gone
            .filter((one) => one.name !== name)
            .map((one) => ({ delete: true as const, space: space(scope), id: one.name })),
        ]);
      } catch (error) {
        if (error instanceof RecordConflict)
          throw conflict(`Capacity provider already exists: ${provider.arn}`);
        throw error;
      }
      return { provider, state: "Pending" };
    },

    async get(scope, text) {
      const { provider, state } = await read(scope, text);
      return { provider, state };
    },

    async update(scope, text, { scaling, ...change }) {
      const described = await edit(scope, text, (before) => {
        const { policies, ...rest } = { ...before.scaling, ...scaling };
        const kept = rest.mode === "Auto" ? scaling?.policies : policies;
        const provider = {
          ...before,
          ...change,
          scaling: { ...rest, ...(kept && { policies: kept }) },
          modifiedAt: clock.now(),
        };
        checkProvider(provider);
        return provider;
      });
      // What its functions may have is part of how they are read.
      const on = await versionsOn(context, scope, described.provider.arn);
      const names = new Set(on.map(({ version }) => version.name));
      await Promise.all([...names].map((name) => context.catalog.forget(scope, name)));
      return described;
    },

    delete: (scope, text) =>
      edit(scope, text, async (provider) => {
        const [user] = await versionsOn(context, scope, provider.arn);
        if (user !== undefined)
          throw conflict(
            `The capacity provider cannot be deleted while functions use it, for example ${user.arn}.`,
          );
        return { ...provider, deletedAt: clock.now() };
      }),

    async list(scope, { state, ...page }) {
      const all = [...(await readSpace<CapacityProvider>(records, space(scope))).values()];
      const known = all.flatMap((one) => described(one) ?? []);
      const wanted = known.filter((one) => state === undefined || one.state === state);
      return pageOf(wanted, page, ({ provider }) => provider.name);
    },

    async versions(scope, text, page) {
      const { provider } = await read(scope, text);
      const all = await versionsOn(context, scope, provider.arn);
      return { ...pageOf(all, page, ({ arn }) => arn), providerArn: provider.arn };
    },

    async tag(scope, arn, change) {
      for (;;) {
        const { provider, revision } = await read(scope, arn);
        const tags = change(provider.tags);
        if (tags === provider.tags) return tags;
        const put = { ...provider, tags };
        try {
          await records.commit([{ put, space: space(scope), id: put.name, expect: revision }]);
        } catch (error) {
          if (error instanceof RecordConflict) continue;
          throw error;
        }
        return tags;
      }
    },
  };
}

/** A function is about to have these settings. @throws YunqueError where its capacity provider cannot take it. */
export async function requireProvider(
  { records, clock, limits }: Context,
  scope: Scope,
  { managed, architecture, memoryMB }: FunctionSettings,
): Promise<void> {
  if (managed === undefined) return;
  const arn = managed.providerArn;
  const name = providerNameOf(arn, scope);
  const found =
    name === undefined
      ? undefined
      : await records.get<CapacityProvider>(spaceOf(scope, CAPACITY_PROVIDERS), name);
  const state = found && providerState(found.value, clock.now(), limits.settleMs);
  if (found === undefined || state === "gone") throw providerNotFound(scope, arn);
  // Whoever uses one that was just created need not wait for it to become Active.
  if (state === "Deleting") throw notNow(state);
  if (architectureOf(found.value) !== architecture)
    throw invalid(
      `The function's architecture ${architecture} is not that of its capacity provider: ${architectureOf(found.value)}.`,
    );
  const { maxVCpus } = found.value.scaling;
  if (vcpusOf(memoryMB, managed) > maxVCpus)
    throw invalid(
      `An execution environment of the function needs ${vcpusOf(memoryMB, managed)} vCPUs, and its capacity provider has ${maxVCpus}.`,
    );
}

/** @throws YunqueError where one more version cannot be on this provider. */
export async function checkVersionsRoom(
  context: Context,
  scope: Scope,
  { managed }: FunctionSettings,
): Promise<void> {
  if (managed === undefined) return;
  const all = await versionsOn(context, scope, managed.providerArn);
  const published = all.filter(({ version }) => version.version !== "$LATEST");
  if (published.length >= MAX_VERSIONS_PER_PROVIDER)
    throw functionError(
      "TooManyVersionsOnProvider",
      `The capacity provider has ${MAX_VERSIONS_PER_PROVIDER} function versions already.`,
    );
}

async function versionsOn(
  { records }: Pick<Context, "records">,
  scope: Scope,
  providerArn: string,
): Promise<VersionOnProvider[]> {
  const heads = await readSpace<FunctionHead>(records, spaceOf(scope, FUNCTIONS));
  const on: VersionOnProvider[] = [];
  for (const { name, latest } of heads.values()) {
    const published = await readSpace<FunctionVersion>(
      records,
      childSpace(scope, "function-versions", name),
    );
    for (const version of [latest, ...published.values()])
      if (version.settings.managed?.providerArn === providerArn)
        on.push({ arn: functionArn(scope, name, version.version), version });
  }
  return on.sort((one, other) => (one.arn < other.arn ? -1 : 1));
}

function providerNotFound(scope: Scope, text: string): YunqueError {
  const arn = text.startsWith("arn:") ? text : lambdaArn(scope, "capacity-provider", text);
  return notFound(`Capacity provider not found: ${arn}`);
}

const notNow = (state: string): YunqueError =>
  conflict(
    `The operation cannot be performed at this time. The capacity provider is currently in the following state: ${state}`,
  );
