import type { Comparison, Recordings } from "../harness.ts";
import { type Answered, messagesOf, type Protocol, readJson, type SqsFixture } from "./fixture.ts";
import { TIMES } from "./sending.ts";

const FIFO = { FifoQueue: "true" };
const CONTENT = { ...FIFO, ContentBasedDeduplication: "true" };
const HIGH = { DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" };
const REGULAR = { DeduplicationScope: "queue", FifoThroughputLimit: "perQueue" };

/** Groups, their order, and what is a duplicate. */
export function playFifo({ play }: Recordings, fixture: () => SqsFixture): void {
  const name = (test: string, protocol: Protocol) => `TestSqsProvider::${test}[${protocol}]`;
  const of = (MessageGroupId: string, MessageDeduplicationId?: string) => ({
    MessageGroupId,
    MessageDeduplicationId,
  });

  play(name("test_fifo_empty_message_groups_added_back_to_queue", "sqs"), async (answers) => {
    const sqs = fixture().sqs;
    const url = await sqs.queue(CONTENT);
    await sqs.send(url, "Message 1", of("g"));
    const first = await sqs.receive(url);
    answers.equal("inital-fifo-receive", first);
    await sqs.drop(url, first);
    answers.equal("empty-fifo-receive", await sqs.receive(url));
    await sqs.send(url, "Message 2", of("g"));
    answers.equal("final-fifo-receive", await sqs.receive(url));
  });

  play(
    name("test_fifo_message_attributes", "sqs_query"),
    async (answers) => {
      const sqs = fixture().sqs_query;
      const url = await sqs.queue(FIFO);
      answers.equal(
        "send_message",
        await sqs.send(url, "message-body-1", of("group-1", "dedup-1")),
      );
      const receive = () => sqs.receive(url, { AttributeNames: ["All"], VisibilityTimeout: 0 });
      answers.equal("receive_message_0", await receive());
      answers.equal("receive_message_1", await receive());
    },
    TIMES,
  );

  for (const protocol of ["sqs", "sqs_query"] as const) {
    play(
      name("test_fifo_set_content_based_deduplication_strategy", protocol),
      async (answers) => {
        const sqs = fixture()[protocol];
        const QueueUrl = await sqs.queue(CONTENT);
        answers.equal("before-update", await sqs.attributes(QueueUrl));
        const Attributes = { ContentBasedDeduplication: "false" };
        await sqs.call("SetQueueAttributes", { QueueUrl, Attributes });
        answers.equal("after-update", await sqs.attributes(QueueUrl));
      },
      TIMES,
    );

    play(
      name("test_sqs_fifo_message_group_scope_no_throughput_setting", protocol),
      async (answers) =>
        twoGroups(
          answers,
          protocol,
          { ...FIFO, DeduplicationScope: "messageGroup" },
          "Test",
          "Test",
        ),
    );

    play(
      name("test_fifo_queue_send_message_with_zero_delay_defaults_to_queue_delay", protocol),
      async (answers) => {
        const sqs = fixture()[protocol];
        const url = await sqs.queue({ ...CONTENT, DelaySeconds: "1" });
        answers.equal(
          "send_message_result",
          await sqs.send(url, "message-1", { ...of("g"), DelaySeconds: 0 }),
        );
        answers.equal("receive_message_initial_result", await sqs.receive(url));
        answers.equal(
          "receive_message_after_delay_result",
          await sqs.receive(url, { WaitTimeSeconds: 10 }),
        );
      },
    );

    play(
      name("test_fifo_change_to_high_throughput_after_creation", protocol),
      async (answers) => {
        const sqs = fixture()[protocol];
        const QueueUrl = await sqs.queue({ ...FIFO, ...REGULAR });
        await twoGroups(answers, protocol, QueueUrl, "Test1", "Test2");
        await sqs.call("SetQueueAttributes", { QueueUrl, Attributes: HIGH });
        answers.equal("set-to-high-throughput", await sqs.attributes(QueueUrl));
        const next = async (recorded: string, body: string, group: string, id: string) => {
          await sqs.send(QueueUrl, body, of(group, id));
          const received = await sqs.receive(QueueUrl);
          answers.equal(recorded, received);
          await sqs.drop(QueueUrl, received);
        };
        await next("same-dedup-different-grp-high-throughput", "Test3", "1", "dedup");
        await next("same-dedup-different-grp-high-throughput-2", "Test3", "3", "dedup");
        await next("new-dedup2-high-throughput", "Test4", "1", "dedup2");
        await next("same-dedup2-high-throughput", "Test5", "1", "dedup2");
      },
      TIMES,
    );
  }

  play(
    name("test_fifo_change_to_regular_throughput_after_creation", "sqs_query"),
    async (answers) => {
      const sqs = fixture().sqs_query;
      const QueueUrl = await sqs.queue({ ...FIFO, ...HIGH });
      await twoGroups(answers, "sqs_query", QueueUrl, "Test1", "Test2");
      await sqs.call("SetQueueAttributes", { QueueUrl, Attributes: REGULAR });
      answers.equal("set-to-regular-throughput", await sqs.attributes(QueueUrl));
      await sqs.send(QueueUrl, "Test3", of("3", "dedup"));
      answers.equal("same-dedup-different-grp-regular-throughput", await sqs.receive(QueueUrl));
    },
    TIMES,
  );

  play(name("test_fifo_high_throughput_ordering", "sqs"), (answers) =>
    twoGroups(answers, "sqs", { ...FIFO, ...HIGH }, "Test1", "Test2"),
  );
  play(name("test_sqs_fifo_same_dedup_id_different_message_groups", "sqs_query"), (answers) =>
    twoGroups(answers, "sqs_query", FIFO, "Test", "Test"),
  );

  /** Sends two messages of one deduplication id in two groups, and receives twice. */
  async function twoGroups(
    answers: Comparison,
    protocol: Protocol,
    queue: string | Record<string, string>,
    ...bodies: [string, string]
  ): Promise<void> {
    const sqs = fixture()[protocol];
    const url = typeof queue === "string" ? queue : await sqs.queue(queue);
    for (const [index, body] of bodies.entries())
      await sqs.send(url, body, of(`${index + 1}`, "dedup"));
    for (const recorded of ["same-dedup-different-grp-1", "same-dedup-different-grp-2"]) {
      const received = await sqs.receive(url);
      answers.equal(recorded, received);
      await sqs.drop(url, received);
    }
  }

  const jsonBody = (received: Answered) => readJson(received, "Messages", "Body");
  const BODY = '{"foo": "bar"}';

  play(
    "TestSqsProvider::test_fifo_deduplication_arrives_once_after_delete[sqs-False]",
    async (answers) => {
      const sqs = fixture().sqs;
      const url = await sqs.queue(FIFO);
      await sqs.send(url, BODY, of("g", "1"));
      const first = await sqs.receive(url);
      answers.equal("get-messages", jsonBody(first));
      await sqs.drop(url, first);
      await sqs.send(url, BODY, of("g", "1"));
      answers.equal("get-messages-duplicate", await sqs.receive(url));
    },
  );

  for (const content of ["True", "False"])
    play(
      `TestSqsProvider::test_fifo_deduplication_not_on_message_group_id[sqs_query-${content}]`,
      async (answers) => {
        const sqs = fixture().sqs_query;
        const url = await sqs.queue(content === "True" ? CONTENT : FIFO);
        const id = content === "True" ? undefined : "1";
        await sqs.send(url, BODY, of("a", id));
        await sqs.send(url, BODY, of("b", id));
        const first = await sqs.receive(url);
        answers.equal("get-messages", jsonBody(first));
        await sqs.drop(url, first);
        answers.equal("get-dedup-messages", await sqs.receive(url));
      },
    );

  for (const [kind, hidden, protocols] of [
    ["no-invisible", 0, ["sqs", "sqs_query"]],
    ["1-visible", 2, ["sqs", "sqs_query"]],
    ["2-visible", 1, ["sqs"]],
    ["all-invisible", 3, ["sqs", "sqs_query"]],
  ] as const)
    for (const protocol of protocols)
      play(
        `TestSqsProvider::test_fifo_group_visibility_extends_with_change_message_visibility[${protocol}-${kind}]`,
        async (answers) => {
          const sqs = fixture()[protocol];
          const QueueUrl = await sqs.queue(CONTENT);
          for (const body of ["foo", "bar", "baz"]) await sqs.send(QueueUrl, body, of("g"));
          const received = await sqs.receive(QueueUrl, {
            MaxNumberOfMessages: 3,
            VisibilityTimeout: 1,
          });
          answers.equal("receive_all_messages", received);
          for (const { ReceiptHandle } of messagesOf(received).slice(3 - hidden))
            await sqs.call("ChangeMessageVisibility", {
              QueueUrl,
              ReceiptHandle,
              VisibilityTimeout: 30,
            });
          await sqs.inFlight(QueueUrl, hidden);
          answers.equal(
            "some-messages-invisible",
            await sqs.receive(QueueUrl, { MaxNumberOfMessages: 2 }),
          );
        },
      );
}
