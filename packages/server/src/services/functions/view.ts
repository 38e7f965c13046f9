/** A function as invocations see it: read at one moment, immutable afterwards. */
import { createHash } from "node:crypto";
import {
  type CapacityProvider,
  mostAtOnce,
  providerNameOf,
  vcpusOf,
} from "../../domain/capacity-provider.ts";
import type { Deployment } from "../../domain/deployment.ts";
import type {
  EventInvokeSettings,
  FunctionAlias,
  FunctionHead,
  FunctionVersion,
  ProvisionedSettings,
} from "../../domain/function.ts";
import { functionArn, LATEST, LATEST_PUBLISHED } from "../../domain/function-name.ts";
import { type NetworkRule, networkOf } from "../../domain/function-network.ts";
import type { ResourcePolicy } from "../../domain/function-policy.ts";
import type { FunctionUrl } from "../../domain/function-url.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Dimensions } from "../../ports/metrics.ts";
import type { Records } from "../../ports/records.ts";
import type { Runnable } from "./invoke.ts";
import {
  CAPACITY_PROVIDERS,
  type Child,
  childSpace,
  dimensionsOf,
  FUNCTIONS,
  spaceOf,
} from "./spaces.ts";
import { readSpace } from "./store.ts";

/** Everything that an invocation asks of its function. Maps are by version, alias or qualifier. */
export interface FunctionView {
  readonly scope: Scope;
  readonly name: string;
  readonly head: FunctionHead;
  /** With `$LATEST`. */
  readonly versions: ReadonlyMap<string, FunctionVersion>;
  /** Of every version that may be invoked. */
  readonly deployments: ReadonlyMap<string, Deployment>;
  /** The version that runs where a caller names no qualifier. */
  readonly main: string;
  readonly aliases: ReadonlyMap<string, FunctionAlias>;
  readonly policies: ReadonlyMap<string, ResourcePolicy>;
  readonly urls: ReadonlyMap<string, FunctionUrl>;
  readonly eventInvoke: ReadonlyMap<string, EventInvokeSettings>;
  readonly provisioned: ReadonlyMap<string, ProvisionedSettings>;
  /** Processors of the capacity providers that it is on, by ARN. */
  readonly providers: ReadonlyMap<string, number>;
  /** Eight hex digits that name it in lineages. */
  readonly lineage: string;
  readonly dimensions: Dimensions;
  /** What `invoke.ts` made of the above; filled as it is asked for. */
  readonly runnables: Map<string, Runnable>;
}

/** A function and all below it, read at one moment: plain data, which other processes can be handed as JSON. */
export interface FunctionSnapshot {
  readonly scope: Scope;
  readonly name: string;
  readonly head: FunctionHead;
  /** Without `$LATEST`, which the head has. */
  readonly published: readonly FunctionVersion[];
  readonly aliases: Entries<FunctionAlias>;
  readonly policies: Entries<ResourcePolicy>;
  readonly urls: Entries<FunctionUrl>;
  readonly eventInvoke: Entries<EventInvokeSettings>;
  readonly provisioned: Entries<ProvisionedSettings>;
  readonly providers: Entries<number>;
}
type Entries<T> = readonly (readonly [id: string, value: T])[];

/** Reads a function and all below it; undefined where there is none. */
export async function readSnapshot(
  records: Records,
  scope: Scope,
  name: string,
): Promise<FunctionSnapshot | undefined> {
  const head = () => records.get<FunctionHead>(spaceOf(scope, FUNCTIONS), name);
  for (let before = await head(); before !== undefined; ) {
    const under = <T>(kind: Child) => readSpace<T>(records, childSpace(scope, kind, name));
    const [published, aliases, policies, urls, eventInvoke, provisioned] = await Promise.all([
      under<FunctionVersion>("function-versions"),
      under<FunctionAlias>("function-aliases"),
      under<ResourcePolicy>("function-policies"),
      under<FunctionUrl>("function-urls"),
      under<EventInvokeSettings>("function-event-invoke"),
      under<ProvisionedSettings>("function-provisioned"),
    ]);
    const after = await head();
    // Every change writes the head: the same revision twice says that nothing changed between the reads.
    if (after?.revision === before.revision) {
      return {
        scope,
        name,
        head: before.value,
        published: [...published.values()],
        aliases: [...aliases],
        policies: [...policies],
        urls: [...urls],
        eventInvoke: [...eventInvoke],
        provisioned: [...provisioned],
        providers: await providersOf(records, scope, [before.value.latest, ...published.values()]),
      };
    }
    before = after;
  }
  return undefined;
}

