/**
 * Functions as a process sees them that only invokes: what the owner of the records told it, in memory. Of what it was
 * not told it has the owner tell.
 */
import type { Deployment } from "../../domain/deployment.ts";
import type { NetworkRule } from "../../domain/function-network.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Executor } from "../../ports/executor.ts";
import { Gate } from "./gate.ts";
import { createInvoke, type InvokeOperations, type Runnable } from "./invoke.ts";
import { type UrlTarget, urlTargetOf } from "./url-target.ts";
import { type FunctionSnapshot, type FunctionView, viewOf } from "./view.ts";

/** What a replica needs of its process. */
export interface ReplicaDependencies {
  /** Runs invocations wherever they belong. */
  readonly executor: Pick<Executor, "invoke" | "stream" | "runtimes">;
  /** Runs those that belong here. */
  readonly local: Pick<Executor, "invoke" | "stream" | "runtimes">;
  readonly network: NetworkRule;
  /** Has the owner read a function, and settle it; where it exists, put() was called before this resolves. */
  load(scope: Scope, name: string): Promise<void>;
  /** The same with the function whose URL this is. */
  loadUrl(id: string): Promise<void>;
  readonly random?: () => number;
}

export interface FunctionsReplica extends InvokeOperations {
  /** Whose function URL this is; undefined where it is nobody's. */
  urlTarget(id: string): Promise<UrlTarget | undefined>;

  /** A function is so from now on. */
  put(snapshot: FunctionSnapshot): void;

  /** Nothing is known of the function any more. */
  remove(scope: Scope, name: string): void;

  /** Runs what other processes received: it counts against the limits of its function here, where all of it runs. */
  readonly home: Pick<Executor, "invoke" | "stream">;
}

/** More functions than this are not kept: the ones that were told first go first. */
const MAX_VIEWS = 20_000;

export function createReplica(dependencies: ReplicaDependencies): FunctionsReplica {
  const { local, executor, network, random = Math.random } = dependencies;
  const views = new Map<string, FunctionView>();
  const gates = new Map<string, Gate>();
  /** The functions that URLs belong to, by the URLs' ids. */
  const urls = new Map<string, { readonly key: string; readonly qualifier: string }>();

  const catalog = {
    peek: (scope: Scope, name: string) => views.get(keyOf(scope, name)),
    async load(scope: Scope, name: string) {
      if (!views.has(keyOf(scope, name))) await dependencies.load(scope, name);
      return views.get(keyOf(scope, name));
    },
  };
  const settler = { now: (scope: Scope, name: string) => dependencies.load(scope, name) };
  const invokes = createInvoke({ catalog, settler, executor, random });
  const atHome = createInvoke({ catalog, settler, executor: local, random });

  function drop(key: string): void {
    for (const { id } of views.get(key)?.urls.values() ?? []) urls.delete(id);
    views.delete(key);
  }

  function ownedBy(id: string): UrlTarget | undefined {
    const owner = urls.get(id);
    const view = owner && views.get(owner.key);
    return view && urlTargetOf(view, owner.qualifier, id);
  }

  /** The version as another process has resolved it. */
  const received = (deployment: Deployment): Runnable => ({
    deployment,
    invokedArn: deployment.functionArn,
    qualifier: undefined,
    gate: gates.get(keyOf(deployment, deployment.functionName)) ?? new Gate(),
    eventSettings: undefined,
  });

  return {
    ...invokes,
    async urlTarget(id) {
      const known = ownedBy(id);
      if (known !== undefined) return known;
      await dependencies.loadUrl(id);
      return ownedBy(id);
    },

    put(snapshot) {
      const { scope, name, head } = snapshot;
      const key = keyOf(scope, name);
      drop(key);
      const [oldest] = views.size >= MAX_VIEWS ? views.keys() : [];
      if (oldest !== undefined) drop(oldest);
      const gate = gates.get(key) ?? new Gate();
      gate.limit = head.reservedConcurrency;
      gates.set(key, gate);
      views.set(key, viewOf(snapshot, gate, network));
      for (const [qualifier, { id }] of snapshot.urls) urls.set(id, { key, qualifier });
    },

    remove(scope, name) {
      const key = keyOf(scope, name);
      drop(key);
      const gate = gates.get(key);
      if (gate?.running === 0) gates.delete(key);
    },

    home: {
      invoke: (deployment, invocation) => atHome.invoke(received(deployment), invocation),
      stream: (deployment, invocation) => atHome.stream(received(deployment), invocation),
    },
  };
}

const keyOf = ({ account, region }: Scope, name: string): string => `${account}/${region}/${name}`;
