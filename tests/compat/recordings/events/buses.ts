import type { Recordings } from "../harness.ts";
import { ACCOUNT, type EventsFixture, newName } from "./fixture.ts";

export function playBuses({ play }: Recordings, open: () => EventsFixture): void {
  const send = (operation: string, input: object, region?: string) =>
    open().events(operation, input, region);

  for (const [name, description, regions] of [
    ["True-regions0", "test bus", ["us-east-1"]],
    ["False-regions0", undefined, ["us-east-1"]],
    ["False-regions1", undefined, ["us-east-1", "us-west-1", "eu-central-1"]],
  ] as const)
    play(
      `test_create_list_describe_delete_custom_event_buses[${name}]`,
      async (answers) => {
        const Name = newName();
        for (const region of regions) {
          const made = await send("CreateEventBus", { Name, Description: description }, region);
          answers.equal(`create-custom-event-bus-${region}`, made);
          const listed = await send("ListEventBuses", { NamePrefix: Name }, region);
          answers.equal(`list-event-buses-after-create-${region}`, listed);
          const described = await send("DescribeEventBus", { Name }, region);
          answers.equal(`describe-custom-event-bus-${region}`, described);
        }
        for (const region of regions) {
          answers.equal(
            `delete-custom-event-bus-${region}`,
            await send("DeleteEventBus", { Name }, region),
          );
          const listed = await send("ListEventBuses", { NamePrefix: Name }, region);
          answers.equal(`list-event-buses-after-delete-${region}`, listed);
        }
      },
      { anything: ["<region>"] },
    );

  play("test_create_multiple_event_buses_same_name", async (answers) => {
    const Name = await open().bus();
    answers.equal("create-multiple-event-buses-same-name", await send("CreateEventBus", { Name }));
  });

  play("test_describe_delete_not_existing_event_bus", async (answers) => {
    const Name = newName();
    answers.equal(
      "describe-not-existing-event-bus-error",
      await send("DescribeEventBus", { Name }),
    );
    answers.equal("delete-not-existing-event-bus", await send("DeleteEventBus", { Name }));
  });

  play("test_list_event_buses_with_limit", async (answers) => {
    const NamePrefix = newName();
    for (let n = 0; n < 6; n += 1) await send("CreateEventBus", { Name: `${NamePrefix}-${n}` });
    const first = await send("ListEventBuses", { NamePrefix, Limit: 3 });
    answers.equal("list-event-buses-limit", first);
    const NextToken = first["NextToken"];
    answers.equal(
      "list-event-buses-limit-next-token",
      await send("ListEventBuses", { NamePrefix, NextToken }),
    );
  });

  play("test_remove_permission[default]", async (answers) => {
    const Action = "events:PutEvents";
    for (const [StatementId, Principal] of [
      ["one", "222222222222"],
      ["two", "333333333333"],
    ])
      await send("PutPermission", { StatementId, Action, Principal });
    answers.equal("remove-permission", await send("RemovePermission", { StatementId: "two" }));
    answers.equal("describe-event-bus-remove-permission", await send("DescribeEventBus", {}));
    const all = await send("RemovePermission", { RemoveAllPermissions: true });
    answers.equal("remove-permission-all", all);
    answers.equal("describe-event-bus-remove-permission-all", await send("DescribeEventBus", {}));
  });

  const TAGS = [
    { Key: "tag1", Value: "value1" },
    { Key: "tag2", Value: "value2" },
  ];
  const busArn = (name: string) => `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/${name}`;
  const ruleArn = (name: string) => `arn:aws:events:us-east-1:${ACCOUNT}:rule/${name}`;
  const newRule = async (bus?: string, more: object = {}) => {
    const Name = newName();
    const EventPattern = '{"source":["x"]}';
    await send("PutRule", { Name, EventBusName: bus, EventPattern, ...more });
    return Name;
  };

  for (const [name, resource] of [
    ["event_bus", async () => busArn(await open().bus())],
    ["rule", async () => ruleArn(await newRule())],
    ["event_bus-event_bus_default", async () => busArn("default")],
    ["event_bus-event_bus_custom", async () => busArn(await open().bus())],
    ["rule-event_bus_default", async () => ruleArn(await newRule())],
    [
      "rule-event_bus_custom",
      async () => {
        const bus = await open().bus();
        return ruleArn(`${bus}/${await newRule(bus)}`);
      },
    ],
  ] as const)
    play(`tests_tag_untag_resource[${name}]`, async (answers) => {
      const ResourceARN = await resource();
      const list = () => send("ListTagsForResource", { ResourceARN });
      const untag = (TagKeys: string[]) => send("UntagResource", { ResourceARN, TagKeys });
      answers.equal("tag_resource", await send("TagResource", { ResourceARN, Tags: TAGS }));
      answers.equal("list_tags_for_resource", await list());
      answers.equal("untag_resource", await untag(["tag2"]));
      answers.equal("list_tags_for_untagged_resource", await list());
      if (name.includes("-"))
        answers.equal("untag_resource_not_existing_tag", await untag(["tag2"]));
    });

  play("tests_tag_list_untag_not_existing_resource[not_existing_rule]", async (answers) => {
    const ResourceARN = ruleArn(newName());
    const tagged = await send("TagResource", { ResourceARN, Tags: TAGS });
    answers.equal("tag_not_existing_resource_error", tagged);
    const listed = await send("ListTagsForResource", { ResourceARN });
    answers.equal("list_tags_for_not_existing_resource_error", listed);
    const untagged = await send("UntagResource", { ResourceARN, TagKeys: ["tag1"] });
    answers.equal("untag_not_existing_resource_error", untagged);
  });

  play("test_put_rule_with_tags", async (answers) => {
    const Name = newName();
    const EventPattern = '{"source":["x"]}';
    const put = await send("PutRule", { Name, EventPattern, Tags: TAGS });
    answers.equal("put_rule_with_tags", put);
    const ResourceARN = put["RuleArn"];
    answers.equal("list_tags_for_rule", await send("ListTagsForResource", { ResourceARN }));
  });

  play("test_list_tags_for_deleted_rule", async (answers) => {
    const bus = await open().bus();
    const rule = await newRule(bus, { Tags: TAGS });
    await send("DeleteRule", { Name: rule, EventBusName: bus });
    const ResourceARN = ruleArn(`${bus}/${rule}`);
    const listed = await send("ListTagsForResource", { ResourceARN });
    answers.equal("list_tags_for_deleted_rule_error", listed);
  });

  play("test_create_event_bus_with_tags", async (answers) => {
    const made = await send("CreateEventBus", { Name: newName(), Tags: TAGS });
    answers.equal("create_event_bus_with_tags", made);
    const ResourceARN = made["EventBusArn"];
    answers.equal("list_tags_for_event_bus", await send("ListTagsForResource", { ResourceARN }));
  });

  play("test_list_tags_for_deleted_event_bus", async (answers) => {
    const Name = await open().bus();
    await send("DeleteEventBus", { Name });
    const listed = await send("ListTagsForResource", { ResourceARN: busArn(Name) });
    answers.equal("list_tags_for_deleted_rule_error", listed);
  });

  play(
    "test_recreate_tagged_resource_without_tags[event_bus-event_bus_default]",
    async (answers) => {
      const ResourceARN = busArn("default");
      await send("TagResource", { ResourceARN, Tags: [TAGS[0]] });
      const made = await send("CreateEventBus", { Name: "default" });
      if (!("Error" in made)) throw new Error("the default bus was made");
      answers.equal("list_tags_for_resource", await send("ListTagsForResource", { ResourceARN }));
    },
  );
}
