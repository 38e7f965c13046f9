import type { FunctionHead, FunctionVersion } from "../../domain/function.ts";
import {
  MAX_CODE_STORAGE_BYTES,
  MIN_UNRESERVED_CONCURRENCY,
} from "../../domain/function-limits.ts";
import type { LayerVersion } from "../../domain/layer.ts";
import type { Scope } from "../../domain/scope.ts";
import type { FunctionsContext } from "./context.ts";
import { functionError, invalid } from "./errors.ts";
import { FUNCTIONS, spaceOf } from "./spaces.ts";
import { readSpace } from "./store.ts";

/** What an account uses in a region. Bytes count the zips of every function, version and layer version. */
export interface AccountUsage {
  readonly functionCount: number;
  readonly codeBytes: number;
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
    reservedConcurrency: heads.reduce((sum, head) => sum + (head.reservedConcurrency ?? 0), 0),
    concurrency: limits.concurrency,
  };
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
