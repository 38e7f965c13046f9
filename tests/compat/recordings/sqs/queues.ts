import type { Recordings } from "../harness.ts";
import {
  ACCOUNT,
  type Answered,
  arnOf,
  newName,
  type Protocol,
  readJson,
  type SqsFixture,
} from "./fixture.ts";
import { TIMES } from "./sending.ts";

/** Queues: their attributes, tags, policies, and tasks that move messages. */
export function playQueues({ play }: Recordings, fixture: () => SqsFixture): void {
  const name = (test: string, protocol: Protocol) => `TestSqsProvider::${test}[${protocol}]`;

  play(name("test_tag_untag_queue", "sqs"), async (answers) => {
    const { call, queue } = fixture().sqs;
    const QueueUrl = await queue();
    const tags = () => call("ListQueueTags", { QueueUrl });
    await call("TagQueue", { QueueUrl, Tags: { tag1: "value1", tag2: "value2", tag3: "" } });
    answers.equal("get-tag-1", await tags());
    await call("UntagQueue", { QueueUrl, TagKeys: ["tag1", "tag3"] });
    answers.equal("get-tag-2", await tags());
    await call("UntagQueue", { QueueUrl, TagKeys: ["tag2"] });
    answers.equal("get-tag-after-untag", await tags());
  });

  // Recorded with a client of the JSON protocol, whatever its name says.
  play(
    name("test_create_fifo_queue_with_different_attributes_raises_error", "sqs_query"),
    async (answers) => {
      const { call } = fixture().sqs;
      const QueueName = `${newName()}.fifo`;
      const create = (ContentBasedDeduplication: string) =>
        call("CreateQueue", {
          QueueName,
          Attributes: { FifoQueue: "true", ContentBasedDeduplication },
        });
      await create("true");
      answers.equal("queue-already-exists", await create("false"));
    },
  );

  play(
    name("test_create_and_update_queue_attributes", "sqs_query"),
    async (answers) => {
      const { call, queue, attributes } = fixture().sqs_query;
      const QueueUrl = await queue({
        MessageRetentionPeriod: "604800",
        ReceiveMessageWaitTimeSeconds: "10",
        VisibilityTimeout: "20",
      });
      answers.equal("get_queue_attributes", await attributes(QueueUrl));
      const Attributes = {
        DelaySeconds: "420",
        MaximumMessageSize: "2048",
        VisibilityTimeout: "69",
      };
      await call("SetQueueAttributes", { QueueUrl, Attributes });
      answers.equal("get_updated_queue_attributes", await attributes(QueueUrl));
    },
    TIMES,
  );

  play(
    name("test_set_queue_attributes_default_values", "sqs"),
    async (answers) => {
      const { call, queue, attributes } = fixture().sqs;
      const QueueUrl = await queue();
      answers.equal("get-queue-attributes-initial-values", await attributes(QueueUrl));
      const set = (KmsMasterKeyId: string, KmsDataKeyReusePeriodSeconds: string) =>
        call("SetQueueAttributes", {
          QueueUrl,
          Attributes: { KmsMasterKeyId, KmsDataKeyReusePeriodSeconds },
        });
      await set("testKeyId", "6000");
      answers.equal("get-queue-attributes-after-update", await attributes(QueueUrl));
      await set("", "300");
      answers.equal("get-queue-attributes-after-set-to-defaults", await attributes(QueueUrl));
    },
    TIMES,
  );

  play(name("test_set_unsupported_attribute_standard", "sqs"), async (answers) => {
    const { call, queue } = fixture().sqs;
    const QueueUrl = await queue();
    const set = (FifoQueue: string) =>
      call("SetQueueAttributes", { QueueUrl, Attributes: { FifoQueue } });
    answers.equal("invalid-attr-name-1", await set("true"));
    answers.equal("invalid-attr-name-2", await set("false"));
  });

  // Recorded with a client of the JSON protocol, both times.
  for (const protocol of ["sqs", "sqs_query"] as const)
    play(
      name("test_create_standard_queue_with_fifo_attribute_raises_error", protocol),
      async (answers) => {
        const { call } = fixture().sqs;
        const create = (Attributes: Record<string, string>) =>
          call("CreateQueue", { QueueName: newName(), Attributes });
        answers.equal("invalid-attribute-fifo-queue", await create({ FifoQueue: "false" }));
        answers.equal(
          "invalid-attribute-content-based-deduplication",
          await create({ ContentBasedDeduplication: "true" }),
        );
        answers.equal(
          "invalid-attribute-deduplication-scope",
          await create({ DeduplicationScope: "queue" }),
        );
        answers.equal(
          "invalid-attribute-throughput-limit",
          await create({ FifoThroughputLimit: "perQueue" }),
        );
      },
    );

  play(name("test_sqs_permission_lifecycle", "sqs_query"), async (answers) => {
    const { call, queue } = fixture().sqs_query;
    const QueueUrl = await queue();
    const [first, second] = ["crossaccountpermission", "crossaccountpermission2"] as const;
    const add = (Label: string, ...AWSAccountIds: string[]) =>
      call("AddPermission", { QueueUrl, Label, AWSAccountIds, Actions: ["ReceiveMessage"] });
    const remove = (Label: string) => call("RemovePermission", { QueueUrl, Label });
    const policy = async () => {
      const AttributeNames = ["Policy"];
      const found = await call("GetQueueAttributes", { QueueUrl, AttributeNames });
      return readJson(found, "Attributes", "Policy");
    };
    answers.equal("add-permission-response", await add(first, "668614515564", ACCOUNT));
    answers.equal("get-queue-policy-attribute", await policy());
    answers.equal("remove-permission-response", await remove(first));
    answers.equal("get-queue-policy-attribute-after-removal", await policy());
    await add(first, ACCOUNT);
    answers.equal("get-queue-policy-attribute-first-account-same-label", await policy());
    answers.equal(
      "get-queue-policy-attribute-second-account-same-label",
      await add(first, "668614515564"),
    );
    await add(second, ACCOUNT);
    answers.equal("get-queue-policy-attribute-second-account-different-label", await policy());
    await remove(first);
    answers.equal("get-queue-policy-attribute-delete-first-permission", await policy());
    await remove(second);
    answers.equal("get-queue-policy-attribute-delete-second-permission", await policy());
    answers.equal("get-queue-policy-attribute-delete-non-existent-label", await remove(second));
  });

  const cancelling: readonly [test: string, handle: (sourceArn: string) => string][] = [
    ["test_cancel_with_invalid_task_handle", () => "foobar"],
    [
      "test_cancel_with_invalid_source_arn_in_task_handle",
      (sourceArn) => handleOf(`${sourceArn}-invalid`),
    ],
    ["test_cancel_with_invalid_task_id_in_task_handle", handleOf],
  ];
  for (const [test, handle] of cancelling)
    play(test, async (answers) => {
      const { call, queue } = fixture().sqs;
      const TaskHandle = handle(arnOf(await queue()));
      answers.equal("error", await call("CancelMessageMoveTask", { TaskHandle }));
    });

  play("test_move_task_with_throughput_limit", async (answers) => {
    const { call } = fixture().sqs;
    const { SourceArn, DestinationArn } = await deadLetters(2);
    const MaxNumberOfMessagesPerSecond = 1;
    answers.equal(
      "start-message-move-task-response",
      await call("StartMessageMoveTask", {
        SourceArn,
        DestinationArn,
        MaxNumberOfMessagesPerSecond,
      }),
    );
  });

  play(
    "test_move_task_delete_destination_queue_while_running",
    async (answers) => {
      const { call } = fixture().sqs;
      const { SourceArn, DestinationArn, destination } = await deadLetters(10);
      const MaxNumberOfMessagesPerSecond = 1;
      await call("StartMessageMoveTask", {
        SourceArn,
        DestinationArn,
        MaxNumberOfMessagesPerSecond,
      });
      const list = () => call("ListMessageMoveTasks", { SourceArn });
      const task = async () => ((await list())["Results"] as Answered[])[0] ?? {};
      while (Number((await task())["ApproximateNumberOfMessagesMoved"]) < 3) await tick();
      await call("DeleteQueue", { QueueUrl: destination });
      while ((await task())["Status"] === "RUNNING") await tick();
      answers.equal("list", await list());
    },
    TIMES,
  );

  /** A dead-letter queue that holds so many messages, and where they may go. */
  async function deadLetters(count: number) {
    const { queue, send } = fixture().sqs;
    const source = await queue();
    const destination = await queue();
    const policy = { deadLetterTargetArn: arnOf(source), maxReceiveCount: 1 };
    await queue({ RedrivePolicy: JSON.stringify(policy) });
    for (let n = 0; n < count; n++) await send(source, `message ${n}`);
    return { SourceArn: arnOf(source), DestinationArn: arnOf(destination), destination };
  }
}

const handleOf = (sourceArn: string): string =>
  Buffer.from(
    JSON.stringify({ taskId: "10f57157-fc38-4da9-a113-4de7e12d05dd", sourceArn }),
  ).toString("base64");

const tick = () => new Promise((resolve) => setTimeout(resolve, 20));
