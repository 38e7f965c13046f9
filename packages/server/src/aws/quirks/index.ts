import type { Quirks } from "../quirks.ts";
import { apigateway } from "./apigateway.ts";
import { dynamodb } from "./dynamodb.ts";
import { iam } from "./iam.ts";
import { kinesis } from "./kinesis.ts";
import { lambda } from "./lambda.ts";
import { logs } from "./logs.ts";
import { s3 } from "./s3.ts";
import { sns } from "./sns.ts";
import { sqs } from "./sqs.ts";

const QUIRKS: Readonly<Record<string, Quirks>> = {
  apigateway,
  dynamodb,
  dynamodbstreams: dynamodb,
  iam,
  kinesis,
  lambda,
  logs,
  s3,
  sns,
  sqs,
};

const NONE: Quirks = {};

/** What a service does differently from its protocol. */
export const quirksOf = (service: string): Quirks => QUIRKS[service] ?? NONE;
