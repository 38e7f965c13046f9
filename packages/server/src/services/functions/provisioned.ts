/** Provisioned concurrency of versions and aliases: what is asked for is a record, how far it is the executor knows. */
import type { FunctionAlias, ProvisionedSettings } from "../../domain/function.ts";
import { MIN_UNRESERVED_CONCURRENCY } from "../../domain/function-limits.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { NO_PLACES } from "../../ports/executor.ts";
import { accountUsage, pushAccount } from "./account.ts";
import { ownConcurrency } from "./concurrency.ts";
import type { FunctionsContext } from "./context.ts";
import { versionOf } from "./describe.ts";
import { conflict, functionError, invalid, notFound } from "./errors.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";
import { childSpace, FUNCTIONS, scopesOf } from "./spaces.ts";
import { functionNotFound, type StoredFunction } from "./store.ts";
import { arnOf, kindOf, type Target, targetOf, unqualified } from "./target.ts";

/** Provisioned concurrency as it is now. Numbers of instances. */
export interface DescribedProvisioned {
  /** Of the version or alias. */
  readonly arn: string;
  readonly requested: number;
  readonly allocated: number;
  readonly available: number;
  readonly status: "IN_PROGRESS" | "READY" | "FAILED";
  /** Of `FAILED`: why. */
  readonly statusReason: string | undefined;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface ProvisionedOperations {
  /** Asks for so many instances; resolves before they are there. */
  put(
    scope: Scope,
    functionName: string,
    qualifier: string,
    concurrency: number,
  ): Promise<DescribedProvisioned>;
  /** @throws YunqueError `ProvisionedUnknown` where the version or alias has none. */
  get(scope: Scope, functionName: string, qualifier: string): Promise<DescribedProvisioned>;
  /** What is not there is deleted. */
  delete(scope: Scope, functionName: string, qualifier: string): Promise<void>;
  /** In order of qualifier. */
  list(scope: Scope, functionName: string, page: PageRequest): Promise<Page<DescribedProvisioned>>;
  /** How much of it is at work, from 0 to 1; 0 where there is none. */
  utilisation(scope: Scope, functionName: string, qualifier: string): number;
}

const KIND = "function-provisioned";
/** AWS's reason for an instance that could not be initialised. */
const INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE";
/** Ours: the machine has no places for so many. */
const NO_CAPACITY = "INSUFFICIENT_CAPACITY";

export function createProvisioned(context: FunctionsContext): ProvisionedOperations {
  const { store, executor, catalog, clock } = context;

  const describe = (
    stored: StoredFunction,
    qualifier: string,
    { concurrency, modifiedAt }: ProvisionedSettings,
  ): DescribedProvisioned => {
    const state = executor.provisioned(functionArn(stored.scope, stored.name), qualifier);
    const failure = state?.failure;
    return {
      arn: functionArn(stored.scope, stored.name, qualifier),
      requested: concurrency,
      // AWS, recorded: both are 0 at first, and one more for each instance that is initialised.
      allocated: state?.available ?? 0,
      available: state?.available ?? 0,
      status: failure ? "FAILED" : state?.ready ? "READY" : "IN_PROGRESS",
      statusReason: failure && (failure === NO_PLACES ? NO_CAPACITY : INIT_FAILURE),
      modifiedAt,
    };
  };

  /** The executor hears of it before the caller does. */
  async function push({ scope, name }: Target): Promise<void> {
    await pushAccount(context, scope);
    await catalog.load(scope, name);
  }

  return {
    async put(caller, functionName, asked, concurrency) {
      const target = targetOf(caller, functionName, asked);
      const { qualifier = LATEST } = target;
      if (qualifier === LATEST) throw unpublished();
      const stored = await store.edit(
        target,
        async (stored) => {
          await checkExists(stored, target);
          const all = await stored.children<ProvisionedSettings>(KIND);
          checkAgainstReservation(stored, all, qualifier, concurrency);
          if (stored.head.reservedConcurrency === undefined)
            await checkAgainstAccount(context, stored, all.get(qualifier), concurrency);
          await checkQualifier(stored, all, qualifier);
          const settings: ProvisionedSettings = { concurrency, modifiedAt: clock.now() };
          const space = childSpace(stored.scope, KIND, stored.name);
          return { changes: [{ put: settings, space, id: qualifier }], result: stored };
        },
        (arn) => missing(target, arn),
      );
      await push(target);
      return {
        arn: functionArn(stored.scope, stored.name, qualifier),
        requested: concurrency,
        allocated: 0,
        available: 0,
        status: "IN_PROGRESS",
        statusReason: undefined,
        modifiedAt: clock.now(),
      };
    },

    async get(caller, functionName, asked) {
      const target = published(targetOf(caller, functionName, asked));
      const stored = await store.get(target, (arn) => missing(target, arn));
      await checkExists(stored, target);
      const settings = await stored.child<ProvisionedSettings>(KIND, target.qualifier);
      if (settings === undefined)
        throw functionError(
          "ProvisionedUnknown",
          "No Provisioned Concurrency Config found for this function",
        );
      return describe(stored, target.qualifier, settings);
    },

    async delete(caller, functionName, asked) {
      const target = published(targetOf(caller, functionName, asked));
      await store.edit(
        target,
        async (stored) => {
          await checkExists(stored, target);
          const space = childSpace(stored.scope, KIND, stored.name);
          return {
            changes: [{ delete: true, space, id: target.qualifier }],
            result: undefined,
          };
        },
        (arn) => missing(target, arn),
      );
      await push(target);
    },

    async list(caller, functionName, page) {
      const stored = await store.get(unqualified(targetOf(caller, functionName)));
      const all = [...(await stored.children<ProvisionedSettings>(KIND))];
      const listed = pageOf(all, page, ([qualifier]) => qualifier);
      const items = listed.items.map(([qualifier, settings]) =>
        describe(stored, qualifier, settings),
      );
      return listed.marker === undefined ? { items } : { items, marker: listed.marker };
    },

    utilisation(caller, functionName, asked) {
      const { scope, name, qualifier = LATEST } = targetOf(caller, functionName, asked);
      const state = executor.provisioned(functionArn(scope, name), qualifier);
      return state === undefined || state.available === 0 ? 0 : state.inUse / state.available;
    },
  };
}

/** After a start: what is kept for functions is there again although nobody called them yet. */
export async function resumeConcurrency(context: FunctionsContext): Promise<void> {
  const { records, catalog } = context;
  for (const scope of scopesOf(await records.spaces(""), FUNCTIONS)) {
    const { needing } = await pushAccount(context, scope);
    for (const name of needing) await catalog.load(scope, name);
  }
}

/** An alias that has provisioned concurrency may not be moved to where there can be none. */
export async function checkMove(stored: StoredFunction, alias: FunctionAlias): Promise<void> {
  const all = await stored.children<ProvisionedSettings>(KIND);
  if (!all.has(alias.name)) return;
  if (alias.version === LATEST) throw unpublished();
  for (const version of [alias.version, alias.routing?.version])
    if (version !== undefined && all.has(version)) throw alreadyProvisioned();
}

async function checkExists(stored: StoredFunction, target: Target): Promise<void> {
  if ((await versionOf(stored, target.qualifier)) === undefined)
    throw missing(target, arnOf(target));
}

const missing = ({ qualifier }: Target, arn: string) =>
  kindOf(qualifier) === "alias" ? notFound(`Cannot find alias arn: ${arn}`) : functionNotFound(arn);

function published(target: Target): Target & { readonly qualifier: string } {
  const { qualifier } = target;
  if (qualifier === undefined || qualifier === LATEST)
    throw invalid("The function resource provided must be an alias or a published version.");
  return { ...target, qualifier };
}

function checkAgainstReservation(
  { head }: StoredFunction,
  all: ReadonlyMap<string, ProvisionedSettings>,
  qualifier: string,
  wanted: number,
): void {
  const { reservedConcurrency } = head;
  if (reservedConcurrency === undefined) return;
  const others = [...all].filter(([each]) => each !== qualifier).map(([, settings]) => settings);
  if (ownConcurrency(undefined, others) + wanted > reservedConcurrency)
    throw invalid(
      "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
    );
}

async function checkAgainstAccount(
  context: FunctionsContext,
  { scope }: StoredFunction,
  before: ProvisionedSettings | undefined,
  wanted: number,
): Promise<void> {
  const { concurrency, reservedConcurrency } = await accountUsage(context, scope);
  const unreserved = concurrency - reservedConcurrency + (before?.concurrency ?? 0);
  if (wanted > unreserved)
    throw invalid(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
    );
  if (unreserved - wanted < MIN_UNRESERVED_CONCURRENCY)
    throw invalid(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED_CONCURRENCY}].`,
    );
}

/** Lambda: provisioned concurrency is a version's or an alias's that names it, never both; and a weighted alias keeps what it has. */
async function checkQualifier(
  stored: StoredFunction,
  all: ReadonlyMap<string, ProvisionedSettings>,
  qualifier: string,
): Promise<void> {
  const version = await versionOf(stored, qualifier);
  if (version?.settings.snapStart === "PublishedVersions")
    throw invalid("Provisioned Concurrency is not supported for functions with SnapStart.");
  if (version?.settings.managed !== undefined)
    throw invalid(
      "Provisioned Concurrency is not supported for functions with a capacity provider.",
    );
  const aliases = [...(await stored.children<FunctionAlias>("function-aliases")).values()];
  const alias = aliases.find(({ name }) => name === qualifier);
  if (alias === undefined) {
    const pointing = aliases.some(
      (one) =>
        all.has(one.name) && (one.version === qualifier || one.routing?.version === qualifier),
    );
    if (pointing) throw conflict("Version is pointed by a Provisioned Concurrency alias");
    return;
  }
  if (alias.version === LATEST) throw unpublished();
  if (alias.routing !== undefined)
    throw invalid("Invalid alias configuration for Provisioned Concurrency");
  if (all.has(alias.version)) throw alreadyProvisioned();
}

const unpublished = () =>
  invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");

const alreadyProvisioned = () =>
  conflict(
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  );
