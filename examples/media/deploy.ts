/**
 * Deploys the example with AWS's own SDK, as anybody would to AWS: two buckets, a layer with FFmpeg, a function, and
 * the notification that calls it. Safe to repeat. `node tools/node.mjs examples/media/deploy.ts [ENDPOINT]`
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import { findFfmpeg } from "./ffmpeg.ts";
import { zip } from "./zip.ts";

export const FUNCTION = "media";
export const INPUT_BUCKET = "media-input";
export const OUTPUT_BUCKET = "media-output";
const LAYER = "ffmpeg";
const ACCOUNT = "000000000000";

/** Programs compress badly: the lowest level takes half the time of the usual one, for 7 % more bytes. */
const LAYER_COMPRESSION = 1;

export interface Clients {
  readonly s3: s3.S3Client;
  readonly lambda: lambda.LambdaClient;
}

/** Clients of a platform: nothing but the endpoint differs from AWS. */
export function clientsOf(endpoint: string): Clients {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const settings = { endpoint, region: "us-east-1", credentials };
  return {
    s3: new s3.S3Client(settings),
    lambda: new lambda.LambdaClient(settings),
  };
}

/** @param report told of each step when it is done, with the milliseconds that it took. */
export async function deploy(
  clients: Clients,
  report: (step: string, ms: number) => void,
): Promise<void> {
  const timed = async <T>(work: Promise<T>, step: (result: T) => string): Promise<T> => {
    const started = performance.now();
    const result = await work;
    report(step(result), performance.now() - started);
    return result;
  };
  await timed(createBuckets(clients), () => `buckets ${INPUT_BUCKET} and ${OUTPUT_BUCKET}`);
  const layer = await timed(publishLayer(clients), ({ name }) => name);
  const arn = await timed(deployFunction(clients, layer.arn), () => `function ${FUNCTION}`);
  await timed(connect(clients, arn), () => `s3://${INPUT_BUCKET}/*.mp4 calls ${FUNCTION}`);
}

async function createBuckets(clients: Clients): Promise<void> {
  for (const Bucket of [INPUT_BUCKET, OUTPUT_BUCKET])
    await clients.s3
      .send(new s3.CreateBucketCommand({ Bucket }))
      .catch(unless("BucketAlreadyOwnedByYou"));
}

/** A layer comes by way of S3 where it is larger than a request may be (50 MB). */
async function publishLayer(clients: Clients): Promise<{ arn: string; name: string }> {
  const { ffmpeg, ffprobe, origin } = findFfmpeg();
  const programs = { "bin/ffmpeg": ffmpeg, "bin/ffprobe": ffprobe };
  const Body = await zip(programs, 0o755, LAYER_COMPRESSION);
  const known = await newestLayer(clients);
  const name = `layer ${LAYER} (${Math.round(Body.length / 1e6)} MB, from ${origin})`;
  if (known && known.sha256 === sha256(Body)) return { arn: known.arn, name: `${name}, as before` };
  const place = { Bucket: OUTPUT_BUCKET, Key: "deploy/ffmpeg-layer.zip" };
  await clients.s3.send(new s3.PutObjectCommand({ ...place, Body }));
  const { LayerVersionArn } = await clients.lambda.send(
    new lambda.PublishLayerVersionCommand({
      LayerName: LAYER,
      Content: { S3Bucket: place.Bucket, S3Key: place.Key },
      Description: "ffmpeg and ffprobe in /opt/bin",
    }),
  );
  await clients.s3.send(new s3.DeleteObjectCommand(place));
  return { arn: String(LayerVersionArn), name };
}

async function newestLayer({ lambda: client }: Clients) {
  const query = { LayerName: LAYER, MaxItems: 1 };
  const { LayerVersions = [] } = await client.send(new lambda.ListLayerVersionsCommand(query));
  const [newest] = LayerVersions;
  if (newest?.LayerVersionArn === undefined) return undefined;
  const { Content } = await client.send(
    new lambda.GetLayerVersionByArnCommand({ Arn: newest.LayerVersionArn }),
  );
  return { arn: newest.LayerVersionArn, sha256: Content?.CodeSha256 };
}

/** Creates the function, or brings it up to date. Answers its ARN once it can be called. */
async function deployFunction({ lambda: client }: Clients, layer: string): Promise<string> {
  const FunctionName = FUNCTION;
  const ZipFile = await zip({ "handler.mjs": source("handler"), "ffmpeg.mjs": source("ffmpeg") });
  const settings = {
    FunctionName,
    Runtime: "nodejs22.x" as const,
    Handler: "handler.handler",
    Role: `arn:aws:iam::${ACCOUNT}:role/media`,
    MemorySize: 1_769,
    Timeout: 60,
    Layers: [layer],
    Environment: { Variables: { OUTPUT_BUCKET } },
  };
  const patience = { client, minDelay: 0.05, maxDelay: 1, maxWaitTime: 60 };
  try {
    await client.send(new lambda.CreateFunctionCommand({ ...settings, Code: { ZipFile } }));
  } catch (error) {
    if (!(error instanceof lambda.ResourceConflictException)) throw error;
    await client.send(new lambda.UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
    await lambda.waitUntilFunctionUpdatedV2(patience, { FunctionName });
    await client.send(new lambda.UpdateFunctionConfigurationCommand(settings));
  }
  await lambda.waitUntilFunctionActiveV2(patience, { FunctionName });
  await lambda.waitUntilFunctionUpdatedV2(patience, { FunctionName });
  const found = await client.send(new lambda.GetFunctionConfigurationCommand({ FunctionName }));
  return String(found.FunctionArn);
}

/** Lets S3 call the function, and tells it when to. */
async function connect(clients: Clients, arn: string): Promise<void> {
  const permission = {
    FunctionName: FUNCTION,
    StatementId: "s3",
    Action: "lambda:InvokeFunction",
    Principal: "s3.amazonaws.com",
    SourceArn: `arn:aws:s3:::${INPUT_BUCKET}`,
    SourceAccount: ACCOUNT,
  };
  await clients.lambda
    .send(new lambda.AddPermissionCommand(permission))
    .catch(unless("ResourceConflictException"));
  const videos = { FilterRules: [{ Name: "suffix" as const, Value: ".mp4" }] };
  const call = {
    LambdaFunctionArn: arn,
    Events: ["s3:ObjectCreated:*" as const],
    Filter: { Key: videos },
  };
  await clients.s3.send(
    new s3.PutBucketNotificationConfigurationCommand({
      Bucket: INPUT_BUCKET,
      NotificationConfiguration: { LambdaFunctionConfigurations: [call] },
    }),
  );
}

const source = (name: string): string => join(import.meta.dirname, "function", `${name}.mjs`);

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

/** Ignores the error that says that it is there already. */
function unless(name: string): (error: Error) => void {
  return (error) => {
    if (error.name !== name) throw error;
  };
}

if (import.meta.main) {
  const endpoint = process.argv[2] ?? "http://127.0.0.1:4566";
  const line = (step: string, ms: number) =>
    console.log(`${String(Math.round(ms)).padStart(6)} ms  ${step}`);
  await deploy(clientsOf(endpoint), line);
}
