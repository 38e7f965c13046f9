import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Recordings } from "../harness.ts";
import type { EventsFixture } from "./fixture.ts";

const FOLDER = resolve(import.meta.dirname, "../../../../../shared/data/aws-recordings/events");

/** Patterns that AWS refused, as its error repeats them. */
export function playPatterns({ play }: Recordings, open: () => EventsFixture): void {
  for (const [name, pattern] of refusedPatterns())
    play(
      `test_event_pattern[${name}]`,
      async (answers) => {
        const called = pattern.replace("<partition>", "aws").replace("<region>", "us-east-1");
        const { Error: error, ResponseMetadata } = await test(open(), EVENT, called);
        const { Code, Message } = error as { readonly Code: string; readonly Message: string };
        answers.equal(name, {
          exception_message: {
            Error: { Code, Message: Message.split("\n")[0], MessageRaw: Message },
            ResponseMetadata,
          },
          exception_type: `<class 'botocore.errorfactory.${Code}'>`,
        });
      },
      {},
    );

  play("test_invalid_json_event_pattern[this is valid json but not a dict]", async (answers) => {
    const refused = await test(open(), EVENT, "this is valid json but not a dict");
    answers.equal("invalid-pattern", refused);
  });

  for (const [name, answer, event] of [
    ["test_plain_string_payload", "plain-string-payload-exc", "plain string"],
    ["test_invalid_event_payload", "plain-string-payload-exc", "{'bad': 'json'}"],
    ["test_array_event_payload", "array-event-payload-exc", "[1, 2, 3]"],
  ] as const)
    play(name, async (answers) => {
      answers.equal(answer, await test(open(), event, '{"source": ["a"]}'));
    });

  play("test_event_with_large_and_complex_payload", async (answers) => {
    const event = JSON.stringify({
      ...JSON.parse(EVENT),
      detail: { items: Array.from({ length: 500 }, (_, id) => ({ id, tags: ["a", `t${id}`] })) },
    });
    const simple = await test(open(), event, '{"detail": {"items": {"id": [7]}}}');
    answers.equal("complex-event-simple-pattern", simple);
    const pattern = { detail: { items: { id: [{ numeric: [">", 3, "<", 9] }], tags: ["t4"] } } };
    const complex = await test(open(), event, JSON.stringify(pattern));
    answers.equal("complex-event-complex-pattern", complex);
  });
}

const EVENT = JSON.stringify({
  id: "1",
  source: "test-source",
  "detail-type": "test-detail-type",
  account: "123456789012",
  region: "us-east-2",
  time: "2022-07-13T13:48:01Z",
});

const test = (fixture: EventsFixture, Event: string, EventPattern: string) =>
  fixture.events("TestEventPattern", { Event, EventPattern });

/** The recordings do not say the calls, but AWS's errors repeat the patterns. */
function refusedPatterns(): [name: string, pattern: string][] {
  let text: string;
  try {
    text = readFileSync(join(FOLDER, "events_patterns.json"), "utf8");
  } catch {
    return [];
  }
  const recorded = JSON.parse(text) as Record<string, { "recorded-content": Answers }>;
  const found: [string, string][] = [];
  for (const { "recorded-content": answers } of Object.values(recorded))
    for (const [name, answer] of Object.entries(answers)) {
      const raw = answer?.exception_message?.Error.MessageRaw;
      const source = raw && /\[Source: \(String\)"(.*?)"; line: \d+, column/s.exec(raw)?.[1];
      const pattern = source ?? WITHOUT_SOURCE[name];
      if (raw !== undefined && pattern !== undefined) found.push([name, pattern]);
    }
  return found;
}

type Answers = Record<
  string,
  { readonly exception_message?: { readonly Error: { readonly MessageRaw: string } } } | undefined
>;

/** Their errors do not repeat them; `patterns/` has the files. */
const WITHOUT_SOURCE: Readonly<Record<string, string>> = {
  content_ip_address_EXC: '{"detail": {"sourceIPAddress": [{"cidr": "bad-filter"}]}}',
  content_ip_address_bad_ip_EXC: '{"detail": {"sourceIPAddress": [{"cidr": "xx.11.xx/8"}]}}',
  content_ip_address_bad_mask_EXC: '{"detail": {"sourceIPAddress": [{"cidr": "bad-/64filter"}]}}',
};
