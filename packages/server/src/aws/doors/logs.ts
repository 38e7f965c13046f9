import type { LogService } from "../../services/logs/index.ts";
import type { LogsApi } from "../api/logs.ts";
import type { Door } from "../context.ts";
import { logsError } from "./logs-errors.ts";
import { logsEvents } from "./logs-events.ts";
import { logsFilters } from "./logs-filters.ts";
import { logsGroups } from "./logs-groups.ts";
import { logsPolicies } from "./logs-policies.ts";
import { worded } from "./worded.ts";

/** CloudWatch Logs on AWS's wire. */
export function createLogsDoor(service: LogService): Door<LogsApi> {
  return worded<Door<LogsApi>>(
    {
      ...logsGroups(service),
      ...logsEvents(service),
      ...logsFilters(service),
      ...logsPolicies(service),
    },
    logsError,
  );
}
