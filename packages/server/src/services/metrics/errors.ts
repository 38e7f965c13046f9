import { type ErrorEntry, YunqueError } from "../../domain/errors.ts";

/** What goes wrong with metrics, alarms and dashboards. docs/reference/errors.md repeats it. */
export type MetricsErrorCode = keyof typeof METRICS_ERRORS;

const user = (meaning: string): ErrorEntry => ({ fault: "user", retryable: false, meaning });

export const METRICS_ERRORS = {
  InvalidMetricParameter: user("A value breaks a rule of CloudWatch; the message says which."),
  MetricParametersClash: user("Two parameters do not go together; the message says which."),
  MetricParameterMissing: user("A parameter is missing; the message says which."),
  InvalidMetricRequest: user(
    "A query, an expression or an alarm is not right; the message says why.",
  ),
  AlarmNotFound: user("There is no such alarm."),
  AlarmStateDataInvalid: user("StateReasonData is no JSON."),
  AlarmInUse: user("A composite alarm that stays depends on it. Change that one first."),
  MetricResourceNotFound: user("No alarm has this ARN."),
  TooManyMetrics: user(
    "The region has 100,000 metrics. Use fewer different dimensions; a metric that nobody told of for 15 days makes room.",
  ),
  TooManyAlarms: user("The region has 5,000 alarms. Delete some."),
  MetricsTokenInvalid: user("The NextToken is none that the same listing gave."),
  DashboardNotFound: user("There is no such dashboard."),
  InvalidDashboard: user("The body of a dashboard is not right; the messages say where."),
  AlarmContended: {
    fault: "user",
    retryable: true,
    meaning: "Too many changes of the same alarm at once. Try again.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** An error of the table, in AWS's words where AWS has words for it. */
export const metricsError = (
  code: MetricsErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): YunqueError => new YunqueError(code, message, details);

export const invalid = (message: string) => metricsError("InvalidMetricParameter", message);
export const clash = (message: string) => metricsError("MetricParametersClash", message);
export const missing = (message: string) => metricsError("MetricParameterMissing", message);
export const refused = (message: string) => metricsError("InvalidMetricRequest", message);