/** Who changes a provider has the functions on it read again. */
async function providersOf(
  records: Records,
  scope: Scope,
  versions: readonly FunctionVersion[],
): Promise<Entries<number>> {
  const arns = new Set(versions.flatMap(({ settings }) => settings.managed?.providerArn ?? []));
  const found: [string, number][] = [];
  for (const arn of arns) {
    const name = providerNameOf(arn, scope) ?? "";
    const space = spaceOf(scope, CAPACITY_PROVIDERS);
    const provider = (await records.get<CapacityProvider>(space, name))?.value;
    if (provider) found.push([arn, provider.scaling.maxVCpus]);
  }
  return found;
}

/** What invocations see of it. `network` is the platform's. */
export function viewOf(
  { scope, name, head, published, ...snapshot }: FunctionSnapshot,
  network: NetworkRule,
): FunctionView {
  const all = [head.latest, ...published];
  // Lambda: $LATEST itself is not invoked on a capacity provider.
  const { managed } = head.latest.settings;
  const invocable = managed === undefined ? all : published;
  return {
    scope,
    name,
    head,
    versions: new Map(all.map((one) => [one.version, one])),
    main: managed === undefined ? LATEST : LATEST_PUBLISHED,
    deployments: new Map(invocable.map((one) => [one.version, deploymentOf(scope, one, network)])),
    aliases: new Map(snapshot.aliases),
    policies: new Map(snapshot.policies),
    urls: new Map(snapshot.urls),
    eventInvoke: new Map(snapshot.eventInvoke),
    provisioned: new Map(snapshot.provisioned),
    providers: new Map(snapshot.providers),
    lineage: lineageOf(functionArn(scope, name)),
    dimensions: dimensionsOf(scope, name),
    runnables: new Map(),
  };
}

/** The reverse of viewOf. */
export function snapshotOf({ scope, name, head, ...view }: FunctionView): FunctionSnapshot {
  return {
    scope,
    name,
    head,
    published: [...view.versions.values()].filter(({ version }) => version !== LATEST),
    aliases: [...view.aliases],
    policies: [...view.policies],
    urls: [...view.urls],
    eventInvoke: [...view.eventInvoke],
    provisioned: [...view.provisioned],
    providers: [...view.providers],
  };
}

const lineageOf = (arn: string): string =>
  createHash("sha256").update(arn).digest("hex").slice(0, 8);

/** Lambda: SnapStart is for published versions alone. */
export const hasSnapStart = ({ version, settings }: FunctionVersion): boolean =>
  settings.snapStart === "PublishedVersions" && version !== LATEST;

/** What the executor needs to run a version. */
export function deploymentOf(
  scope: Scope,
  version: FunctionVersion,
  network: NetworkRule,
): Deployment {
  const { settings } = version;
  return {
    id: version.deploymentId,
    account: scope.account,
    region: scope.region,
    functionName: version.name,
    version: version.version,
    functionArn: functionArn(scope, version.name),
    runtime: settings.runtime,
    handler: settings.handler,
    architecture: settings.architecture,
    memoryMB: settings.memoryMB,
    timeoutSeconds: settings.timeoutSeconds,
    ephemeralStorageMB: settings.ephemeralStorageMB,
    environment: settings.environment ?? {},
    logGroup: settings.logging.group,
    logFormat: settings.logging.format,
    ...(settings.logging.applicationLevel ? { logLevel: settings.logging.applicationLevel } : {}),
    ...(settings.logging.systemLevel ? { systemLogLevel: settings.logging.systemLevel } : {}),
    code: version.code.package,
    layers: settings.layers.map((layer) => layer.package),
    tracing: settings.tracing,
    snapStart: hasSnapStart(version),
    ...sharingOf(settings),
    network: networkOf(network, settings),
  };
}

function sharingOf(settings: FunctionVersion["settings"]): Pick<Deployment, "sharing"> {
  const { managed, memoryMB } = settings;
  if (managed === undefined) return {};
  const most = mostAtOnce(settings, managed);
  return { sharing: { provider: managed.providerArn, most, vcpus: vcpusOf(memoryMB, managed) } };
}

/** The settings of asynchronous events for a qualifier; `$LATEST` where the caller named none. */
export const eventSettingsOf = (
  view: FunctionView,
  qualifier: string | undefined,
): EventInvokeSettings | undefined => view.eventInvoke.get(qualifier ?? LATEST);
