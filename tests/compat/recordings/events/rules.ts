import type { Recordings } from "../harness.ts";
import { type EventsFixture, newName, PATTERN } from "./fixture.ts";

export function playRules({ play }: Recordings, open: () => EventsFixture): void {
  const send = (operation: string, input: object) => open().events(operation, input);
  const EventPattern = JSON.stringify(PATTERN);
  const busOf = async (kind: string) => (kind === "custom" ? await open().bus() : undefined);

  play("test_put_list_with_prefix_describe_delete_rule[default]", async (answers) => {
    const Name = newName();
    answers.equal("put-rule", await send("PutRule", { Name, EventPattern }));
    answers.equal("list-rules", await send("ListRules", { NamePrefix: Name }));
    answers.equal("describe-rule", await send("DescribeRule", { Name }));
    answers.equal("delete-rule", await send("DeleteRule", { Name }));
    answers.equal("list-rules-after-delete", await send("ListRules", { NamePrefix: Name }));
  });

  play("test_list_rule_with_limit", async (answers) => {
    const EventBusName = await open().bus();
    const prefix = newName();
    for (let n = 0; n < 6; n += 1)
      await send("PutRule", { Name: `${prefix}-${n}`, EventBusName, EventPattern });
    const first = await send("ListRules", { EventBusName, Limit: 3 });
    answers.equal("list-rules-limit", first);
    const { NextToken } = first;
    answers.equal(
      "list-rules-limit-next-token",
      await send("ListRules", { EventBusName, NextToken }),
    );
  });

  for (const kind of ["custom", "default"])
    play(`test_put_list_remove_target[${kind}]`, async (answers) => {
      const EventBusName = await busOf(kind);
      const Rule = newName();
      const { arn } = await open().queue();
      await send("PutRule", { Name: Rule, EventBusName, EventPattern });
      const Targets = [{ Id: newName(), Arn: arn }];
      answers.equal("put-target", await send("PutTargets", { Rule, EventBusName, Targets }));
      answers.equal("list-targets", await send("ListTargetsByRule", { Rule, EventBusName }));
      const Ids = Targets.map(({ Id }) => Id);
      answers.equal("remove-target", await send("RemoveTargets", { Rule, EventBusName, Ids }));
      const left = await send("ListTargetsByRule", { Rule, EventBusName });
      answers.equal("list-targets-after-delete", left);
    });

  play("test_list_target_by_rule_limit", async (answers) => {
    const Rule = newName();
    const Id = newName();
    const { arn } = await open().queue();
    await send("PutRule", { Name: Rule, EventPattern });
    const Targets = [0, 1, 2, 3, 4].map((n) => ({ Id: `${Id}${n}`, Arn: arn }));
    await send("PutTargets", { Rule, Targets });
    const first = await send("ListTargetsByRule", { Rule, Limit: 3 });
    answers.equal("list-targets-limit", first);
    const { NextToken } = first;
    const second = await send("ListTargetsByRule", { Rule, NextToken });
    answers.equal("list-targets-limit-next-token", second);
  });

  play(
    "test_put_target_id_validation",
    async (answers) => {
      const Rule = newName();
      const { arn } = await open().queue();
      await send("PutRule", { Name: Rule, EventPattern });
      const put = (Id: string) => send("PutTargets", { Rule, Targets: [{ Id, Arn: arn }] });
      answers.equal("put-targets-invalid-id-error", await put("!@#$@!#$"));
      const long = "x".repeat(65);
      const refused = JSON.stringify(await put(long)).replace(long, "second-invalid-target-id");
      answers.equal("put-targets-length-error", JSON.parse(refused));
    },
    {},
  );

  const WORDS = { words: ["target-arn", "target-id", "target-id-one", "target-id-two"] };
  const putPath = (Rule: string, Id: string, Arn: string, InputPath: string) =>
    send("PutTargets", { Rule, Targets: [{ Id, Arn, InputPath }] });
  const newRule = async () => {
    const Name = newName();
    await send("PutRule", { Name, EventPattern });
    return Name;
  };
  const list = (Rule: string) => send("ListTargetsByRule", { Rule });

  play(
    "test_put_multiple_targets_with_same_id_single_rule",
    async (answers) => {
      const [rule, id] = [await newRule(), newName()];
      const { arn } = await open().queue();
      await putPath(rule, id, arn, "$.detail");
      await putPath(rule, id, arn, "$.notexisting");
      answers.equal("list-targets", await list(rule));
    },
    WORDS,
  );

  for (const [name, arns, second] of [
    ["test_put_multiple_targets_with_same_id_across_different_rules", 2, "$.notexisting"],
    ["test_put_multiple_targets_with_same_arn_across_different_rules", 1, "$.doesnotexist"],
  ] as const)
    play(
      name,
      async (answers) => {
        const id = newName();
        const one = await newRule();
        const two = await newRule();
        const { arn } = await open().queue();
        await putPath(one, id, arn, "$.detail");
        await putPath(two, id, arns === 2 ? arn : arn, second);
        answers.equal("list-targets-rule-one", await list(one));
        answers.equal("list-targets-rule-two", await list(two));
      },
      WORDS,
    );

  play(
    "test_put_multiple_targets_with_same_arn_single_rule",
    async (answers) => {
      const rule = await newRule();
      const { arn } = await open().queue();
      await putPath(rule, "a", arn, "$.detail");
      await putPath(rule, "b", arn, "$.doesnotexist");
      answers.equal("list-targets", await list(rule));
    },
    WORDS,
  );

  const rulesOf = async (bus: string | undefined, count: number) => {
    const prefix = newName();
    const { arn } = await open().queue();
    for (let n = 0; n < count; n += 1) {
      const Rule = `${prefix}${n}`;
      await send("PutRule", { Name: Rule, EventBusName: bus, EventPattern });
      await send("PutTargets", { Rule, EventBusName: bus, Targets: [{ Id: "1", Arn: arn }] });
    }
    return arn;
  };

  play("test_list_rule_names_by_target[default]", async (answers) => {
    const TargetArn = await rulesOf(undefined, 3);
    answers.equal("list_rule_names_by_target", await send("ListRuleNamesByTarget", { TargetArn }));
  });

  for (const kind of ["custom", "default"])
    play(`test_list_rule_names_by_target_with_limit[${kind}]`, async (answers) => {
      const EventBusName = await busOf(kind);
      const TargetArn = await rulesOf(EventBusName, 5);
      let NextToken: unknown;
      for (const name of ["first_page", "second_page", "third_page"]) {
        const input = { TargetArn, EventBusName, Limit: 2, NextToken };
        const page = await send("ListRuleNamesByTarget", input);
        answers.equal(name, page);
        NextToken = page["NextToken"];
      }
    });

  play("test_list_rule_names_by_target_no_matches[custom]", async (answers) => {
    const EventBusName = await open().bus();
    const { arn: TargetArn } = await open().queue();
    const found = await send("ListRuleNamesByTarget", { TargetArn, EventBusName });
    answers.equal("list_rule_names_by_target_no_matches", found);
  });

  play("tests_put_rule_with_schedule_custom_event_bus", async (answers) => {
    const EventBusName = await open().bus();
    const rule = { Name: newName(), EventBusName, ScheduleExpression: "rate(1 minute)" };
    answers.equal("put-rule-with-custom-event-bus-error", await send("PutRule", rule));
  });

  const schedule = (name: string, expression: string) =>
    play(name, async (answers) => {
      const Name = newName();
      const put = await send("PutRule", { Name, ScheduleExpression: expression });
      answers.equal("put-rule", put);
      answers.equal("list-rules", await send("ListRules", { NamePrefix: Name }));
    });
  schedule("tests_put_rule_with_schedule_cron", "cron(0 20 * * ? *)");
  for (const expression of [
    "cron(0 10 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/30 20-23 ? * MON-FRI *)",
    "cron(0/30 0-2 ? * MON-FRI *)",
    "cron(0 12 * * ? *)",
    "cron(5,35 14 * * ? *)",
    "cron(15 10 ? * 6L 2002-2005)",
  ])
    schedule(`tests_put_rule_with_schedule_cron[${expression}]`, expression);
  for (const expression of ["cron(INVALID)", "cron(0 1 * * * *)"])
    play(`tests_put_rule_with_invalid_schedule_cron[${expression}]`, async (answers) => {
      const rule = { Name: newName(), ScheduleExpression: expression };
      answers.equal("invalid-put-rule", await send("PutRule", rule));
    });
}
