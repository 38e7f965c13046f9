/** Messages between resources as steps of their traces. What is not sampled goes through untouched. */
import { hopOf } from "../domain/hop.ts";
import type { Clock } from "../ports/clock.ts";
import type { Targets } from "../ports/targets.ts";
import type { Tracer } from "../ports/tracer.ts";
import { newEntityId } from "../services/traces/index.ts";

export function tracedTargets(targets: Targets, tracer: () => Tracer, clock: Clock): Targets {
  return {
    exists: (arn) => targets.exists(arn),
    async deliver(message) {
      const { traceId, sender } = message;
      const hop = sender.passesTrace
        ? undefined
        : hopOf(traceId, sender.arn, clock.now(), newEntityId);
      if (hop === undefined) return await targets.deliver(message);
      const [, , , region = "", account = ""] = message.target.split(":");
      const scope = { account, region };
      let failed = true;
      try {
        await targets.deliver({ ...message, traceId: hop.traceId });
        failed = false;
      } finally {
        const end_time = clock.now() / 1000;
        tracer().tell(scope, { ...hop.segment, end_time, ...(failed ? { fault: true } : {}) });
      }
    },
  };
}
