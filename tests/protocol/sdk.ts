/** The official clients of every service, as `packages/aws-sdk` brings them. */
import { createRequire } from "node:module";

/** As much of an SDK client as the tests need. */
export interface SdkClient {
  send(command: object): Promise<Record<string, unknown>>;
  destroy(): void;
}
export type SdkExports = Readonly<Record<string, (new (argument: object) => object) | undefined>>;

const PACKAGES: Readonly<Record<string, readonly [name: string, client: string]>> = {
  apigateway: ["api-gateway", "APIGateway"],
  apigatewayv2: ["apigatewayv2", "ApiGatewayV2"],
  "application-autoscaling": ["application-auto-scaling", "ApplicationAutoScaling"],
  cloudformation: ["cloudformation", "CloudFormation"],
  cloudfront: ["cloudfront", "CloudFront"],
  cloudwatch: ["cloudwatch", "CloudWatch"],
  dynamodb: ["dynamodb", "DynamoDB"],
  dynamodbstreams: ["dynamodb-streams", "DynamoDBStreams"],
  elasticache: ["elasticache", "ElastiCache"],
  events: ["eventbridge", "EventBridge"],
  iam: ["iam", "IAM"],
  iot: ["iot", "IoT"],
  "iot-data": ["iot-data-plane", "IoTDataPlane"],
  kinesis: ["kinesis", "Kinesis"],
  lambda: ["lambda", "Lambda"],
  logs: ["cloudwatch-logs", "CloudWatchLogs"],
  pipes: ["pipes", "Pipes"],
  s3: ["s3", "S3"],
  scheduler: ["scheduler", "Scheduler"],
  secretsmanager: ["secrets-manager", "SecretsManager"],
  sns: ["sns", "SNS"],
  sqs: ["sqs", "SQS"],
  ssm: ["ssm", "SSM"],
  stepfunctions: ["sfn", "SFN"],
  sts: ["sts", "STS"],
  wafv2: ["wafv2", "WAFV2"],
  xray: ["xray", "XRay"],
};

const load = createRequire(new URL("../../packages/aws-sdk/package.json", import.meta.url));

/** What the package of a service exports: commands, errors, its client. */
export function sdkOf(service: string): SdkExports {
  const [name] = PACKAGES[service] ?? [];
  return load(`@aws-sdk/client-${name}`) as SdkExports;
}

/** A client of a service that speaks to `origin`. It tries once, and checks and adds nothing of its own. */
export function createClient(service: string, origin: string): SdkClient {
  const [, name] = PACKAGES[service] ?? [];
  const Client = sdkOf(service)[`${name}Client`];
  if (Client === undefined) throw new Error(`no client of ${service}`);
  const { NodeHttpHandler } = load("@smithy/node-http-handler") as {
    NodeHttpHandler: new (options: object) => object;
  };
  return new Client({
    endpoint: origin,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    disableHostPrefix: true, // `sync-127.0.0.1` is nobody's address
    requestHandler: new NodeHttpHandler({ connectionTimeout: 10_000, requestTimeout: 10_000 }), // Kinesis prefers HTTP/2
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED", // S3's trailers are the business of its own tests
    responseChecksumValidation: "WHEN_REQUIRED",
    useQueueUrlAsEndpoint: false,
    ...(service === "sqs" && { md5: false }), // random answers do not have the digests that it compares
  }) as SdkClient;
}
