import type { Scope } from "../../domain/scope.ts";
import { invalid } from "./errors.ts";

const space =
  (kind: string) =>
  ({ account, region }: Scope) =>
    `${account}/${region}/${kind}`;

export const GROUPS = "logs-groups";
export const groupsSpace = space(GROUPS);
export const streamsSpace = space("logs-streams");
export const deletedSpace = space("logs-deleted-streams");
export const subscriptionsSpace = space("logs-subscription-filters");
export const metricFiltersSpace = space("logs-metric-filters");
export const policiesSpace = space("logs-resource-policies");
export const destinationsSpace = space("logs-destinations");

/** Of what belongs to a group: neither has a colon in its name. */
export const memberId = (group: string, name: string): string => `${group}:${name}`;

/** Characters of two or more bytes may make a name longer than a record's id. */
export function checkStreamName(group: string, name: string): void {
  if (Buffer.byteLength(memberId(group, name)) > 1_100)
    throw invalid("The names of log group and log stream are too long together.");
}

const partition = (region: string): string =>
  region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
const arn = ({ account, region }: Scope, resource: string): string =>
  `arn:${partition(region)}:logs:${region}:${account}:${resource}`;

export const groupArn = (scope: Scope, group: string): string => arn(scope, `log-group:${group}`);
export const streamArn = (scope: Scope, group: string, stream: string): string =>
  arn(scope, `log-group:${group}:log-stream:${stream}`);
export const destinationArn = (scope: Scope, name: string): string =>
  arn(scope, `destination:${name}`);

/** A group by its name or ARN, with or without `:*` at the end. */
export function groupNamed(scope: Scope, identifier: string): string {
  const own = groupArn(scope, "");
  const name = identifier.startsWith(own) ? identifier.slice(own.length) : identifier;
  const plain = name.endsWith(":*") ? name.slice(0, -2) : name;
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(plain)) throw invalid("Invalid log group identifier.");
  return plain;
}
