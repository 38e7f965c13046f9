/** What policies and scheduled actions have in common: they belong to a target, and are named within it. */
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Records } from "../../ports/records.ts";
import { DIMENSIONS } from "./dimensions.ts";
import { invalid } from "./errors.ts";
import type { TargetName } from "./model.ts";
import { type Page, type PageRequest, pageOf } from "./paging.ts";

interface Child {
  readonly name: string;
  readonly target: TargetName;
  /** The UUID of the target's children. */
  readonly group: string;
}

/** What a listing of policies or scheduled actions asks for. */
export interface ChildFilter extends PageRequest {
  readonly namespace: string;
  readonly names?: readonly string[] | undefined;
  readonly resourceId?: string | undefined;
  readonly dimension?: string | undefined;
}

/** A page of policies or scheduled actions. */
export function childPage<T extends Child>(
  records: Records,
  space: string,
  filter: ChildFilter,
): Promise<Page<T>> {
  const { namespace, names, resourceId, dimension } = filter;
  checkFilter(dimension, resourceId);
  return pageOf<T>(records, space, filter, {
    fits: ({ name, target }) =>
      DIMENSIONS[target.dimension].namespace === namespace &&
      (names === undefined || names.includes(name)) &&
      (resourceId === undefined || target.resourceId === resourceId) &&
      (dimension === undefined || target.dimension === dimension),
  });
}

/** Whether a policy or a scheduled action can have this name: a record is kept under it. */
export const isName = (name: string): boolean =>
  name.length <= 256 && Buffer.from(name, "utf8").toString("utf8") === name;

/** Application Auto Scaling: who names a dimension also names a resource. */
export function checkFilter(dimension: string | undefined, resourceId: string | undefined): void {
  if (dimension !== undefined && resourceId === undefined)
    throw invalid("Resource ID must be specified when a scalable dimension is specified");
}

/** `arn:aws:autoscaling:REGION:ACCOUNT:KIND:UUID:resource/NAMESPACE/RESOURCE:LABEL/NAME` */
export function childArn(
  { account, region }: Scope,
  [kind, label]:
    | readonly ["scalingPolicy", "policyName"]
    | readonly ["scheduledAction", "scheduledActionName"],
  { name, target, group }: Child,
): string {
  const { namespace } = DIMENSIONS[target.dimension];
  return `arn:${partitionOf(region)}:autoscaling:${region}:${account}:${kind}:${group}:resource/${namespace}/${target.resourceId}:${label}/${name}`;
}
