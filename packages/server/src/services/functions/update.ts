import { randomUUID } from "node:crypto";
import type { Deployment } from "../../domain/deployment.ts";
import type { FunctionHead, FunctionVersion } from "../../domain/function.ts";
import { checkMinInstances } from "../../domain/function-instances.ts";
import { functionArn, LATEST, LATEST_PUBLISHED } from "../../domain/function-name.ts";
import { checkNetwork } from "../../domain/function-network.ts";
import { checkSettings, checkUnpackedSize } from "../../domain/function-settings.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import { checkRoom } from "./account.ts";
import { checkVersionsRoom, requireProvider } from "./capacity-providers.ts";
import { type CodeSource, takeCode } from "./code.ts";
import type { FunctionsContext } from "./context.ts";
import { checkPublishable, publishedOf } from "./create.ts";
import { type DescribedVersion, describe, describeLatest } from "./describe.ts";
import { conflict, invalid, revisionMismatch } from "./errors.ts";
import { layersOf } from "./layer-use.ts";
import { applySettings, type SettingsChange } from "./settings.ts";
import { isBeingInitialised } from "./snap-start.ts";
import { childSpace, versionId } from "./spaces.ts";
import type { StoredFunction } from "./store.ts";
import { type Target, targetOf } from "./target.ts";

export interface CodeUpdate {
  readonly code: CodeSource;
  readonly architecture?: Deployment["architecture"] | undefined;
  /** Publishes a version of the new code at once. */
  readonly publish?: boolean | undefined;
  /** Publishes it as `$LATEST.PUBLISHED`, instead. */
  readonly publishLatest?: boolean | undefined;
  /** Checks everything and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** The revision that the caller saw. */
  readonly revisionId?: string | undefined;
}

/** Gives `$LATEST` new code. Answers the published version where one was asked for. */
export async function updateCode(
  context: FunctionsContext,
  caller: Scope,
  functionName: string,
  update: CodeUpdate,
): Promise<DescribedVersion> {
  const target = updatable(caller, functionName);
  const { scope } = target;
  checkUpdatable(await context.store.get(target), update.revisionId);
  const code = await takeCode(context, scope, update.code);
  await checkRoom(context, scope, code.size);

  const next = ({ head }: StoredFunction): FunctionVersion => {
    const architecture = update.architecture ?? head.latest.settings.architecture;
    const settings = { ...head.latest.settings, architecture };
    checkUnpackedSize(code.unpackedSize, settings);
    return changed(context, { ...head.latest, settings, code });
  };
  if (update.dryRun) return describeLatest(scope, next(await context.store.get(target)));

  let published: FunctionVersion | undefined;
  const result = await context.store.edit(target, async (stored) => {
    published = undefined;
    checkUpdatable(stored, update.revisionId);
    const latest = next(stored);
    if (!update.publish && !update.publishLatest)
      return { head: { ...stored.head, latest }, result: describeLatest(scope, latest) };
    if (update.publishLatest) checkPublishable(latest.settings);
    await checkVersionsRoom(context, scope, latest.settings);
    const { head, change, version } = publication(stored, latest, update.publishLatest);
    published = version;
    return { head, changes: [change], result: describe(scope, version) };
  });
  context.settler.later(scope, target.name);
  if (published && isBeingInitialised(published)) context.snapStarts.begin(scope, published);
  return result;
}

/** Changes the settings of `$LATEST`. */
export async function updateSettings(
  context: FunctionsContext,
  caller: Scope,
  functionName: string,
  change: SettingsChange,
  revisionId?: string,
): Promise<DescribedVersion> {
  const target = updatable(caller, functionName);
  const { scope } = target;
  checkUpdatable(await context.store.get(target), revisionId);
  const layers =
    change.layers === undefined ? undefined : await layersOf(context, scope, change.layers);
  const result = await context.store.edit(target, async (stored) => {
    checkUpdatable(stored, revisionId);
    const before = stored.head.latest;
    const settings = applySettings(before.settings, change, layers);
    checkSettings(settings);
    checkNetwork(context.network, settings);
    checkMinInstances(settings);
    await requireProvider(context, scope, settings);
    checkUnpackedSize(before.code.unpackedSize, settings);
    const latest = changed(context, { ...before, settings });
    return { head: { ...stored.head, latest }, result: describeLatest(scope, latest) };
  });
  context.settler.later(scope, target.name);
  return result;
}

/** Updates change `$LATEST` and nothing else. */
function updatable(caller: Scope, functionName: string): Target {
  const target = targetOf(caller, functionName);
  if (target.qualifier !== undefined && target.qualifier !== LATEST)
    throw invalid(
      "Updates to published versions and aliases are not supported. Please specify a function name or an unqualified function ARN.",
    );
  return { ...target, qualifier: undefined };
}

function checkUpdatable({ head, scope, name }: StoredFunction, revisionId?: string): void {
  const { latest } = head;
  if (revisionId !== undefined && revisionId !== latest.revisionId) throw revisionMismatch();
  if (latest.state === "Pending")
    throw conflict(
      `The operation cannot be performed at this time. The function is currently in the following state: ${latest.state}`,
    );
  if (latest.lastUpdate === "InProgress")
    throw conflict(
      `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn(scope, name)}`,
    );
}

/** `$LATEST` with other code or settings: a new deployment, on its way. */
function changed({ clock }: FunctionsContext, latest: FunctionVersion): FunctionVersion {
  return {
    ...latest,
    revisionId: randomUUID(),
    deploymentId: randomUUID(),
    modifiedAt: clock.now(),
    lastUpdate: "InProgress",
  };
}

/** New code published at once: the version is Pending until the update is done. */
function publication(
  stored: StoredFunction,
  latest: FunctionVersion,
  asLatest = false,
): { head: FunctionHead; change: Change; version: FunctionVersion } {
  const { nextVersion } = stored.head;
  const name = asLatest ? LATEST_PUBLISHED : String(nextVersion);
  const { lastUpdate: _, ...fresh } = publishedOf(latest, name);
  const version: FunctionVersion = { ...fresh, state: "Pending" };
  return {
    head: { ...stored.head, latest, nextVersion: asLatest ? nextVersion : nextVersion + 1 },
    version,
    change: {
      put: version,
      space: childSpace(stored.scope, "function-versions", stored.name),
      id: versionId(name),
      ...(asLatest ? {} : { expect: 0 }),
    },
  };
}
