/** What happens to a function's asynchronous events: retries, age and destinations. */
import type { EventInvokeSettings } from "../../domain/function.ts";
import { functionArn, LATEST, parseFunctionReference } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionsContext } from "./context.ts";
import { existingQualifier } from "./describe.ts";
import { invalid, notFound } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { childSpace } from "./spaces.ts";
import type { StoredFunction } from "./store.ts";
import { type Target, targetOf, unqualified } from "./target.ts";

/** Settings with the ARN, always qualified, that they are for. */
export interface DescribedEventInvoke {
  readonly arn: string;
  readonly settings: EventInvokeSettings;
}

/** Absent destinations are not mentioned; an empty text takes one away. */
export interface EventInvokeChange {
  readonly maximumRetryAttempts?: number | undefined;
  readonly maximumEventAgeSeconds?: number | undefined;
  readonly onSuccess?: string | undefined;
  readonly onFailure?: string | undefined;
  /** Whether the caller said anything of destinations. */
  readonly destinations: boolean;
}

export interface EventInvokeOperations {
  put(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    change: EventInvokeChange,
  ): Promise<DescribedEventInvoke>;
  update(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    change: EventInvokeChange,
  ): Promise<DescribedEventInvoke>;
  get(scope: Scope, functionName: string, qualifier?: string): Promise<DescribedEventInvoke>;
  delete(scope: Scope, functionName: string, qualifier?: string): Promise<void>;
  list(scope: Scope, functionName: string, page: PageRequest): Promise<Page<DescribedEventInvoke>>;
}

const noFunction = () => notFound("The function doesn't exist.");

export function createEventInvoke({
  store,
  clock,
}: Pick<FunctionsContext, "store" | "clock">): EventInvokeOperations {
  const kind = "function-event-invoke";
  const settingsOf = (stored: StoredFunction, qualifier: string) =>
    stored.child<EventInvokeSettings>(kind, qualifier);

  async function write(target: Target, change: EventInvokeChange, over: boolean) {
    if (
      change.maximumRetryAttempts === undefined &&
      change.maximumEventAgeSeconds === undefined &&
      !change.destinations
    )
      throw invalid("You must specify at least one of error handling or destination setting.");
    return await store.edit(
      target,
      async (stored) => {
        const qualifier = await existingQualifier(stored, target, noFunction());
        const before = await settingsOf(stored, qualifier);
        if (over && before === undefined) throw noSettings(target);
        await checkDestinations(stored, change);
        const settings = merged(over ? before : undefined, change, clock.now());
        const space = childSpace(stored.scope, kind, stored.name);
        return {
          changes: [{ put: settings, space, id: qualifier }],
          result: describeSettings(target, settings),
        };
      },
      noFunction,
    );
  }

  async function checkDestinations(
    { scope, name }: StoredFunction,
    change: EventInvokeChange,
  ): Promise<void> {
    for (const arn of [change.onSuccess, change.onFailure]) {
      if (!arn) continue;
      const service = arn.split(":")[2] ?? "";
      if (!DESTINATIONS.has(service) || (service === "s3" && arn === change.onSuccess))
        throw invalid(
          `The provided destination config DestinationConfig(onSuccess=${sideOf("OnSuccess", change.onSuccess)}, onFailure=${sideOf("OnFailure", change.onFailure)}) is invalid.`,
        );
      if (service !== "lambda") continue;
      const reference = parseFunctionReference(arn);
      if (reference?.name === name)
        throw invalid("You can't specify the function as a destination for itself.");
      if (reference === undefined || (await store.find(scope, reference.name)) === undefined)
        throw invalid(`The destination ARN ${arn} is invalid.`);
    }
  }

  return {
    async put(scope, functionName, qualifier, change) {
      return await write(targetOf(scope, functionName, qualifier), change, false);
    },
    async update(scope, functionName, qualifier, change) {
      return await write(targetOf(scope, functionName, qualifier), change, true);
    },
    async get(scope, functionName, qualifier) {
      const target = targetOf(scope, functionName, qualifier);
      const stored = await store.get(target, () => noSettings(target));
      const settings = await settingsOf(stored, target.qualifier ?? LATEST);
      if (settings === undefined) throw noSettings(target);
      return describeSettings(target, settings);
    },
    async delete(scope, functionName, qualifier) {
      const target = targetOf(scope, functionName, qualifier);
      await store.edit(
        target,
        async (stored) => {
          const id = target.qualifier ?? LATEST;
          if ((await settingsOf(stored, id)) === undefined) throw noSettings(target);
          const space = childSpace(stored.scope, kind, stored.name);
          return { changes: [{ delete: true, space, id }], result: undefined };
        },
        () => noSettings(target),
      );
    },
    async list(scope, functionName, page) {
      const target = unqualified(targetOf(scope, functionName));
      const stored = await store.get(target, noFunction);
      const all = await records(stored);
      const listed = pageOf(all, page, ({ arn }) => arn);
      return listed;
    },
  };

  async function records(stored: StoredFunction): Promise<DescribedEventInvoke[]> {
    const found = await stored.children<EventInvokeSettings>(kind);
    return [...found].map(([qualifier, settings]) => ({
      arn: functionArn(stored.scope, stored.name, qualifier),
      settings,
    }));
  }
}

const DESTINATIONS: ReadonlySet<string> = new Set(["lambda", "sqs", "sns", "events", "s3"]);

function merged(
  before: EventInvokeSettings | undefined,
  change: EventInvokeChange,
  modifiedAt: number,
): EventInvokeSettings {
  const retries = change.maximumRetryAttempts ?? before?.maximumRetryAttempts;
  const age = change.maximumEventAgeSeconds ?? before?.maximumEventAgeSeconds;
  const kept = change.destinations ? change : before;
  return {
    ...(retries === undefined ? {} : { maximumRetryAttempts: retries }),
    ...(age === undefined ? {} : { maximumEventAgeSeconds: age }),
    ...(kept?.onSuccess ? { onSuccess: kept.onSuccess } : {}),
    ...(kept?.onFailure ? { onFailure: kept.onFailure } : {}),
    modifiedAt,
  };
}

const describeSettings = (
  { scope, name, qualifier = LATEST }: Target,
  settings: EventInvokeSettings,
): DescribedEventInvoke => ({ arn: functionArn(scope, name, qualifier), settings });

function noSettings({ scope, name, qualifier = LATEST }: Target) {
  const arn = functionArn(scope, name, qualifier);
  return notFound(`The function ${arn} doesn't have an EventInvokeConfig`);
}

const sideOf = (side: string, arn: string | undefined): string =>
  arn === undefined ? "null" : `${side}(destination=${arn})`;
