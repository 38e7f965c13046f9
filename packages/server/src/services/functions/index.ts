/** Lambda's functions: their configuration, and the way of an invocation to an instance. The folder's only door. */

import type { Scope } from "../../domain/scope.ts";
import type { RuntimeVersion } from "../../ports/executor.ts";
import { type AccountUsage, accountUsage, pushAccount } from "./account.ts";
import { type AliasOperations, createAliases } from "./aliases.ts";
import { AsyncInvokes, type NewEvent } from "./async-invoke.ts";
import { type CapacityProviderOperations, createCapacityProviders } from "./capacity-providers.ts";
import { Catalog } from "./catalog.ts";
import { type CodeSigningOperations, createCodeSigning } from "./code-signing.ts";
import {
  DEFAULT_LIMITS,
  type FunctionsContext,
  type FunctionsDependencies,
  type FunctionsLimits,
} from "./context.ts";
import { createFunction, type NewFunction } from "./create.ts";
import type { DescribedVersion } from "./describe.ts";
import { createEventInvoke, type EventInvokeOperations } from "./event-invoke.ts";
import { createInvoke, type InvokeOperations, type Runnable } from "./invoke.ts";
import { createLayerPolicies, type LayerPolicyOperations } from "./layer-policy.ts";
import { createLayers, type LayerOperations } from "./layers.ts";
import { createOptions, type OptionOperations } from "./options.ts";
import type { Page, PageRequest } from "./paging.ts";
import { createPolicies, type PolicyOperations } from "./policy.ts";
import { createProvisioned, type ProvisionedOperations, resumeConcurrency } from "./provisioned.ts";
import { type DescribedFunction, getFunction, listFunctions } from "./read.ts";
import { deleteFunction } from "./remove.ts";
import type { SettingsChange } from "./settings.ts";
import { Settler } from "./settle.ts";
import { SnapStarts } from "./snap-start.ts";
import { createStore } from "./store.ts";
import { livePackages } from "./sweep.ts";
import { createTags, type TagOperations } from "./tags.ts";
import { type CodeUpdate, updateCode, updateSettings } from "./update.ts";
import { type UrlTarget, urlTargetOf } from "./url-target.ts";
import { createUrls, type UrlOperations } from "./urls.ts";
import { createVersions, type VersionOperations } from "./versions.ts";
import type { FunctionSnapshot, FunctionView } from "./view.ts";

export type { RuntimeVersion } from "../../ports/executor.ts";
export type { DescribedAlias } from "./aliases.ts";
export type { DescribedProvider, NewProvider } from "./capacity-providers.ts";
export type { Publish } from "./catalog.ts";
export type { CodeSource } from "./code.ts";
export {
  type CodeObject,
  CodeObjectError,
  type FunctionsDependencies,
  type FunctionsLimits,
} from "./context.ts";
export type { DescribedVersion } from "./describe.ts";
export { FUNCTION_ERRORS, type FunctionErrorCode } from "./errors.ts";
export type { DescribedEventInvoke, EventInvokeChange } from "./event-invoke.ts";
export type { Runnable } from "./invoke.ts";
export type { DescribedLayer } from "./layers.ts";
export type { Page, PageRequest } from "./paging.ts";
export type { DescribedProvisioned } from "./provisioned.ts";
export type { DescribedFunction } from "./read.ts";
export { createReplica, type FunctionsReplica } from "./replica.ts";
export type { SettingsChange } from "./settings.ts";
export type { UrlTarget } from "./url-target.ts";
export type { DescribedUrl } from "./urls.ts";
export type { FunctionSnapshot } from "./view.ts";

export interface Functions extends InvokeOperations {
  create(scope: Scope, request: NewFunction): Promise<DescribedVersion>;
  get(scope: Scope, functionName: string, qualifier?: string): Promise<DescribedFunction>;
  list(
    scope: Scope,
    page: PageRequest & { readonly all: boolean },
  ): Promise<Page<DescribedVersion>>;
  updateCode(scope: Scope, functionName: string, update: CodeUpdate): Promise<DescribedVersion>;
  updateSettings(
    scope: Scope,
    functionName: string,
    change: SettingsChange,
    revisionId?: string,
  ): Promise<DescribedVersion>;
  delete(scope: Scope, functionName: string, qualifier?: string): Promise<void>;

  readonly versions: VersionOperations;
  readonly aliases: AliasOperations;
  readonly layers: LayerOperations;
  readonly layerPolicies: LayerPolicyOperations;
  readonly tags: TagOperations;
  readonly policies: PolicyOperations;
  readonly urls: UrlOperations;
  readonly eventInvoke: EventInvokeOperations;
  readonly options: OptionOperations;
  readonly provisioned: ProvisionedOperations;
  readonly codeSigning: CodeSigningOperations;
  readonly capacityProviders: CapacityProviderOperations;

  usage(scope: Scope): Promise<AccountUsage>;

  /**
   * Takes an event over that is to be invoked asynchronously; resolves once it is durable.
   * @throws YunqueError where it is not taken.
   */
  accept(runnable: Runnable, event: NewEvent): Promise<void>;

