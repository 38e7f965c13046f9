import type { Recordings } from "../harness.ts";
import { ACCOUNT, DETAIL, ENTRY, type EventsFixture, newName, PATTERN } from "./fixture.ts";

export function playPublishing({ play }: Recordings, open: () => EventsFixture): void {
  const send = (operation: string, input: object) => open().events(operation, input);
  const WORDS = { words: ["receipt-handle", "m-d5-of-body"] };

  play("test_put_events_without_source", async (answers) => {
    const { Source: _, ...entry } = ENTRY;
    answers.equal("put-events", await open().put(undefined, [entry]));
  });

  play("test_put_event_with_too_big_detail", async (answers) => {
    const Detail = JSON.stringify({ payload: "p".repeat(1 << 20) });
    const refused = await open().put(undefined, [{ ...ENTRY, Detail }]);
    answers.equal("put-events-too-big-detail-error", refused);
  });

  for (const [name, Detail] of [
    ["STRING", "plain text"],
    ["ARRAY", '["a"]'],
    ["MALFORMED_JSON", '{"a": '],
    ["SERIALIZED_STRING", '"{\\"a\\": 1}"'],
  ])
    play(`test_put_event_malformed_detail[${name}]`, async (answers) => {
      answers.equal("put-events", await open().put(undefined, [{ ...ENTRY, Detail }]));
    });

  play("test_put_events_with_target_delivery_failure", async (answers) => {
    const bus = await open().bus();
    const queue = { url: "", arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${newName()}` };
    await open().ruleTo({ bus, pattern: PATTERN }, queue);
    answers.equal("put-events-response", await open().put(bus, [ENTRY]));
  });

  play(
    "test_put_events_with_time_field",
    async (answers) => {
      const { queue } = await open().ruleTo({ pattern: { source: ["test-source"] } });
      const put = await open().put(undefined, [
        {
          Time: 1640995200,
          Source: "test-source",
          DetailType: "test-detail-type",
          Detail: '{"message": "test message"}',
        },
      ]);
      answers.equal("put-events", put);
      answers.equal("sqs-messages", await open().receive(queue));
    },
    WORDS,
  );

  /** One event on a bus, and what the queue of a rule gets. */
  const received = async (detail: unknown, pattern: object, target?: object) => {
    const bus = await open().bus();
    const { queue } = await open().ruleTo({ bus, pattern, ...(target ? { target } : {}) });
    await open().put(bus, [{ ...ENTRY, Detail: JSON.stringify(detail, null, 1) }]);
    return open().receive(queue);
  };

  play(
    "test_put_events_with_target_sqs",
    async (answers) => answers.equal("message", await received(DETAIL, PATTERN)),
    WORDS,
  );

  play(
    "test_put_events_with_target_sqs_event_detail_match",
    async (answers) => {
      const pattern = { detail: { EventType: ["0", "1"] } };
      const bus = await open().bus();
      const { queue } = await open().ruleTo({ bus, pattern, target: { InputPath: "$.detail" } });
      for (const EventType of ["1", "2"])
        await open().put(bus, [{ ...ENTRY, Detail: JSON.stringify({ EventType }) }]);
      answers.equal("messages", await open().receive(queue));
    },
    WORDS,
  );

  play("test_put_events_pattern_nested", async (answers) => {
    const pattern = { detail: { event: { data: { type: ["1"] } } } };
    const detail = { event: { data: { type: "1" } } };
    answers.equal("messages", await received(detail, pattern, { InputPath: "$.detail" }));
  });

  play("test_put_events_pattern_with_values_in_array", async (answers) => {
    const bus = await open().bus();
    const pattern = { detail: { event: { data: { type: ["1", "2"] } } } };
    const { queue } = await open().ruleTo({ bus, pattern, target: { InputPath: "$.detail" } });
    for (const type of [["3", "1"], ["2"], ["3"]]) {
      const Detail = JSON.stringify({ event: { data: { type } } });
      await open().put(bus, [{ ...ENTRY, Detail }]);
    }
    answers.equal("messages", await open().receive(queue, 2));
  });

  play("test_put_events_with_rule_pattern_exists_false", async (answers) => {
    const bus = await open().bus();
    const pattern = { detail: { key: [{ exists: false }] } };
    const { queue } = await open().ruleTo({ bus, pattern });
    for (const detail of [
      { key: "value", payload: "foo" },
      { "no-key": "no-value", payload: "baz" },
    ])
      await open().put(bus, [{ ...ENTRY, Detail: JSON.stringify(detail) }]);
    answers.equal("rule-exists-false", await open().receive(queue));
  });

  /** From bus to bus, and then to a queue. */
  const overTwo = async (first: string, second: string) => {
    const rule = newName();
    const Arn = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/${second}`;
    const EventPattern = JSON.stringify(PATTERN);
    await send("PutRule", { Name: rule, EventBusName: first, EventPattern });
    await send("PutTargets", { Rule: rule, EventBusName: first, Targets: [{ Id: "1", Arn }] });
    const { queue } = await open().ruleTo({ bus: second, pattern: PATTERN });
    await open().put(first, [ENTRY]);
    return open().receive(queue);
  };
  for (const [name, first, second] of [
    ["test_put_events_bus_to_bus[standard]", "custom", "custom"],
    ["test_put_events_bus_to_bus[domain]", "custom", "custom"],
    ["test_put_events_with_target_events[bus_combination0]", "default", "custom"],
    ["test_put_events_with_target_events[bus_combination2]", "custom", "default"],
  ] as const)
    play(
      name,
      async (answers) => {
        const busOf = (kind: string) => (kind === "custom" ? open().bus() : "default");
        answers.equal("messages", await overTwo(await busOf(first), await busOf(second)));
      },
      WORDS,
    );
}
