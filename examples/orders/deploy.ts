/**
 * Deploys the example with AWS's own SDK, as anybody would to AWS. Safe to repeat.
 * `node tools/node.mjs examples/orders/deploy.ts [ENDPOINT]`
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as events from "@aws-sdk/client-eventbridge";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as scheduler from "@aws-sdk/client-scheduler";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import { zip } from "../media/zip.ts";

export const BUCKET = "shop-notes";
export const BUS = "shop";
export const PAYMENTS = "shop-payments";
export const DEAD_LETTERS = "shop-payments-failed";
const TOPIC = "shop-shipped";
const ACCOUNT = "000000000000";
const REGION = "us-east-1";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/shop`;
/** A payment is tried three times, so many seconds apart: no less than any attempt may take. */
const ATTEMPTS = 3;
const RETRY_SECONDS = 3;

export interface Clients {
  readonly s3: s3.S3Client;
  readonly lambda: lambda.LambdaClient;
  readonly sqs: sqs.SQSClient;
  readonly sns: sns.SNSClient;
  readonly events: events.EventBridgeClient;
  readonly scheduler: scheduler.SchedulerClient;
}

/** Clients of a platform: nothing but the endpoint differs from AWS. */
export function clientsOf(endpoint: string): Clients {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const settings = { endpoint, region: REGION, credentials };
  return {
    s3: new s3.S3Client(settings),
    lambda: new lambda.LambdaClient(settings),
    sqs: new sqs.SQSClient(settings),
    sns: new sns.SNSClient(settings),
    events: new events.EventBridgeClient(settings),
    scheduler: new scheduler.SchedulerClient(settings),
  };
}

export interface Deployed {
  /** Where orders are sent to. */
  readonly url: string;
  readonly payments: Queue;
  readonly deadLetters: Queue;
}

interface Queue {
  readonly url: string;
  readonly arn: string;
}

/** `reportEvery`: the schedule of the report. */
export async function deploy(
  clients: Clients,
  report: (step: string) => void,
  reportEvery = "rate(1 minute)",
): Promise<Deployed> {
  await clients.s3
    .send(new s3.CreateBucketCommand({ Bucket: BUCKET }))
    .catch(unless("BucketAlreadyOwnedByYou"));
  await clients.events
    .send(new events.CreateEventBusCommand({ Name: BUS }))
    .catch(unless("ResourceAlreadyExistsException"));
  const { TopicArn } = await clients.sns.send(new sns.CreateTopicCommand({ Name: TOPIC }));
  const topic = String(TopicArn);
  report(`bucket ${BUCKET}, bus ${BUS}, topic ${TOPIC}`);

  const deadLetters = await queue(clients, DEAD_LETTERS, {});
  const payments = await queue(clients, PAYMENTS, {
    VisibilityTimeout: String(RETRY_SECONDS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: deadLetters.arn,
      maxReceiveCount: ATTEMPTS,
    }),
  });
  report(`queue ${PAYMENTS}; after ${ATTEMPTS} attempts ${DEAD_LETTERS}`);

  const code = await zip(
    Object.fromEntries(readdirSync(FUNCTIONS).map((name) => [name, join(FUNCTIONS, name)])),
  );
  const variables = { BUCKET, BUS, TOPIC_ARN: topic };
  const create = (name: string) => createFunction(clients, name, code, variables);
  const names = ["order", "payment", "stock", "mail", "report"] as const;
  const [order, payment, stock, mail, reports] = await Promise.all(names.map(create));
  report(`functions ${names.map((name) => `shop-${name}`).join(", ")}`);

  await clients.lambda
    .send(
      new lambda.CreateEventSourceMappingCommand({
        EventSourceArn: payments.arn,
        FunctionName: payment,
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      }),
    )
    .catch(unless("ResourceConflictException"));
  await rule(clients, "OrderPlaced", { Id: "payments", Arn: payments.arn });
  await rule(clients, "PaymentAccepted", { Id: "stock", Arn: stock });
  await clients.sns.send(
    new sns.SubscribeCommand({
      TopicArn: topic,
      Protocol: "lambda",
      Endpoint: mail,
      Attributes: { FilterPolicy: JSON.stringify({ kind: ["shipped"] }) },
    }),
  );
  await schedule(clients, String(reports), reportEvery);
  report(
    "OrderPlaced -> payments -> PaymentAccepted -> stock -> topic -> mail; report by a schedule",
  );
  return { url: await functionUrl(clients, String(order)), payments, deadLetters };
}

