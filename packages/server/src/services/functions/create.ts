import { randomUUID } from "node:crypto";
import type { Deployment } from "../../domain/deployment.ts";
import type { FunctionHead, FunctionVersion } from "../../domain/function.ts";
import { checkMinInstances } from "../../domain/function-instances.ts";
import { isVersionNumber, LATEST, LATEST_PUBLISHED } from "../../domain/function-name.ts";
import { checkNetwork } from "../../domain/function-network.ts";
import { checkSettings, checkUnpackedSize, fingerprintOf } from "../../domain/function-settings.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Change } from "../../ports/records.ts";
import { checkRoom } from "./account.ts";
import { checkVersionsRoom, requireProvider } from "./capacity-providers.ts";
import { type CodeSource, takeCode } from "./code.ts";
import { requireCodeSigningConfig } from "./code-signing.ts";
import type { FunctionsContext } from "./context.ts";
import { type DescribedVersion, describeLatest } from "./describe.ts";
import { invalid } from "./errors.ts";
import { layersOf } from "./layer-use.ts";
import { applySettings, defaultSettings, type SettingsChange } from "./settings.ts";
import { isBeingInitialised } from "./snap-start.ts";
import { childSpace, spaceOf, VERSION_NUMBERS, versionId } from "./spaces.ts";
import { alreadyExists } from "./store.ts";
import { checkTags, type Tags } from "./tags.ts";
import { checkOwnAccount, targetOf } from "./target.ts";

export interface NewFunction {
  /** A name, or an ARN of one. */
  readonly functionName: string;
  readonly architecture?: Deployment["architecture"] | undefined;
  readonly settings: SettingsChange;
  readonly code: CodeSource;
  /** Publishes version 1 at once. */
  readonly publish?: boolean | undefined;
  /** Publishes `$LATEST.PUBLISHED` at once, instead. */
  readonly publishLatest?: boolean | undefined;
  readonly tags?: Tags | undefined;
  readonly codeSigningConfigArn?: string | undefined;
}

/** Adds a function: Pending at first. Answers the published version where one was asked for, under the function's ARN. */
export async function createFunction(
  context: FunctionsContext,
  caller: Scope,
  request: NewFunction,
): Promise<DescribedVersion> {
  const { scope, name } = targetOf(caller, request.functionName);
  checkOwnAccount(caller, scope);
  const { runtime, handler, role } = request.settings;
  if (!runtime || !handler)
    throw invalid(
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    );
  if (!role) throw invalid("The role defined for the function cannot be assumed by Lambda.");
  const tags = checkTags([], request.tags ?? []);
  const layers = await layersOf(context, scope, request.settings.layers ?? []);
  const settings = applySettings(
    defaultSettings(name, request.architecture ?? "x86_64", request.settings.managed),
    request.settings,
    layers,
  );
  checkSettings(settings);
  checkNetwork(context.network, settings);
  checkMinInstances(settings);
  await requireProvider(context, scope, settings);
  if (request.publishLatest) checkPublishable(settings);
  if (request.publish || request.publishLatest) await checkVersionsRoom(context, scope, settings);
  if (request.codeSigningConfigArn !== undefined)
    await requireCodeSigningConfig(context.records, scope, request.codeSigningConfigArn);
  if ((await context.store.find(scope, name)) !== undefined) throw alreadyExists(name);

  const code = await takeCode(context, scope, request.code);
  checkUnpackedSize(code.unpackedSize, settings);
  await checkRoom(context, scope, code.size);

  const latest: FunctionVersion = {
    name,
    version: LATEST,
    settings,
    code,
    revisionId: randomUUID(),
    modifiedAt: context.clock.now(),
    state: "Pending",
    deploymentId: randomUUID(),
  };
  const numbers = spaceOf(scope, VERSION_NUMBERS);
  const given = await context.records.get<number>(numbers, name);
  const nextVersion = given?.value ?? 1;
  const number = request.publish && !request.publishLatest ? nextVersion : undefined;
  const head: FunctionHead = {
    name,
    latest,
    nextVersion: number === undefined ? nextVersion : nextVersion + 1,
    tags,
    recursiveLoop: "Terminate",
    ...(request.codeSigningConfigArn === undefined
      ? {}
      : { codeSigningConfigArn: request.codeSigningConfigArn }),
  };
  const versionName = request.publishLatest ? LATEST_PUBLISHED : number?.toString();
  const published = versionName === undefined ? undefined : publishedOf(latest, versionName);
  const changes: Change[] = [
    { delete: true, space: numbers, id: name, expect: given?.revision ?? 0 },
  ];
  if (published !== undefined)
    changes.push({
      put: published,
      space: childSpace(scope, "function-versions", name),
      id: versionId(published.version),
      expect: 0,
    });
  await context.store.create(scope, head, changes);
  context.settler.later(scope, name);
  if (published && isBeingInitialised(published)) context.snapStarts.begin(scope, published);
  return describeLatest(scope, published ?? latest);
}

/** @throws YunqueError where the function has no `$LATEST.PUBLISHED`. */
export function checkPublishable({ managed }: FunctionVersion["settings"]): void {
  if (managed === undefined)
    throw invalid("PublishTo is supported for functions with a capacity provider only.");
}

/** The version that freezes what `$LATEST` is. */
export function publishedOf(
  latest: FunctionVersion,
  version: string,
  description = latest.settings.description,
): FunctionVersion {
  if (!isVersionNumber(version) && version !== LATEST_PUBLISHED)
    throw new RangeError(`${version} is no version`);
  const snapStart = latest.settings.snapStart === "PublishedVersions";
  return {
    ...latest,
    version,
    // Lambda: SnapStart initialises the version first.
    ...(snapStart ? { state: "Pending" } : {}),
    settings: { ...latest.settings, description },
    revisionId: randomUUID(),
    deploymentId: randomUUID(),
    fingerprint: fingerprintOf(latest.settings, latest.code),
  };
}
