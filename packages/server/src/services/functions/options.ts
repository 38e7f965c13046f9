/** What a function has besides code and settings: reserved concurrency, loop detection, runtime updates. */
import type {
  FunctionHead,
  ProvisionedSettings,
  RuntimeManagement,
} from "../../domain/function.ts";
import { functionArn, LATEST } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { checkReservation, pushAccount } from "./account.ts";
import { ownConcurrency } from "./concurrency.ts";
import type { FunctionsContext } from "./context.ts";
import { existingQualifier } from "./describe.ts";
import { invalid } from "./errors.ts";
import { childSpace } from "./spaces.ts";
import { functionNotFound } from "./store.ts";
import { targetOf, unqualified } from "./target.ts";

export interface OptionOperations {
  /** Instances that are kept for the function, and that it may not exceed; undefined for none. */
  concurrency(scope: Scope, functionName: string): Promise<number | undefined>;
  /** Undefined gives the reservation back. */
  reserve(scope: Scope, functionName: string, concurrency: number | undefined): Promise<void>;

  recursiveLoop(scope: Scope, functionName: string): Promise<FunctionHead["recursiveLoop"]>;
  setRecursiveLoop(
    scope: Scope,
    functionName: string,
    recursiveLoop: FunctionHead["recursiveLoop"],
  ): Promise<void>;

  runtimeManagement(
    scope: Scope,
    functionName: string,
    qualifier?: string,
  ): Promise<RuntimeManagement & { readonly arn: string }>;
  setRuntimeManagement(
    scope: Scope,
    functionName: string,
    qualifier: string | undefined,
    management: RuntimeManagement,
  ): Promise<RuntimeManagement & { readonly arn: string }>;
}

export function createOptions(context: FunctionsContext): OptionOperations {
  const { store, catalog } = context;
  const whole = (scope: Scope, functionName: string) => unqualified(targetOf(scope, functionName));

  return {
    async concurrency(scope, functionName) {
      return (await store.get(whole(scope, functionName))).head.reservedConcurrency;
    },

    async reserve(caller, functionName, concurrency) {
      const target = whole(caller, functionName);
      await store.edit(
        target,
        async (stored) => {
          const { reservedConcurrency, ...rest } = stored.head;
          if (concurrency === undefined) return { head: rest, result: undefined };
          const all = await stored.children<ProvisionedSettings>("function-provisioned");
          const provisioned = ownConcurrency(undefined, all.values());
          if (provisioned > concurrency)
            throw invalid(
              ` ReservedConcurrentExecutions  ${concurrency} should not be lower than function's total provisioned concurrency [${provisioned}].`,
            );
          const before = reservedConcurrency ?? provisioned;
          await checkReservation(context, stored.scope, before, concurrency);
          return { head: { ...rest, reservedConcurrency: concurrency }, result: undefined };
        },
        // Lambda names the version here that it looked for, though the operation is about the function.
        () => functionNotFound(functionArn(target.scope, target.name, LATEST)),
      );
      // The executor hears of it before the caller does.
      await pushAccount(context, target.scope);
      await catalog.load(target.scope, target.name);
    },

    async recursiveLoop(scope, functionName) {
      return (await store.get(whole(scope, functionName))).head.recursiveLoop;
    },

    async setRecursiveLoop(scope, functionName, recursiveLoop) {
      await store.edit(whole(scope, functionName), ({ head }) => ({
        head: { ...head, recursiveLoop },
        result: undefined,
      }));
    },

    async runtimeManagement(caller, functionName, asked) {
      const target = targetOf(caller, functionName, asked);
      const stored = await store.get(target);
      const qualifier = await existingQualifier(stored, target);
      const found = await stored.child<RuntimeManagement>("function-runtime-management", qualifier);
      const arn = functionArn(stored.scope, stored.name, qualifier);
      return { ...(found ?? { updateRuntimeOn: "Auto" as const }), arn };
    },

    async setRuntimeManagement(caller, functionName, asked, management) {
      const manual = management.updateRuntimeOn === "Manual";
      if (manual !== (management.runtimeVersionArn !== undefined))
        throw invalid(
          manual
            ? "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."
            : "RuntimeVersionArn is only supported when UpdateRuntimeOn is Manual.",
        );
      const target = targetOf(caller, functionName, asked);
      return await store.edit(target, async (stored) => {
        const qualifier = await existingQualifier(stored, target);
        const space = childSpace(stored.scope, "function-runtime-management", stored.name);
        return {
          changes: [{ put: management, space, id: qualifier }],
          result: { ...management, arn: functionArn(stored.scope, stored.name, qualifier) },
        };
      });
    },
  };
}