const FUNCTIONS = join(import.meta.dirname, "functions");

async function queue(
  { sqs: client }: Clients,
  QueueName: string,
  Attributes: Record<string, string>,
): Promise<Queue> {
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName, Attributes }));
  const url = String(QueueUrl);
  const found = await client.send(
    new sqs.GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
  );
  return { url, arn: String(found.Attributes?.["QueueArn"]) };
}

/** Creates a function, or brings it up to date. Answers its ARN once it can be called. */
async function createFunction(
  { lambda: client }: Clients,
  name: string,
  ZipFile: Uint8Array,
  Variables: Record<string, string>,
): Promise<string> {
  const FunctionName = `shop-${name}`;
  try {
    await client.send(
      new lambda.CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs22.x",
        Handler: `${name}.handler`,
        Role: ROLE,
        MemorySize: 512,
        Timeout: RETRY_SECONDS,
        Code: { ZipFile },
        Environment: { Variables },
      }),
    );
  } catch (error) {
    if (!(error instanceof lambda.ResourceConflictException)) throw error;
    await client.send(new lambda.UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
  }
  const patience = { client, minDelay: 0.05, maxDelay: 1, maxWaitTime: 60 };
  await lambda.waitUntilFunctionActiveV2(patience, { FunctionName });
  await lambda.waitUntilFunctionUpdatedV2(patience, { FunctionName });
  for (const service of ["events", "sns", "scheduler"])
    await client
      .send(
        new lambda.AddPermissionCommand({
          FunctionName,
          StatementId: service,
          Action: "lambda:InvokeFunction",
          Principal: `${service}.amazonaws.com`,
          SourceAccount: ACCOUNT,
        }),
      )
      .catch(unless("ResourceConflictException"));
  const found = await client.send(new lambda.GetFunctionConfigurationCommand({ FunctionName }));
  return String(found.FunctionArn);
}

/** Events of this kind go there. */
async function rule(
  { events: client }: Clients,
  detailType: string,
  target: events.Target,
): Promise<void> {
  const EventPattern = JSON.stringify({ source: ["shop"], "detail-type": [detailType] });
  const Rule = { Name: detailType, EventBusName: BUS };
  await client.send(new events.PutRuleCommand({ ...Rule, EventPattern }));
  await client.send(
    new events.PutTargetsCommand({ Rule: Rule.Name, EventBusName: BUS, Targets: [target] }),
  );
}

async function schedule(
  { scheduler: client }: Clients,
  Arn: string,
  ScheduleExpression: string,
): Promise<void> {
  const settings: scheduler.CreateScheduleCommandInput = {
    Name: "shop-report",
    ScheduleExpression,
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn,
      RoleArn: ROLE,
      Input: JSON.stringify({ time: "<aws.scheduler.scheduled-time>" }),
    },
  };
  await client
    .send(new scheduler.CreateScheduleCommand(settings))
    .catch(unless("ConflictException"));
  await client.send(new scheduler.UpdateScheduleCommand(settings));
}

async function functionUrl({ lambda: client }: Clients, FunctionName: string): Promise<string> {
  await client
    .send(
      new lambda.AddPermissionCommand({
        FunctionName,
        StatementId: "everybody",
        Action: "lambda:InvokeFunctionUrl",
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    )
    .catch(unless("ResourceConflictException"));
  await client
    .send(new lambda.CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }))
    .catch(unless("ResourceConflictException"));
  const found = await client.send(new lambda.GetFunctionUrlConfigCommand({ FunctionName }));
  return String(found.FunctionUrl);
}

/** Ignores the error that says that it is there already. */
function unless(name: string): (error: Error) => void {
  return (error) => {
    if (error.name !== name) throw error;
  };
}

if (import.meta.main) {
  const endpoint = process.argv[2] ?? "http://127.0.0.1:4566";
  const { url } = await deploy(clientsOf(endpoint), (step) => console.log(step));
  console.log(`orders: ${url}`);
}
