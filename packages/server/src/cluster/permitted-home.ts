import type { Executor } from "../ports/executor.ts";
import { ExecutorError } from "../ports/executor.ts";
import type { LeasedPermits } from "./leased-permits.ts";
import type { Home } from "./link.ts";

/** The instances of this process, as far as the account's concurrency allows, which all processes share. */
export function permittedHome(local: Executor, permits: LeasedPermits): Home {
  const take = async (): Promise<void> => {
    if (await permits.take()) return;
    throw new ExecutorError("concurrency", "the account's concurrency is used up");
  };
  const give = () => permits.give();
  return {
    async invoke(deployment, invocation) {
      if (!permits.tryTake()) await take();
      return local.invoke(deployment, invocation).finally(give);
    },

    async stream(deployment, invocation) {
      if (!permits.tryTake()) await take();
      try {
        const stream = await local.stream(deployment, invocation);
        void stream.completion.then(give);
        return stream;
      } catch (error) {
        give();
        throw error;
      }
    },

    expect: (deployment) => local.expect(deployment),
    initialise: (deployment) => local.initialise(deployment),
    retire: (deploymentId) => local.retire(deploymentId),
  };
}
