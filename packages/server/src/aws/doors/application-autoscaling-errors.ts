import { YunqueError } from "../../domain/errors.ts";
import type { AutoscalingErrorCode } from "../../services/autoscaling/index.ts";
import { AwsError } from "../error.ts";

/** Application Auto Scaling's name for each error of the service. */
const NAMES: Readonly<Record<AutoscalingErrorCode, string>> = {
  InvalidScaling: "ValidationException",
  ScalingObjectNotFound: "ObjectNotFoundException",
  ScalableTargetUnknown: "ResourceNotFoundException",
  TooManyScalingObjects: "LimitExceededException",
  TooManyScalableTargetTags: "TooManyTagsException",
  ScalingTokenInvalid: "InvalidNextTokenException",
  ScalingMetricUnsupported: "NotImplemented",
  ScalingContended: "ConcurrentUpdateException",
};

/** A service's error as Application Auto Scaling answers it; anything else is passed on as it is. */
export function autoscalingError(error: unknown): unknown {
  if (!(error instanceof YunqueError) || !Object.hasOwn(NAMES, error.code)) return error;
  const name = NAMES[error.code as AutoscalingErrorCode];
  const { arn } = error.details;
  return new AwsError(name, error.message, {
    ...(name === "NotImplemented" ? { status: 501 } : {}),
    members: arn === undefined ? {} : { ResourceName: arn },
  });
}
