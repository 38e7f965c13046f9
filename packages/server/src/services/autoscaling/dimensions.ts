/** What can be scaled, and in whose words. A further service is a further row, and its `ScalableResources`. */
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { invalid } from "./errors.ts";

/** One kind of capacity. */
export interface ScalableDimension {
  readonly namespace: string;
  /** As activities call the capacity: "Setting desired concurrency to 5." */
  readonly noun: string;
  /** Throws where an id does not name such a resource. */
  readonly checkResource: (resourceId: string) => void;
  /** The least that MinCapacity may be. */
  readonly least: number;
  /** The only predefined metric that policies may track, and the values that its target may have. */
  readonly metric: string;
  readonly target: { readonly above: number; readonly most: number };
  /** Of both cooldowns, in seconds, where a policy says nothing. */
  readonly cooldown: number;
  /** How many targets a region may have. */
  readonly quota: number;
  readonly role: string;
}

export const DIMENSIONS = {
  "lambda:function:ProvisionedConcurrency": {
    namespace: "lambda",
    noun: "concurrency",
    checkResource: checkFunction,
    least: 0,
    metric: "LambdaProvisionedConcurrencyUtilization",
    target: { above: 0, most: 1 },
    cooldown: 0,
    quota: 500,
    role: "LambdaConcurrency",
  },
} as const satisfies Record<string, ScalableDimension>;

export type DimensionName = keyof typeof DIMENSIONS;

const UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension";

/** The dimension that a request names. @throws YunqueError where there is none, or the resource is none of it. */
export function dimensionOf(request: {
  readonly namespace: string;
  readonly dimension: string;
  readonly resourceId: string;
}): DimensionName {
  const { namespace, dimension, resourceId } = request;
  if (!Object.hasOwn(DIMENSIONS, dimension)) throw invalid(UNSUPPORTED);
  const name = dimension as DimensionName;
  if (DIMENSIONS[name].namespace !== namespace) throw invalid(UNSUPPORTED);
  DIMENSIONS[name].checkResource(resourceId);
  return name;
}

/** The service-linked role that AWS would act with. */
export function roleArn({ account, region }: Scope, dimension: DimensionName): string {
  const { namespace, role } = DIMENSIONS[dimension];
  return `arn:${partitionOf(region)}:iam::${account}:role/aws-service-role/${namespace}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_${role}`;
}

/** Lambda: `function:NAME:QUALIFIER`, a version or an alias. */
function checkFunction(resourceId: string): void {
  const qualifier = /^function:[a-zA-Z0-9-_]{1,64}:(\$LATEST|[a-zA-Z0-9-_]{1,128})$/.exec(
    resourceId,
  )?.[1];
  if (qualifier === undefined) throw invalid(UNSUPPORTED);
  if (qualifier === "$LATEST")
    throw invalid("$LATEST is not a supported qualifier for Auto Scaling");
}
