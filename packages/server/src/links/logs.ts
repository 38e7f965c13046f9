/** What other services do with log groups: events become lines of them. */
import { YunqueError } from "../domain/errors.ts";
import type { Scope } from "../domain/scope.ts";
import type { Clock } from "../ports/clock.ts";
import { Undeliverable } from "../ports/targets.ts";
import { groupNamed, type LogService } from "../services/logs/index.ts";
import type { TargetKind } from "./targets.ts";

/** Messages become lines, in a stream for each sender. */
export function logTargets(logs: LogService, clock: Clock): TargetKind {
  return {
    async deliver({ target, body, sender }) {
      const { scope, group } = placeOf(target);
      const stream = sender.arn.split(":").slice(5).join("/").replace(/[:*]/g, "-").slice(0, 512);
      const message = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
      const put = () =>
        logs.events.put(scope, group, stream, [{ timestamp: clock.now(), message }]);
      try {
        await logs.groups.get(scope, group);
        await put().catch(async (error: unknown) => {
          if (codeOf(error) !== "LogResourceUnknown") throw error;
          await logs.streams.create(scope, group, stream).catch(unlessThere);
          await put();
        });
      } catch (error) {
        if (codeOf(error) !== "LogResourceUnknown") throw error;
        throw new Undeliverable(`Log group ${group} does not exist.`, "RESOURCE_NOT_FOUND");
      }
    },
    async exists(arn) {
      try {
        const { scope, group } = placeOf(arn);
        await logs.groups.get(scope, group);
        return true;
      } catch (error) {
        if (error instanceof Undeliverable || codeOf(error) === "LogResourceUnknown") return false;
        throw error;
      }
    },
  };
}

/** `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, with or without `:*`. */
function placeOf(arn: string): { readonly scope: Scope; readonly group: string } {
  const [, , , region = "", account = ""] = arn.split(":");
  const scope = { account, region };
  try {
    return { scope, group: groupNamed(scope, arn) };
  } catch {
    throw new Undeliverable(`${arn} is no log group`);
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof YunqueError ? error.code : undefined;

/** Somebody made the stream meanwhile. */
function unlessThere(error: unknown): void {
  if (codeOf(error) !== "LogResourceExists") throw error;
}
