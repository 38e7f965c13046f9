import { randomBytes } from "node:crypto";
import type { Recordings } from "../harness.ts";
import { messagesOf, type Protocol, type SqsFixture, withoutDetail } from "./fixture.ts";

/** Messages and batches that are sent, and those that are refused. */
export function playSending({ play }: Recordings, fixture: () => SqsFixture): void {
  const name = (test: string, protocol: Protocol) => `TestSqsProvider::${test}[${protocol}]`;
  const both = (["sqs", "sqs_query"] as const).values().toArray();

  for (const protocol of both)
    play(name("test_send_receive_max_number_of_messages", protocol), async (answers) => {
      const sqs = fixture()[protocol];
      const url = await sqs.queue();
      answers.equal(
        "send_max_number_of_messages",
        await sqs.receive(url, { MaxNumberOfMessages: 11 }),
      );
    });

  play(
    name("test_send_message_with_updated_maximum_message_size", "sqs_query"),
    async (answers) => {
      const sqs = fixture().sqs_query;
      const url = await sqs.queue();
      await sqs.call("SetQueueAttributes", {
        QueueUrl: url,
        Attributes: { MaximumMessageSize: "1024" },
      });
      answers.equal("send_oversized_message", await sqs.send(url, "a".repeat(1025)));
    },
  );

  play(name("test_send_message_batch_with_oversized_contents", "sqs_query"), async (answers) => {
    const sqs = fixture().sqs_query;
    const QueueUrl = await sqs.queue();
    const Entries = [
      { Id: "1", MessageBody: "a".repeat(1_048_576) },
      { Id: "2", MessageBody: "a" },
    ];
    answers.equal(
      "send_oversized_message_batch",
      await sqs.call("SendMessageBatch", { QueueUrl, Entries }),
    );
  });

  play(
    name(
      "test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size",
      "sqs_query",
    ),
    async (answers) => {
      const sqs = fixture().sqs_query;
      const QueueUrl = await sqs.queue({ MaximumMessageSize: "2048" });
      const MessageAttributes = { k: { DataType: "String", StringValue: "x" } };
      const Entries = [
        { Id: "1", MessageBody: "a".repeat(2040), MessageAttributes },
        { Id: "2", MessageBody: "a" },
      ];
      answers.equal(
        "send_oversized_message_batch",
        await sqs.call("SendMessageBatch", { QueueUrl, Entries }),
      );
    },
  );

  play(name("test_too_many_entries_in_batch_request", "sqs_query"), async (answers) => {
    const sqs = fixture().sqs_query;
    const Entries = Array.from({ length: 20 }, (_, n) => ({ Id: `${n}`, MessageBody: `${n}` }));
    answers.equal(
      "test_too_many_entries_in_batch_request",
      await sqs.call("SendMessageBatch", { QueueUrl: await sqs.queue(), Entries }),
    );
  });

  play(name("test_invalid_batch_id", "sqs_query"), async (answers) => {
    const sqs = fixture().sqs_query;
    const Entries = [{ Id: "no:id", MessageBody: "a" }];
    answers.equal(
      "test_invalid_batch_id",
      await sqs.call("SendMessageBatch", { QueueUrl: await sqs.queue(), Entries }),
    );
  });

  for (const protocol of both) {
    play(
      name("test_send_batch_missing_deduplication_id_for_fifo_queue", protocol),
      async (answers) => {
        const sqs = fixture()[protocol];
        const QueueUrl = await sqs.queue({ FifoQueue: "true" });
        const Entries = [
          { Id: "1", MessageBody: "a", MessageGroupId: "g", MessageDeduplicationId: "1" },
          { Id: "2", MessageBody: "a", MessageGroupId: "g" },
        ];
        answers.equal(
          "test_missing_deduplication_id_for_fifo_queue",
          await sqs.call("SendMessageBatch", { QueueUrl, Entries }),
        );
      },
    );

    play(
      name("test_send_batch_missing_message_group_id_for_fifo_queue", protocol),
      async (answers) => {
        const sqs = fixture()[protocol];
        const QueueUrl = await sqs.queue({ FifoQueue: "true" });
        const Entries = [{ Id: "1", MessageBody: "a", MessageDeduplicationId: "1" }];
        answers.equal(
          "test_missing_message_group_id_for_fifo_queue",
          await sqs.call("SendMessageBatch", { QueueUrl, Entries }),
        );
      },
    );

    play(name("test_send_message_with_empty_string_attribute", protocol), async (answers) => {
      const sqs = fixture()[protocol];
      const MessageAttributes = { ErrorDetails: { StringValue: "", DataType: "String" } };
      answers.equal(
        "empty-string-attr",
        await sqs.send(await sqs.queue(), "a", { MessageAttributes }),
      );
    });

    play(
      name("test_fifo_queue_send_message_with_delay_seconds_fails", protocol),
      async (answers) => {
        const sqs = fixture()[protocol];
        const url = await sqs.queue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
        answers.equal(
          "send_message",
          await sqs.send(url, "a", { MessageGroupId: "g", DelaySeconds: 2 }),
        );
      },
    );
  }

  const LONG = "testLongId".repeat(10);
  for (const id of ["", LONG, "invalid:id"])
    play(
      `TestSqsProvider::test_delete_message_batch_invalid_msg_id[sqs_query-${id}]`,
      async (answers) => {
        const sqs = fixture().sqs_query;
        const QueueUrl = await sqs.queue();
        const Entries = [{ Id: id, ReceiptHandle: "a" }];
        answers.equal(
          "error_response",
          withoutDetail(await sqs.call("DeleteMessageBatch", { QueueUrl, Entries })),
        );
      },
    );

  for (const [test, action] of [
    ["test_delete_message_batch_with_too_large_batch", "DeleteMessageBatch"],
    ["test_change_message_visibility_batch_with_too_large_batch", "ChangeMessageVisibilityBatch"],
  ] as const)
    play(name(test, "sqs_query"), async (answers) => {
      const sqs = fixture().sqs_query;
      const QueueUrl = await sqs.queue();
      const Entries = Array.from({ length: 20 }, (_, n) => ({
        Id: `${n}`,
        ReceiptHandle: "a",
        ...(action === "DeleteMessageBatch" ? {} : { VisibilityTimeout: 5 }),
      }));
      answers.equal("error_response", withoutDetail(await sqs.call(action, { QueueUrl, Entries })));
    });

  play(name("test_send_message_with_binary_attributes", "sqs_query"), async (answers) => {
    const sqs = fixture().sqs_query;
    const url = await sqs.queue();
    const text = "traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01";
    await sqs.send(url, "test", {
      MessageAttributes: { attr1: { DataType: "Binary", BinaryValue: Buffer.from(text) } },
    });
    const received = await sqs.receive(url, { MessageAttributeNames: ["All"] });
    // Recorded as Python writes bytes.
    for (const { MessageAttributes } of messagesOf(received)) {
      const { attr1 } = MessageAttributes as unknown as { attr1: { BinaryValue: unknown } };
      attr1.BinaryValue = `b'${String(attr1.BinaryValue).replace("\x1e", "\\x1e")}'`;
    }
    answers.equal("binary-attrs-msg", received);
  });

  play(name("test_send_empty_message", "sqs"), async (answers) => {
    const sqs = fixture().sqs;
    answers.equal("send_empty_message", await sqs.send(await sqs.queue(), ""));
  });

  for (const [kind, MessageGroupId] of [
    ["empty", ""],
    ["spaces", "group 123"],
  ] as const)
    play(
      `TestSqsProvider::test_send_message_to_standard_queue_with_invalid_message_group_id[${kind}]`,
      async (answers) => {
        const sqs = fixture().sqs;
        answers.equal("error-response", await sqs.send(await sqs.queue(), "a", { MessageGroupId }));
      },
    );

  for (const [kind, MessageDeduplicationId] of [
    ["empty", ""],
    ["too_long", "a".repeat(129)],
    ["spaces", "group 123"],
  ] as const)
    play(`TestSqsProvider::test_message_deduplication_id_invalid[${kind}]`, async (answers) => {
      const sqs = fixture().sqs;
      const url = await sqs.queue({ FifoQueue: "true" });
      answers.equal(
        "error-response",
        await sqs.send(url, "a", { MessageGroupId: "g", MessageDeduplicationId }),
      );
    });

  play(
    name("test_aws_trace_header_propagation", "sqs_query"),
    async (answers) => {
      const sqs = fixture().sqs_query;
      const url = await sqs.queue();
      const { Attributes } = answers.recorded("xray-msg") as {
        Attributes: { AWSTraceHeader: string };
      } satisfies object;
      await sqs.send(url, "test", {
        MessageAttributes: { timestamp: { StringValue: "1493147359900", DataType: "Number" } },
        MessageSystemAttributes: {
          AWSTraceHeader: { StringValue: Attributes.AWSTraceHeader, DataType: "String" },
        },
      });
      const received = await sqs.receive(url, {
        AttributeNames: ["SentTimestamp", "AWSTraceHeader"],
        MessageAttributeNames: ["All"],
      });
      answers.equal("xray-msg", messagesOf(received)[0]);
    },
    TIMES,
  );

  play(name("test_successive_purge_calls_fail", "sqs"), (answers) => purgeTwice("sqs", answers));
  play(name("test_successive_purge_calls_fail", "sqs_query"), (answers) =>
    purgeTwice("sqs_query", answers),
  );

  async function purgeTwice(
    protocol: Protocol,
    answers: { equal(name: string, actual: unknown): void },
  ): Promise<void> {
    const sqs = fixture()[protocol];
    const QueueUrl = await sqs.queue();
    await sqs.call("PurgeQueue", { QueueUrl });
    answers.equal("purge_queue_error", await sqs.call("PurgeQueue", { QueueUrl }));
  }
}

/** Times and such are written so. */
export const TIMES = { anything: ["timestamp"] };

export const token = (): string => randomBytes(4).toString("hex");
