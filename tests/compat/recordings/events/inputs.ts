import type { Recordings } from "../harness.ts";
import { DETAIL, ENTRY, type EventsFixture, newName, PATTERN } from "./fixture.ts";

export function playInputs({ play }: Recordings, open: () => EventsFixture): void {
  play("test_put_events_with_input_path_multiple_targets", async (answers) => {
    const bus = await open().bus();
    const one = await open().ruleTo({ bus, pattern: PATTERN, target: { InputPath: "$.detail" } });
    const two = await open().ruleTo({ bus, pattern: PATTERN });
    await open().put(bus, [ENTRY]);
    answers.equal("message-queue-1", await open().receive(one.queue));
    answers.equal("message-queue-2", await open().receive(two.queue));
  });

  play(
    "test_put_events_with_input_transformer_missing_keys",
    async (answers) => {
      const Rule = newName();
      const { arn } = await open().queue();
      await open().events("PutRule", { Name: Rule, EventPattern: JSON.stringify(PATTERN) });
      const refused = await open().events("PutTargets", {
        Rule,
        Targets: [
          {
            Id: newName(),
            Arn: arn,
            InputTransformer: {
              InputPathsMap: { command: "$.detail.command" },
              InputTemplate: '"Event of <notdefinedkey> and <command>"',
            },
          },
        ],
      });
      answers.equal("missing-key-exception-error", refused);
    },
    { anything: ["<target-id>"] },
  );

  for (const template of [
    '"Event of <detail-type> type, at time <timestamp>, info extracted from detail <command>"',
    '"{[/Check with special starting characters for event of <detail-type> type"',
  ])
    play(
      `test_put_events_with_input_transformer_input_template_string[${template}]`,
      async (answers) => {
        const bus = await open().bus();
        const pattern = { source: [ENTRY.Source] };
        const InputTransformer = {
          InputPathsMap: {
            "detail-type": "$.detail-type",
            timestamp: "$.time",
            command: "$.detail.command",
          },
          InputTemplate: template,
        };
        const { queue } = await open().ruleTo({ bus, pattern, target: { InputTransformer } });
        await open().put(bus, [ENTRY]);
        answers.equal("custom-variables-match-all", dated(await open().receive(queue)));
        const { command: _, ...rest } = DETAIL;
        await open().put(bus, [{ ...ENTRY, Detail: JSON.stringify(rest) }]);
        answers.equal("custom-variables-not-match-all", dated(await open().receive(queue)));
      },
    );

  const PATHS = {
    userId: "$.detail.payload.acc_id",
    payload: "$.detail.payload",
    systemstring: "$.detail.systemstring",
    listsingle: "$.detail.listsingle",
    listmulti: "$.detail.listmulti",
    valid: "$.detail.valid",
  };
  for (const template of [
    '{"method": "PUT", "path": "users-service/users/<userId>", "id": <userId>, "body": <payload>}',
    '{"method": "PUT", "nested": {"level1": {"level2": {"level3": "users-service/users/<userId>"} } }, "bod": "<userId>"}',
    '"<listsingle> single list item"\n"<listmulti> multiple list items"\n"<systemstring> system account id"\n"<payload> payload"\n"<userId> user id"',
    '{"id" : <userId>}',
    '"<listsingle> single list item"',
    '"<listmulti> multiple list items"',
    '{"singlelistitem": <listsingle>}',
    '"Command is <valid>!"',
  ])
    play(
      `test_input_transformer_nested_keys_replacement[${template.replaceAll("\n", "\\n")}]`,
      async (answers) => {
        const bus = await open().bus();
        const InputTransformer = { InputPathsMap: PATHS, InputTemplate: template };
        const { queue } = await open().ruleTo({
          bus,
          pattern: PATTERN,
          target: { InputTransformer },
        });
        const detail = {
          ...DETAIL,
          listsingle: ["HIGH"],
          listmulti: ["ACTIVE", "INACTIVE"],
          valid: true,
        };
        await open().put(bus, [{ ...ENTRY, Detail: JSON.stringify(detail) }]);
        answers.equal("input-transformed-messages", await open().receive(queue));
      },
    );
}

/** The recordings say `date` where a time stood inside of a text. */
const dated = (messages: readonly Record<string, unknown>[]) =>
  messages.map((message) => ({
    ...message,
    Body: String(message["Body"]).replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "date"),
  }));
