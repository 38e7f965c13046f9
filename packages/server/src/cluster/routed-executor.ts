import type { Deployment } from "../domain/deployment.ts";
import type { Executor } from "../ports/executor.ts";
import { homeOf } from "./home.ts";
import type { Home } from "./link.ts";

/**
 * Has every invocation run at the home of its function: here, or over a link. `homes` are those of all workers in
 * their order; `own` answers what no function is needed for.
 */
export function routedExecutor(
  homes: readonly Home[],
  own: Omit<Executor, keyof Home | "snapshot" | "close">,
): Omit<Executor, "snapshot" | "close"> {
  const known = new WeakMap<Deployment, Home>();
  const home = (deployment: Deployment): Home => {
    let found = known.get(deployment);
    if (found === undefined) {
      found = homes[homeOf(deployment, homes.length)] as Home; // there is at least one worker
      known.set(deployment, found);
    }
    return found;
  };
  return {
    invoke: (deployment, ...invocation) => home(deployment).invoke(deployment, ...invocation),
    stream: (deployment, ...invocation) => home(deployment).stream(deployment, ...invocation),
    limit: (functionArn, limits) => own.limit(functionArn, limits),
    limitAccount: (account, region, unreserved) => own.limitAccount(account, region, unreserved),
    provisioned: (functionArn, qualifier) => own.provisioned(functionArn, qualifier),
    expect: (deployment) => home(deployment).expect(deployment),
    initialise: (deployment) => home(deployment).initialise(deployment),
    retire(deploymentId) {
      for (const each of homes) each.retire(deploymentId);
    },
    get runtimes() {
      return own.runtimes;
    },
    runtimeVersion: (name) => own.runtimeVersion(name),
  };
}
