import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with scalable targets. docs/reference/errors.md repeats it. */
export type AutoscalingErrorCode = keyof typeof AUTOSCALING_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const AUTOSCALING_ERRORS = {
  InvalidScaling: user(
    "A value breaks a rule of Application Auto Scaling; the message says which.",
  ),
  ScalingObjectNotFound: user(
    "There is no such scalable target, scaling policy or scheduled action. Check namespace, resource id and dimension.",
  ),
  ScalableTargetUnknown: user("No scalable target has this ARN."),
  TooManyScalingObjects: user(
    "The region has 500 scalable targets of the kind, or the target 200 scheduled actions. Delete some.",
  ),
  TooManyScalableTargetTags: user("A scalable target has at most 50 tags."),
  ScalingTokenInvalid: user("The NextToken is none that the same listing gave."),
  ScalingMetricUnsupported: user(
    "Policies with metrics of one's own come with CloudWatch's metrics.",
  ),
  ScalingContended: {
    fault: "user",
    retryable: true,
    meaning: "Too many changes of the same scalable target at once. Try again.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in AWS's words where AWS has words for it. */
export function autoscalingError(
  code: AutoscalingErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError {
  return new YunqueError(code, message, details);
}

export const invalid = (message: string) => autoscalingError("InvalidScaling", message);
export const notFound = (message: string) => autoscalingError("ScalingObjectNotFound", message);
