import { YunqueError } from "../../domain/errors.ts";
import type { MetricsErrorCode } from "../../services/metrics/index.ts";
import { AwsError } from "../error.ts";

/** CloudWatch's name for each error of the service. */
const NAMES: Readonly<Record<MetricsErrorCode, string>> = {
  InvalidMetricParameter: "InvalidParameterValueException",
  MetricParametersClash: "InvalidParameterCombinationException",
  MetricParameterMissing: "MissingRequiredParameterException",
  InvalidMetricRequest: "ValidationException",
  AlarmNotFound: "ResourceNotFound",
  AlarmStateDataInvalid: "InvalidFormatFault",
  AlarmInUse: "ResourceConflict",
  MetricResourceNotFound: "ResourceNotFoundException",
  TooManyMetrics: "LimitExceededFault",
  TooManyAlarms: "LimitExceededFault",
  MetricsTokenInvalid: "InvalidNextToken",
  DashboardNotFound: "DashboardNotFoundError",
  InvalidDashboard: "DashboardInvalidInputError",
  AlarmContended: "ConcurrentModificationException",
};

/** A service's error as CloudWatch answers it; anything else is passed on as it is. */
export function cloudWatchError(error: unknown): unknown {
  if (!(error instanceof YunqueError) || !Object.hasOwn(NAMES, error.code)) return error;
  const { arn, problems } = error.details;
  const members = {
    ...(arn === undefined ? {} : { ResourceType: "alarm", ResourceId: arn }),
    ...(problems === undefined ? {} : { dashboardValidationMessages: problems }),
  };
  return new AwsError(NAMES[error.code as MetricsErrorCode], error.message, { members });
}
