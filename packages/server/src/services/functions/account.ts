import type { FunctionHead, FunctionVersion, ProvisionedSettings } from "../../domain/function.ts";
import { minInstancesOf } from "../../domain/function-instances.ts";
import {
  MAX_CODE_STORAGE_BYTES,
  MIN_UNRESERVED_CONCURRENCY,
} from "../../domain/function-limits.ts";
import type { LayerVersion } from "../../domain/layer.ts";
import type { Scope } from "../../domain/scope.ts";
import { ownConcurrency } from "./concurrency.ts";
import type { FunctionsContext } from "./context.ts";
import { functionError, invalid } from "./errors.ts";
import { FUNCTIONS, spaceOf } from "./spaces.ts";
import { readSpace } from "./store.ts";

/** What an account uses in a region. Bytes count the zips of every function, version and layer version. */
export interface AccountUsage {
  readonly functionCount: number;
  readonly codeBytes: number;
  /** What functions have for themselves: reserved, or provisioned. */
  readonly reservedConcurrency: number;
  /** The account's whole concurrency. */
  readonly concurrency: number;
}

/** Adds up what is stored. */
export async function accountUsage(
  { records, limits }: FunctionsContext,
  scope: Scope,
): Promise<AccountUsage> {
  const heads = [...(await readSpace<FunctionHead>(records, spaceOf(scope, FUNCTIONS))).values()];
  let codeBytes = heads.reduce((sum, { latest }) => sum + latest.code.size, 0);
  for (const space of await records.spaces(`${spaceOf(scope, "function-versions")}/`))
    for (const { code } of (await readSpace<FunctionVersion>(records, space)).values())
      codeBytes += code.size;
  for (const space of await records.spaces(`${spaceOf(scope, "layer-versions")}/`))
    for (const { codeSize } of (await readSpace<LayerVersion>(records, space)).values())
      codeBytes += codeSize;
  return {
    functionCount: heads.length,
    codeBytes,
    reservedConcurrency: (await ownership({ records }, scope, heads)).own,
    concurrency: limits.concurrency,
  };
}

/** What the functions of a scope have for themselves, together, and which of them need something of the executor. */
async function ownership(
  { records }: Pick<FunctionsContext, "records">,
  scope: Scope,
  heads: readonly FunctionHead[],
): Promise<{ readonly own: number; readonly needing: readonly string[] }> {
  const kind = `${spaceOf(scope, "function-provisioned")}/`;
  const provisioned = new Map<string, readonly ProvisionedSettings[]>();
  for (const space of await records.spaces(kind))
    provisioned.set(space.slice(kind.length), [
      ...(await readSpace<ProvisionedSettings>(records, space)).values(),
    ]);
  let own = 0;
  const needing: string[] = [];
  for (const { name, reservedConcurrency, latest } of heads) {
    const settings = provisioned.get(name) ?? [];
    own += ownConcurrency(reservedConcurrency, settings);
    const kept = settings.length > 0 || minInstancesOf(latest.settings) > 0;
    if (kept || reservedConcurrency !== undefined) needing.push(name);
  }
  return { own, needing };
}

/** Tells the executor what the account has left for functions that have nothing for themselves. */
export async function pushAccount(
  { records, limits, executor }: Pick<FunctionsContext, "records" | "limits" | "executor">,
  scope: Scope,
): Promise<{ readonly needing: readonly string[] }> {
  const heads = [...(await readSpace<FunctionHead>(records, spaceOf(scope, FUNCTIONS))).values()];
  const { own, needing } = await ownership({ records }, scope, heads);
  executor.limitAccount(scope.account, scope.region, limits.concurrency - own);
  return { needing };
}

/** @throws YunqueError `CodeStorageFull` where so many bytes more would not fit. */
export async function checkRoom(
  context: FunctionsContext,
  scope: Scope,
  bytes: number,
): Promise<void> {
  const { codeBytes } = await accountUsage(context, scope);
  if (codeBytes + bytes > MAX_CODE_STORAGE_BYTES)
    throw functionError("CodeStorageFull", "Code storage limit exceeded.");
}

/** @throws YunqueError where reserving this much for a function leaves too little for the others. */
export async function checkReservation(
  context: FunctionsContext,
  scope: Scope,
  before: number,
  wanted: number,
): Promise<void> {
  const { reservedConcurrency, concurrency } = await accountUsage(context, scope);
  if (concurrency - (reservedConcurrency - before + wanted) < MIN_UNRESERVED_CONCURRENCY)
    throw invalid(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED_CONCURRENCY}].`,
    );
}
