import type { Objects } from "../../services/objects/index.ts";
import type { S3Api } from "../api/s3.ts";
import type { Door } from "../context.ts";
import { callerOf, versionName } from "./s3-caller.ts";
import { invalidArgument, malformedXml, s3Error } from "./s3-errors.ts";

const TIERS: readonly (string | undefined)[] = [undefined, "Standard", "Bulk", "Expedited"];

/** Objects of archives on the wire. */
export function restoreDoor(objects: Objects): Door<S3Api> {
  return {
    async RestoreObject(input, context) {
      const { Days: days, Type, Tier, GlacierJobParameters: job } = input.RestoreRequest ?? {};
      if (Type !== undefined)
        throw s3Error(501, "NotImplemented", "Yunque does not select from archived objects");
      if (days === undefined || !TIERS.includes(job?.Tier ?? Tier)) throw malformedXml();
      if (days < 1) throw invalidArgument("Days", days, "restoration days should be at least 1");
      const before = await objects.restoreObject(callerOf(context), versionName(input), days);
      context.reply.status = before ? 200 : 202;
      return {};
    },
  };
}
