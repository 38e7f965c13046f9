import type { Recordings } from "../harness.ts";
import { ACCOUNT, type Answered, ENTRY, type EventsFixture, newName, PATTERN } from "./fixture.ts";

export function playTargets({ play }: Recordings, open: () => EventsFixture): void {
  const send = (operation: string, input: object, region?: string) =>
    open().events(operation, input, region);
  const WORDS = { words: ["receipt-handle", "m-d5-of-body"] };
  const bodies = (messages: readonly Answered[]) => messages.map(({ Body }) => Body);

  play("test_process_to_multiple_matching_rules_single_target", async (answers) => {
    const bus = await open().bus();
    const { queue } = await open().ruleTo({ bus, pattern: PATTERN });
    await open().ruleTo({ bus, pattern: PATTERN }, queue);
    await open().put(bus, [ENTRY]);
    answers.equal("events", bodies(await open().receive(queue, 2)));
  });

  play("test_process_to_single_matching_rules_single_target", async (answers) => {
    const bus = await open().bus();
    const queue = await open().queue();
    const got: unknown[] = [];
    for (const source of ["source-one", "source-two", "source-three"])
      await open().ruleTo({ bus, pattern: { source: [source] } }, queue);
    for (const Source of ["source-one", "source-two", "source-three"]) {
      await open().put(bus, [{ ...ENTRY, Source }]);
      got.push(...bodies(await open().receive(queue)));
      answers.equal(`events-${Source}`, got);
    }
  });

  for (const kind of ["standard", "path"])
    play(
      `test_put_events_with_target_sns[${kind}]`,
      async (answers) => {
        const bus = await open().bus();
        const queue = await open().queue();
        const TopicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:${newName()}`;
        await form("CreateTopic", { Name: TopicArn.split(":").at(-1) ?? "" });
        await form("Subscribe", { TopicArn, Protocol: "sqs", Endpoint: queue.arn });
        await open().ruleTo({ bus, pattern: PATTERN, target: { Arn: TopicArn } });
        await open().put(bus, [ENTRY]);
        const [message = {}] = await open().receive(queue);
        answers.equal("messages", [{ ...message, Body: withWords(message["Body"] as Answered) }]);
      },
      {
        words: [
          ...WORDS.words,
          "topic-arn",
          "signature",
          "signing-cert-u-r-l",
          "unsubscribe-u-r-l",
        ],
      },
    );

  const form = async (Action: string, input: Readonly<Record<string, string>>) => {
    const response = await fetch(open().origin, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ Action, Version: "2010-03-31", ...input }),
    });
    if (!response.ok) throw new Error(await response.text());
  };

  play("test_put_events_with_target_kinesis", async (answers) => {
    const kinesis = async (operation: string, input: object) =>
      (await open().call("kinesis", `Kinesis_20131202.${operation}`, input)).body;
    const StreamName = newName();
    await kinesis("CreateStream", { StreamName, ShardCount: 1 });
    for (;;) {
      const { StreamDescription } = await kinesis("DescribeStream", { StreamName });
      if ((StreamDescription as Answered)["StreamStatus"] === "ACTIVE") break;
    }
    const bus = await open().bus();
    const target = {
      Arn: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`,
      KinesisParameters: { PartitionKeyPath: "$.detail-type" },
    };
    await open().ruleTo({ bus, pattern: PATTERN, target });
    await open().put(bus, [ENTRY]);
    const { ShardIterator } = await kinesis("GetShardIterator", {
      StreamName,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    });
    for (;;) {
      const { Records = [] } = await kinesis("GetRecords", { ShardIterator });
      const [record] = Records as readonly {
        readonly Data: string;
        readonly PartitionKey: string;
      }[];
      if (record === undefined) continue;
      if (record.PartitionKey !== ENTRY.DetailType) throw new Error(record.PartitionKey);
      answers.equal("response", JSON.parse(Buffer.from(record.Data, "base64").toString("utf8")));
      return;
    }
  });

  /** Two regions: an event of the first goes on to the second one. */
  for (const kind of ["default", "custom"])
    play(
      `test_event_bus_to_event_bus_cross_account_region[${kind}-region]`,
      async (answers) => {
        const [one, two] = ["us-east-1", "eu-central-1"] as const;
        const first = kind === "custom" ? await open().bus(one) : "default";
        const second = kind === "custom" ? await open().bus(two) : "default";
        const rule = async (region: string, bus: string, pattern: object, Arn: string) => {
          const Name = newName();
          const EventPattern = JSON.stringify(pattern);
          await send("PutRule", { Name, EventBusName: bus, EventPattern }, region);
          const Targets = [{ Id: "1", Arn }];
          await send("PutTargets", { Rule: Name, EventBusName: bus, Targets }, region);
        };
        const [primary, fromFirst, fromSecond] = await Promise.all([
          open().queue(one),
          open().queue(two),
          open().queue(two),
        ]);
        const busArn = `arn:aws:events:${two}:${ACCOUNT}:event-bus/${second}`;
        await rule(one, first, { source: ["source-primary"] }, primary.arn);
        await rule(one, first, { source: ["source-primary"] }, busArn);
        await rule(two, second, { source: ["source-primary"] }, fromFirst.arn);
        await rule(two, second, { source: ["source-secondary"] }, fromSecond.arn);
        const put = (Source: string, EventBusName: string, region: string) =>
          send("PutEvents", { Entries: [{ ...ENTRY, Source, EventBusName }] }, region);
        await put("source-primary", first, one);
        await put("source-secondary", second, two);
        const received = async (queue: typeof primary, region: string) =>
          open().receive(queue, 1, region);
        const name = "messages_primary_queue_from_primary_event_bus";
        answers.equal(name, await received(primary, one));
        const onward = "messages_secondary_queue_from_primary_event_bus";
        answers.equal(onward, await received(fromFirst, two));
        const own = "messages_secondary_queue_from_secondary_event_bus";
        answers.equal(own, await received(fromSecond, two));
      },
      { anything: WORDS.words },
    );
}

/** As the recordings have what differs inside of a topic's message. */
function withWords({ Message, ...body }: Answered): Answered {
  const text = String(Message)
    .replace(/"id":"[^"]*"/, '"id":"message-id"')
    .replace(/"time":"[^"]*"/, '"time":"date"');
  return { ...body, Message: text };
}
