/** Lambda against what AWS answered: the same calls, compared member by member. */
import { after, before, describe } from "node:test";
import { openRecordings } from "../harness.ts";
import { playEventInvoke } from "./event-invoke.ts";
import { type LambdaFixture, openLambda } from "./fixture.ts";
import { playFunctions } from "./functions.ts";
import { playInvocations } from "./invocations.ts";
import { playLimits } from "./limits.ts";
import { playMappings } from "./mappings.ts";
import { playNames } from "./names.ts";
import { playPermissions } from "./permissions.ts";
import { playProvisioned } from "./provisioned.ts";
import { playStreamMappings } from "./stream-mappings.ts";
import { playUrls } from "./urls.ts";
import { playVersions } from "./versions.ts";

describe("Lambda answers what AWS answered", { concurrency: 4 }, () => {
  const recordings = openRecordings(
    "lambda/lambda_api.json",
    "lambda/lambda.json",
    "lambda/lambda_common.json",
    "lambda/lambda_runtimes.json",
    "lambda/lambda_destinations.json",
    "lambda/event_source_mapping/lambda_integration_sqs.json",
    "lambda/event_source_mapping/lambda_integration_kinesis.json",
    "lambda/event_source_mapping/lambda_integration_dynamodbstreams.json",
  );
  let lambda: LambdaFixture;
  before(async () => {
    lambda = await openLambda();
  });
  after(async () => {
    await lambda.stop();
  });
  const scene = () => lambda.scene();

  playFunctions(recordings, scene);
  playNames(recordings, scene);
  playVersions(recordings, scene);
  playEventInvoke(recordings, scene);
  playPermissions(recordings, scene);
  playLimits(recordings, scene);
  playUrls(recordings, scene);
  playInvocations(recordings, scene);
  playProvisioned(recordings, scene);
  playMappings(recordings, scene);
  playStreamMappings(recordings, scene);
  recordings.finish(178);
});
