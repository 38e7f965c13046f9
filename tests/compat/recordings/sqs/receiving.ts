import type { Comparison, Recordings } from "../harness.ts";
import { arnOf, messagesOf, type Protocol, type Sqs, type SqsFixture } from "./fixture.ts";
import { TIMES } from "./sending.ts";

/** What receivers are told of messages, and how long these are hidden. */
export function playReceiving({ play }: Recordings, fixture: () => SqsFixture): void {
  const name = (test: string, protocol: Protocol) => `TestSqsProvider::${test}[${protocol}]`;
  const visible = { VisibilityTimeout: 0 };

  play(name("test_receive_message_message_attribute_names_filters", "sqs"), async (answers) => {
    const sqs = fixture().sqs;
    const url = await sqs.queue();
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    const MessageAttributes = {
      Hello: text("There"),
      General: text("Kenobi"),
      "Help.Me": text("Me"),
    };
    answers.equal("send_message_response", await sqs.send(url, "msg", { MessageAttributes }));
    const receive = (...MessageAttributeNames: string[]) =>
      sqs.receive(url, { ...visible, MessageAttributeNames });
    answers.equal("empty_filter", await receive());
    answers.equal("all_name", await receive("All"));
    for (const [recorded, ...names] of [
      ["all_wildcard_asterisk", "*"],
      ["all_wildcard", ".*"],
      ["only_non_existing_names", "Foo", "Bar"],
      ["only_existing", "Hello", "General"],
      ["existing_and_non_existing", "Foo", "Hello"],
      ["prefix_filter", "Hel.*"],
    ] as const)
      answers.equal(recorded, messagesOf(await receive(...names))[0]);
    answers.equal("illegal_name_1", await receive("AWS."));
    answers.equal("illegal_name_2", await receive("..foo"));
  });

  for (const [test, names] of [
    ["test_receive_message_attribute_names_filters", "AttributeNames"],
    ["test_receive_message_message_system_attribute_names_filters", "MessageSystemAttributeNames"],
  ] as const)
    play(
      name(test, "sqs_query"),
      async (answers) => {
        const sqs = fixture().sqs_query;
        const url = await sqs.queue();
        const MessageAttributes = { Foo: { DataType: "String", StringValue: "Bar" } };
        await sqs.send(url, "msg", { MessageAttributes });
        const receive = (system: string[], MessageAttributeNames: string[] = []) =>
          sqs.receive(url, { ...visible, [names]: system, MessageAttributeNames });
        answers.equal("all_attributes", await receive(["All"]));
        answers.equal("all_system_and_message_attributes", await receive(["All"], ["All"]));
        answers.equal("single_attribute", await receive(["SenderId"]));
        answers.equal("multiple_attributes", await receive(["SenderId", "SequenceNumber"]));
      },
      TIMES,
    );

  play(
    name("test_message_system_attribute_names_with_attribute_names", "sqs"),
    async (answers) => {
      const sqs = fixture().sqs;
      const url = await sqs.queue();
      await sqs.send(url, "msg");
      const receive = (AttributeNames: string[], MessageSystemAttributeNames: string[]) =>
        sqs.receive(url, { ...visible, AttributeNames, MessageSystemAttributeNames });
      answers.equal("same_values", await receive(["All"], ["All"]));
      answers.equal("different_values", await receive(["All"], ["SenderId"]));
    },
    TIMES,
  );

  play(name("test_send_receive_wait_time_seconds", "sqs"), async (answers) => {
    const sqs = fixture().sqs;
    const url = await sqs.queue();
    const receive = (more: object) => sqs.receive(url, more as Record<string, unknown>);
    answers.equal("recieve_message_error_too_large", await receive({ WaitTimeSeconds: 21 }));
    answers.equal("recieve_message_error_too_small", await receive({ WaitTimeSeconds: -1 }));
    await sqs.send(url, "message");
    answers.equal("empty_short_poll_by_default_resp", await receive({}));
    await sqs.send(url, "message");
    answers.equal("empty_short_poll_explicit_resp", await receive({ WaitTimeSeconds: 0 }));
  });

  for (const protocol of ["sqs", "sqs_query"] as const) {
    play(name("test_receive_empty_queue", protocol), async (answers) => {
      const sqs = fixture()[protocol];
      const url = await sqs.queue();
      answers.equal("empty_short_poll_resp_no_param", await sqs.receive(url));
      answers.equal("empty_short_poll_resp", await sqs.receive(url, { WaitTimeSeconds: 0 }));
      answers.equal("empty_long_poll_resp", await sqs.receive(url, { WaitTimeSeconds: 1 }));
    });

    play(name("test_delete_after_visibility_timeout", protocol), async (answers) => {
      const sqs = fixture()[protocol];
      const url = await sqs.queue();
      await sqs.send(url, "foobar");
      const received = await sqs.receive(url, { VisibilityTimeout: 1 });
      await sqs.inFlight(url, 0);
      await sqs.drop(url, received);
      answers.equal("delete_after_timeout_queue_empty", await sqs.receive(url));
    });
  }

  play(name("test_fifo_delete_after_visibility_timeout", "sqs"), async (answers) => {
    const sqs = fixture().sqs;
    const QueueUrl = await sqs.queue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
    await sqs.send(QueueUrl, "foobar", { MessageGroupId: "g" });
    const received = await sqs.receive(QueueUrl, { VisibilityTimeout: 1 });
    answers.equal("received_sqs_message", received);
    await sqs.inFlight(QueueUrl, 0);
    const { ReceiptHandle } = messagesOf(received)[0] ?? {};
    answers.equal(
      "delete_after_timeout_fifo",
      await sqs.call("DeleteMessage", { QueueUrl, ReceiptHandle }),
    );
  });

  play("TestSqsProvider::test_dead_letter_queue_message_attributes", deadLetters, TIMES);

  async function deadLetters(answers: Comparison): Promise<void> {
    const sqs: Sqs = fixture().sqs;
    const dead = await sqs.queue();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 1 });
    const source = await sqs.queue({ VisibilityTimeout: "0", RedrivePolicy });
    answers.equal("dlq-arn", arnOf(dead));
    answers.equal("sourcen-arn", arnOf(source));
    const [first] = answers.recorded("rec-pre-dlq") as {
      Attributes: { AWSTraceHeader: string };
    }[];
    await sqs.send(source, "message-1", {
      MessageAttributes: { MyAttribute: { StringValue: "foobar", DataType: "String" } },
      MessageSystemAttributes: {
        AWSTraceHeader: { StringValue: first?.Attributes.AWSTraceHeader, DataType: "String" },
      },
    });
    await sqs.send(source, "message-2");
    const AttributeNames = [
      "ApproximateFirstReceiveTimestamp",
      "ApproximateReceiveCount",
      "SentTimestamp",
      "AWSTraceHeader",
      "DeadLetterQueueSourceArn",
    ];
    const receive = async (url: string) =>
      messagesOf(
        await sqs.receive(url, {
          AttributeNames,
          MessageAttributeNames: ["All"],
          MaxNumberOfMessages: 10,
        }),
      );
    answers.equal("rec-pre-dlq", await receive(source));
    await sqs.receive(source, { MaxNumberOfMessages: 10 });
    answers.equal("dlq-messages", await receive(dead));
  }
}
