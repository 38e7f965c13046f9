/** AWS's recordings of EventBridge Scheduler, against the platform. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe } from "node:test";
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  ListTagsForResourceCommand,
  SchedulerClient,
  type SchedulerServiceException,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-scheduler";
import { clientSettings, startPlatform, type TestPlatform } from "../../../platform.ts";
import { openRecordings } from "../harness.ts";

const ACCOUNT = "000000000000";
const Tags = [{ Key: "TagKey", Value: "TagValue" }];

describe("recordings of EventBridge Scheduler", () => {
  let platform: TestPlatform;
  let client: SchedulerClient;
  let names = 0;

  before(async () => {
    platform = await startPlatform();
    client = openClient(platform.origin);
  });
  after(async () => {
    client.destroy();
    await platform.stop();
  });

  const newName = () => `recorded-${++names}`;

  const create = (input: Partial<CreateScheduleCommandInput>) =>
    answer(
      client.send(
        new CreateScheduleCommand({
          Name: newName(),
          ScheduleExpression: undefined,
          FlexibleTimeWindow: { MaximumWindowInMinutes: 4, Mode: "FLEXIBLE" },
          Target: {
            Arn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:foo`,
            RoleArn: `arn:aws:iam::${ACCOUNT}:role/test-role`,
          },
          ...input,
        }),
      ),
    );

  async function group(tags: object = {}): Promise<string> {
    const { ScheduleGroupArn = "" } = await client.send(
      new CreateScheduleGroupCommand({ Name: newName(), ...tags }),
    );
    return ScheduleGroupArn;
  }
  const tagsOf = (ResourceArn: string) =>
    answer(client.send(new ListTagsForResourceCommand({ ResourceArn })));

  const { play, finish } = openRecordings("scheduler/scheduler.json");

  play("test_tag_resource", async (answers) => {
    const ResourceArn = await group();
    await client.send(new TagResourceCommand({ ResourceArn, Tags }));
    answers.equal("list-tagged-schedule", await tagsOf(ResourceArn));
  });

  play("test_untag_resource", async (answers) => {
    const ResourceArn = await group({ Tags });
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["TagKey"] }));
    answers.equal("list-untagged-schedule", await tagsOf(ResourceArn));
  });

  for (const expression of [
    "cron(7 20 * * NOT *)",
    "cron(71 8 1 * ? *)",
    "cron()",
    "rate(10 seconds)",
    "rate(10 years)",
    "rate(10 minutess)",
    "rate( 10 minutes )",
    "at(2021-12-31T23:59:59Z)",
  ])
    play(
      `tests_create_schedule_with_invalid_schedule_expression[${expression}]`,
      async (answers) => {
        const failed = await create({ ScheduleExpression: expression });
        answers.equal("invalid-schedule-expression", failed);
      },
    );

  play("tests_create_schedule_with_valid_schedule_expression", async (answers) => {
    const made = await create({ ScheduleExpression: "at(2022-12-12T00:00:00)" });
    answers.equal("valid-schedule-expression", made);
  });

  for (const expression of ["cron(1-31/30 1-1 ? * 1,7 *)", "cron(0 18 ? * MON-FRI *)"])
    play(`test_create_schedule_with_valid_cron_expressions[${expression}]`, async (answers) => {
      answers.equal("create-schedule", await create({ ScheduleExpression: expression }));
    });

  finish(10);
});

/** Keeps the body of every error, since the SDK does not say which of its members the wire had. */
function openClient(origin: string): SchedulerClient {
  const client = new SchedulerClient({ ...clientSettings(origin), maxAttempts: 1 });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: Readable; text?: string };
      if (response.statusCode < 300) return result;
      const bytes = await buffer(response.body);
      response.text = bytes.toString("utf8");
      response.body = Readable.from([bytes]);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return client;
}

/** An answer or an error as boto3 shows it, which made the recordings. */
async function answer(sent: Promise<{ readonly $metadata: object }>): Promise<object> {
  try {
    const { $metadata, ...output } = await sent;
    return { ...output, ...metadata($metadata) };
  } catch (error) {
    const { name, message, $metadata, $response } = error as SchedulerServiceException;
    const { text = "{}" } = $response as { text?: string };
    return { Error: { Code: name, Message: message }, ...JSON.parse(text), ...metadata($metadata) };
  }
}

const metadata = ({ httpStatusCode }: { readonly httpStatusCode?: number }) => ({
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: httpStatusCode },
});
