/** Where the service's records lie. */
import type { Scope } from "../../domain/scope.ts";

const within = ({ account, region }: Scope, kind: string): string => `${account}/${region}/${kind}`;

/** id: name. Bus. */
export const busesSpace = (scope: Scope): string => within(scope, "event-buses");
/** id: name of the rule. Rule. */
export const rulesSpace = (scope: Scope, bus: string): string =>
  `${within(scope, "event-rules")}/${bus}`;
/** id: name. Archive. */
export const archivesSpace = (scope: Scope): string => within(scope, "event-archives");
/** id: id of the archive. How much is in it. */
export const archiveSizesSpace = (scope: Scope): string => within(scope, "event-archive-sizes");
/** id: time and number of the event, see archive-log.ts. ArchivedEvent. */
export const archiveSpace = (scope: Scope, archiveId: string): string =>
  `${within(scope, "event-archive")}/${archiveId}`;
/** id: name. Replay. */
export const replaysSpace = (scope: Scope): string => within(scope, "event-replays");
/** id: name. Connection, with its secrets. */
export const connectionsSpace = (scope: Scope): string => within(scope, "event-connections");
/** id: name. ApiDestination. */
export const apiDestinationsSpace = (scope: Scope): string =>
  within(scope, "event-api-destinations");
/** Rules that are due at a time, of all scopes. */
export const SCHEDULES = "all/all/event-rule-schedules";
/** Third segment of the queues in which events wait for targets. */
export const DELIVERIES = "event-deliveries";

/** The scopes that have records of a kind, of all the spaces there are. */
export function scopesWith(spaces: readonly string[], kind: string): Scope[] {
  return spaces.flatMap((space) => {
    const [account, region, third] = space.split("/");
    return account !== undefined && region !== undefined && third === kind
      ? [{ account, region }]
      : [];
  });
}
