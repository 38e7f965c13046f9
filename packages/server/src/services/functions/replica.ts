/**
 * Functions as a process sees them that only invokes: what the owner of the records told it, in memory. Of what it was
 * not told it has the owner tell.
 */
import type { NetworkRule } from "../../domain/function-network.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Executor } from "../../ports/executor.ts";
import type { Metering } from "../../ports/metering.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Tracer } from "../../ports/tracer.ts";
import { pushConcurrency } from "./concurrency.ts";
import { createInvoke, type InvokeOperations } from "./invoke.ts";
import { functionKey } from "./spaces.ts";
import { type UrlTarget, urlTargetOf } from "./url-target.ts";
import { type FunctionSnapshot, type FunctionView, viewOf } from "./view.ts";

/** What a replica needs of its process. */
export interface ReplicaDependencies {
  /** Runs invocations wherever they belong. */
  readonly executor: Pick<Executor, "invoke" | "stream" | "runtimes" | "limit">;
  readonly metrics: Metrics;
  readonly metering?: Metering;
  readonly tracer?: Tracer;
  readonly network: NetworkRule;
  /** Has the owner read a function, and settle it; where it exists, put() was called before this resolves. */
  load(scope: Scope, name: string): Promise<void>;
  /** The same with the function whose URL this is. */
  loadUrl(id: string): Promise<void>;
  readonly random?: () => number;
}

export interface FunctionsReplica extends InvokeOperations {
  /** Whose function URL this is, where that is in memory. */
  peekUrl(id: string): UrlTarget | undefined;

  /** Whose function URL this is; undefined where it is nobody's. */
  urlTarget(id: string): Promise<UrlTarget | undefined>;

  /** A function is so from now on. */
  put(snapshot: FunctionSnapshot): void;

  /** Nothing is known of the function any more. */
  remove(scope: Scope, name: string): void;
}

/** More functions than this are not kept: the ones that were told first go first. */
const MAX_VIEWS = 20_000;

export function createReplica(dependencies: ReplicaDependencies): FunctionsReplica {
  const { executor, network, random = Math.random } = dependencies;
  const views = new Map<string, FunctionView>();
  /** The functions that URLs belong to, by the URLs' ids. */
  const urls = new Map<string, { readonly key: string; readonly qualifier: string }>();

  const catalog = {
    peek: (scope: Scope, name: string) => views.get(functionKey(scope, name)),
    async load(scope: Scope, name: string) {
      if (!views.has(functionKey(scope, name))) await dependencies.load(scope, name);
      return views.get(functionKey(scope, name));
    },
  };
  const settler = { now: (scope: Scope, name: string) => dependencies.load(scope, name) };
  const { metrics, tracer, metering } = dependencies;
  const invokes = createInvoke({
    ...{ catalog, settler, executor, metrics, random },
    ...(tracer ? { tracer } : {}),
    ...(metering ? { metering } : {}),
  });

  function drop(key: string): void {
    for (const { id } of views.get(key)?.urls.values() ?? []) urls.delete(id);
    views.delete(key);
  }

  function ownedBy(id: string): UrlTarget | undefined {
    const owner = urls.get(id);
    const view = owner && views.get(owner.key);
    return owner && urlTargetOf(owner, id, view);
  }

  return {
    ...invokes,
    peekUrl: ownedBy,
    async urlTarget(id) {
      const known = ownedBy(id);
      if (known !== undefined) return known;
      await dependencies.loadUrl(id);
      return ownedBy(id);
    },

    put(snapshot) {
      const { scope, name } = snapshot;
      const key = functionKey(scope, name);
      drop(key);
      const [oldest] = views.size >= MAX_VIEWS ? views.keys() : [];
      if (oldest !== undefined) drop(oldest);
      const view = viewOf(snapshot, network);
      views.set(key, view);
      pushConcurrency(executor, scope, name, view);
      for (const [qualifier, { id }] of snapshot.urls) urls.set(id, { key, qualifier });
    },

    remove(scope, name) {
      drop(functionKey(scope, name));
      pushConcurrency(executor, scope, name, undefined);
    },
  };
}
