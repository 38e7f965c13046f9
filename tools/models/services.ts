/** The services of the wire, by the name of their directory in botocore. */
export const SERVICES = [
  "apigateway",
  "apigatewayv2",
  "application-autoscaling",
  "cloudformation",
  "cloudfront",
  "cloudwatch",
  "dynamodb",
  "dynamodbstreams",
  "elasticache",
  "events",
  "iam",
  "iot",
  "iot-data",
  "kinesis",
  "lambda",
  "logs",
  "pipes",
  "s3",
  "scheduler",
  "secretsmanager",
  "sns",
  "sqs",
  "ssm",
  "stepfunctions",
  "sts",
  "wafv2",
  "xray",
] as const;

/** The release of botocore whose models are compiled. Raise it, run `npm run models`, read the diff. */
export const BOTOCORE_VERSION = "1.44.1";
