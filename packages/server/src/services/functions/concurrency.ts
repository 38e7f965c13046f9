/** Tells the executor what functions and accounts may use, whenever that is read or changed. */
import type { ProvisionedSettings } from "../../domain/function.ts";
import { minInstancesOf } from "../../domain/function-instances.ts";
import { functionArn } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Executor, FunctionConcurrency, KeptInstances } from "../../ports/executor.ts";
import type { FunctionView } from "./view.ts";

const NOTHING: FunctionConcurrency = { reserved: undefined, provisioned: [], kept: [] };

/** The function is read, or gone. */
export function pushConcurrency(
  executor: Pick<Executor, "limit">,
  scope: Scope,
  name: string,
  view: FunctionView | undefined,
): void {
  executor.limit(functionArn(scope, name), view === undefined ? NOTHING : concurrencyOf(view));
}

/** What a function may use, and what is kept for it. */
export function concurrencyOf(view: FunctionView): FunctionConcurrency {
  return {
    reserved: view.head.reservedConcurrency,
    provisioned: [...view.provisioned].flatMap(([qualifier, { concurrency }]) =>
      shares(view, qualifier, concurrency).flatMap(([version, instances]) => {
        const deployment = view.deployments.get(version);
        return deployment === undefined || instances === 0
          ? []
          : [{ qualifier, deployment, instances }];
      }),
    ),
    kept: keptOf(view),
    ...(view.providers.size > 0 && { providers: [...view.providers] }),
  };
}

/** AWS: of a weighted alias each version gets as much as its weight says. */
function shares(
  { aliases }: FunctionView,
  qualifier: string,
  concurrency: number,
): (readonly [version: string, instances: number])[] {
  const alias = aliases.get(qualifier);
  if (alias === undefined) return [[qualifier, concurrency]];
  const other = Math.round(concurrency * (alias.routing?.weight ?? 0));
  return alias.routing === undefined
    ? [[alias.version, concurrency]]
    : [
        [alias.version, concurrency - other],
        [alias.routing.version, other],
      ];
}

function keptOf({ versions, deployments, aliases, main }: FunctionView): KeptInstances[] {
  const named = new Set([main]);
  for (const { version, routing } of aliases.values()) {
    named.add(version);
    if (routing !== undefined) named.add(routing.version);
  }
  return [...named].flatMap((version) => {
    const deployment = deployments.get(version);
    const instances = minInstancesOf(versions.get(version)?.settings ?? {});
    return deployment === undefined || instances === 0 ? [] : [{ deployment, instances }];
  });
}

/** What a function has for itself: its reservation, else all of its provisioned concurrency. */
export function ownConcurrency(
  reserved: number | undefined,
  provisioned: Iterable<ProvisionedSettings>,
): number {
  if (reserved !== undefined) return reserved;
  let sum = 0;
  for (const { concurrency } of provisioned) sum += concurrency;
  return sum;
}
