import type { Deployment } from "../domain/deployment.ts";
import type { Executor } from "../ports/executor.ts";
import type { LeasedPermits } from "./leased-permits.ts";
import type { Home } from "./link.ts";

/** The instances of this process; where its permits are used up, it first asks for those of others. */
export function permittedHome(
  local: Executor,
  permits: (account: string, region: string) => LeasedPermits,
): Home {
  const of = ({ account, region }: Deployment): LeasedPermits => permits(account, region);
  return {
    invoke(deployment, invocation, qualifier) {
      const act = () => local.invoke(deployment, invocation, qualifier);
      const own = of(deployment);
      return own.exhausted ? own.withOne(act) : act();
    },

    stream(deployment, invocation, qualifier) {
      const act = () => local.stream(deployment, invocation, qualifier);
      const own = of(deployment);
      return own.exhausted ? own.withOne(act) : act();
    },

    expect: (deployment) => local.expect(deployment),
    initialise: (deployment) => local.initialise(deployment),
    retire: (deploymentId) => local.retire(deploymentId),
  };
}