  /** Whose function URL this is, where that is in memory; else `urlTarget` knows. Never throws. */
  peekUrl(id: string): UrlTarget | undefined;

  /** Whose function URL this is; undefined where it is nobody's. */
  urlTarget(id: string): Promise<UrlTarget | undefined>;

  /** Reads a function into memory, and settles it where it is Pending. */
  load(scope: Scope, name: string): Promise<void>;

  /** Functions that are in memory, for a process that is published to: all, or this one. */
  snapshots(scope?: Scope, name?: string): FunctionSnapshot[];

  /** What really runs functions of this runtime here; undefined where nothing does. */
  runtimeVersion(runtime: string): Promise<RuntimeVersion | undefined>;

  /** A package's zip, for download. @throws where it does not exist. */
  zip(packageId: string): Promise<AsyncIterable<Uint8Array>>;

  /** Ids of every package that something still needs: the others may be swept. */
  livePackages(): Promise<Set<string>>;

  /** Finishes what a stop or a crash left half way, asynchronous events too. */
  start(): Promise<void>;

  /** Takes no more events and lets the running ones end for at most `graceMs`; answers how many were left. */
  close(graceMs: number): Promise<number>;
}

/** Functions on these ports. `limits` are Lambda's defaults where they say nothing. */
export function createFunctions(
  dependencies: Omit<FunctionsDependencies, "limits" | "random"> & {
    readonly limits?: Partial<FunctionsLimits>;
    readonly random?: () => number;
  },
): Functions {
  const { records, executor, packages } = dependencies;
  const limits: FunctionsLimits = { ...DEFAULT_LIMITS, ...dependencies.limits };
  const ownedChanged = (scope: Scope): void => {
    pushAccount({ records, executor, limits }, scope).catch(() => {}); // the next change says it again
  };
  const { network, publish } = dependencies;
  const catalog = new Catalog(records, executor, network, ownedChanged, publish);
  const store = createStore(records, (scope, name) => catalog.forget(scope, name));
  /** The first invocation finds it in memory, and a process that waits. */
  const expect = (scope: Scope, name: string): void => {
    const ready = (view: FunctionView | undefined): void => {
      const latest = view?.deployments.get(view.main);
      if (latest) executor.expect(latest);
    };
    catalog.load(scope, name).then(ready, () => {}); // who invokes it hears what is wrong
  };
  const settler = new Settler(store, dependencies, limits.settleMs, expect);
  const snapStarts = new SnapStarts(store, dependencies);
  const random = dependencies.random ?? Math.random;
  const context: FunctionsContext = {
    ...dependencies,
    limits,
    random,
    catalog,
    store,
    settler,
    snapStarts,
  };
  const capacityProviders = createCapacityProviders(context);
  const invoke = createInvoke(context);
  const events = new AsyncInvokes(context, invoke);

  return {
    ...invoke,
    create: (scope, request) => createFunction(context, scope, request),
    get: (scope, name, qualifier) => getFunction(context, scope, name, qualifier),
    list: (scope, page) => listFunctions(context, scope, page),
    updateCode: (scope, name, update) => updateCode(context, scope, name, update),
    updateSettings: (scope, name, change, revisionId) =>
      updateSettings(context, scope, name, change, revisionId),
    async delete(scope, name, qualifier) {
      const gone = await deleteFunction(context, scope, name, qualifier);
      if (gone !== undefined) await events.forget(gone.scope, gone.name);
    },

    versions: createVersions(context),
    aliases: createAliases(context),
    layers: createLayers(context),
    layerPolicies: createLayerPolicies(context),
    tags: createTags(context, capacityProviders),
    policies: createPolicies(context),
    urls: createUrls(context),
    eventInvoke: createEventInvoke(context),
    options: createOptions(context),
    provisioned: createProvisioned(context),
    codeSigning: createCodeSigning(context),
    capacityProviders,

    usage: (scope) => accountUsage(context, scope),
    accept: (runnable, event) => events.accept(runnable, event),
    peekUrl(id) {
      const owner = catalog.peekUrlOwner(id);
      return owner && urlTargetOf(owner, id, catalog.peek(owner, owner.functionName));
    },
    async urlTarget(id) {
      const owner = await catalog.urlOwner(id);
      return owner && urlTargetOf(owner, id, await catalog.load(owner, owner.functionName));
    },
    async load(scope, name) {
      const view = await catalog.load(scope, name);
      if (view?.head.latest.state === "Pending") await settler.now(scope, name);
    },
    snapshots: (scope, name) => catalog.snapshots(scope, name),
    runtimeVersion: (name) => executor.runtimeVersion(name),
    zip: (packageId) => packages.zip(packageId),
    livePackages: () => livePackages(records),
    async start() {
      await settler.resume();
      await snapStarts.resume();
      await resumeConcurrency(context);
      await events.start();
    },
    async close(graceMs) {
      const left = await events.close(graceMs);
      await settler.close();
      catalog.close();
      return left;
    },
  };
}
