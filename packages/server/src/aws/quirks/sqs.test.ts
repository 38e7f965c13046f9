import assert from "node:assert/strict";
import { test } from "node:test";
import { FORM, json, openDoors, signed } from "../doors.fixture.ts";
import { AwsError } from "../error.ts";

const doors = openDoors();

test("SQS names its errors for both of its protocols", async () => {
  const gone = async () => {
    throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
  };
  const asJson = await doors.ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("sqs"), ...json("AmazonSQS.GetQueueUrl") },
      body: '{"QueueName":"q"}',
    },
    gone,
  );
  assert.equal(asJson.status, 400);
  assert.equal(
    asJson.headers.get("x-amzn-query-error"),
    "AWS.SimpleQueueService.NonExistentQueue;Sender",
  );
  assert.deepEqual(JSON.parse(asJson.text), {
    __type: "com.amazonaws.sqs#QueueDoesNotExist",
    message: "The specified queue does not exist.",
  });
  const query = await doors.ask(
    "/",
    {
      method: "POST",
      headers: { ...signed("sqs"), ...FORM },
      body: "Action=GetQueueUrl&QueueName=q",
    },
    gone,
  );
  assert.match(
    query.text,
    /<ErrorResponse xmlns="http:\/\/queue.amazonaws.com\/doc\/2012-11-05\/"><Error><Type>Sender<\/Type><Code>AWS.SimpleQueueService.NonExistentQueue<\/Code><Message>The specified queue does not exist for this wsdl version.<\/Message><Detail\/><\/Error>/,
  );
  const missing = await doors.ask("/", {
    method: "POST",
    headers: { ...signed("sqs"), ...json("AmazonSQS.SendMessage") },
    body: '{"QueueUrl":"u"}',
  });
  assert.equal(missing.headers.get("x-amzn-query-error"), "MissingParameter;Sender");
  assert.match(missing.text, /The request must contain the parameter MessageBody\./);
});
