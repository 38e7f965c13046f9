/** What mappings may be made of, in AWS's words where AWS has words. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FUNCTION, queueArn, SCOPE, STREAM, testMappings } from "./fixture.ts";
import type { NewMapping } from "./index.ts";

const QUEUE = queueArn("q");
const FIFO = queueArn("f.fifo");
const trim = { sourceArn: STREAM, position: "TRIM_HORIZON" } as const;
const unsupported = (name: string) =>
  `Unsupported ${name} parameter for given event source mapping type.`;

const REFUSED: readonly (readonly [Partial<NewMapping>, string])[] = [
  [{}, "Unrecognized event source."],
  [{ sourceArn: "arn:aws:s3:::bucket" }, "Unrecognized event source."],
  [{ sourceArn: "arn:aws:dynamodb:us-east-1:000000000000:table/t" }, "Unrecognized event source."],
  [
    { sourceArn: QUEUE, position: "LATEST" },
    "StartingPosition is not valid for SQS event sources.",
  ],
  [{ sourceArn: QUEUE, destinations: { onFailure: QUEUE } }, unsupported("DestinationConfig")],
  [{ sourceArn: QUEUE, factor: 2 }, unsupported("ParallelizationFactor")],
  [{ sourceArn: QUEUE, bisect: true }, unsupported("BisectBatchOnFunctionError")],
  [{ sourceArn: QUEUE, retries: 1 }, unsupported("MaximumRetryAttempts")],
  [{ sourceArn: QUEUE, ageSeconds: 60 }, unsupported("MaximumRecordAgeInSeconds")],
  [{ sourceArn: QUEUE, tumblingSeconds: 1 }, unsupported("TumblingWindowInSeconds")],
  [{ sourceArn: QUEUE, foreign: ["Topics"] }, unsupported("Topics")],
  [
    { sourceArn: QUEUE, batchSize: 11 },
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  ],
  [{ sourceArn: FIFO, windowSeconds: 1 }, "Batching window is not supported for FIFO queues"],
  [{ sourceArn: FIFO, batchSize: 11 }, "Maximum batch size for FIFO queues is 10, and it is 11."],
  [{ sourceArn: QUEUE, filters: ["no"] }, "Invalid filter pattern definition."],
  [{ sourceArn: QUEUE, filters: ['{"body":[]}'] }, "Invalid filter pattern definition."],
  [
    { sourceArn: queueArn("none") },
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
  ],
  [
    { sourceArn: STREAM },
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
  ],
  [{ ...trim, ageSeconds: 59 }, "MaximumRecordAgeInSeconds must be -1, or between 60 and 604800."],
  [{ ...trim, scaling: { maximumConcurrency: 2 } }, unsupported("ScalingConfig")],
  [{ ...trim, destinations: { onSuccess: QUEUE } }, unsupported("DestinationConfig")],
  [
    { ...trim, destinations: { onFailure: FUNCTION } },
    `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${FUNCTION})) is invalid.`,
  ],
  [
    { sourceArn: STREAM, position: "AT_TIMESTAMP" },
    "StartingPositionTimestamp is required for StartingPosition AT_TIMESTAMP.",
  ],
];

describe("settings of mappings", () => {
  for (const [input, message] of REFUSED)
    it(`refuses ${JSON.stringify(input)}`, async () => {
      const test = testMappings();
      await test.queue("q");
      await test.queue("f.fifo", { FifoQueue: "true" });
      const usual = { functionName: FUNCTION, tags: [], foreign: [] };
      await assert.rejects(test.mappings.create(SCOPE, { ...usual, ...input }), {
        code: "InvalidMapping",
        message,
      });
    });

  it("refuses functions that do not exist, or take longer than the queue hides messages", async () => {
    const test = testMappings();
    await test.queue("q");
    const input = { functionName: FUNCTION, tags: [], foreign: [], sourceArn: QUEUE };
    test.functions.timeoutSeconds = 60;
    await assert.rejects(test.mappings.create(SCOPE, input), {
      message: "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    });
    test.functions.exists = false;
    await assert.rejects(test.mappings.create(SCOPE, input), {
      message: "Function does not exist",
    });
    await assert.rejects(test.mappings.list(SCOPE, { functionName: "f" }), {
      message: `Function not found: ${FUNCTION}`,
    });
  });

  it("keeps what a change does not name, and takes away what it empties", async () => {
    const test = testMappings();
    test.streams.shard("s-0");
    const uuid = await test.map({
      ...trim,
      batchSize: 7,
      bisect: true,
      filters: ['{"data":["x"]}'],
      destinations: { onFailure: QUEUE },
    });
    await test.mappings.update(SCOPE, uuid, {
      retries: 3,
      filters: [],
      destinations: { onFailure: "" },
      foreign: [],
    });
    await test.pass(200);
    const { mapping } = await test.mappings.get(SCOPE, uuid);
    assert.deepEqual(mapping.settings, {
      batchSize: 7,
      windowSeconds: 0,
      reportsFailures: false,
      stream: { factor: 1, bisect: true, retries: 3, ageSeconds: -1, tumblingSeconds: 0 },
    });
    await test.mappings.close(0);
  });

  it("goes on with a deletion that a stop left half way", async () => {
    const test = testMappings();
    await test.queue("q");
    const uuid = await test.map({ sourceArn: QUEUE });
    await test.mappings.delete(SCOPE, uuid);
    const mappings = await test.again();
    await assert.rejects(mappings.get(SCOPE, uuid), { code: "MappingNotFound" });
    await mappings.close(0);
  });
});
