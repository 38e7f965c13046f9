import type { Buses } from "../../services/buses/index.ts";
import type { EventsApi } from "../api/events.ts";
import type { Door } from "../context.ts";
import { archiveMethods } from "./events-archives.ts";
import { connectionMethods } from "./events-connections.ts";
import { eventsError } from "./events-errors.ts";
import {
  busOutput,
  busSettings,
  busSettingsOutput,
  entryOf,
  ruleOutput,
  tagList,
  tagsOf,
  targetOf,
  targetOutput,
} from "./events-shapes.ts";
import { worded } from "./worded.ts";

/** EventBridge on AWS's wire. */
export function createEventsDoor(service: Buses): Door<EventsApi> {
  const { buses, permissions, rules, targets, tags } = service;
  return worded<Door<EventsApi>>(
    {
      ...archiveMethods(service),
      ...connectionMethods(service),

      async PutEvents(input, context) {
        const header = context.headers["x-amzn-trace-id"];
        const entries = await service.put(
          context,
          input.Entries.map((entry) => entryOf(entry, header)),
        );
        return {
          FailedEntryCount: entries.filter((entry) => "code" in entry).length,
          Entries: entries.map((entry) =>
            "code" in entry
              ? { ErrorCode: entry.code, ErrorMessage: entry.message }
              : { EventId: entry.id },
          ),
        };
      },

      async TestEventPattern(input) {
        return { Result: service.testPattern(input.EventPattern, input.Event) };
      },

      async CreateEventBus(input, context) {
        const bus = await buses.create(context, input.Name, busSettings(input), tagsOf(input.Tags));
        return { EventBusArn: bus.arn, ...busSettingsOutput(bus) };
      },

      async DescribeEventBus(input, context) {
        const bus = await buses.describe(context, input.Name);
        return { ...busOutput(bus), ...busSettingsOutput(bus) };
      },

      async UpdateEventBus(input, context) {
        const bus = await buses.update(context, input.Name, busSettings(input));
        return { Arn: bus.arn, Name: bus.name, ...busSettingsOutput(bus) };
      },

      async ListEventBuses(input, context) {
        const { items, token } = await buses.list(context, {
          prefix: input.NamePrefix,
          limit: input.Limit,
          token: input.NextToken,
        });
        return { EventBuses: items.map(busOutput), NextToken: token };
      },

      async DeleteEventBus(input, context) {
        await buses.delete(context, input.Name);
      },

      async PutPermission(input, context) {
        const { Condition } = input;
        await permissions.put(context, input.EventBusName, {
          action: input.Action,
          principal: input.Principal,
          statementId: input.StatementId,
          condition: Condition && {
            type: Condition.Type,
            key: Condition.Key,
            value: Condition.Value,
          },
          policy: input.Policy,
        });
      },

      async RemovePermission(input, context) {
        await permissions.remove(context, input.EventBusName, {
          id: input.StatementId,
          all: input.RemoveAllPermissions ?? false,
        });
      },

      async PutRule(input, context) {
        const RuleArn = await rules.put(context, {
          name: input.Name,
          bus: input.EventBusName,
          pattern: input.EventPattern,
          schedule: input.ScheduleExpression,
          state: input.State,
          description: input.Description,
          roleArn: input.RoleArn,
          tags: input.Tags && tagsOf(input.Tags),
        });
        return { RuleArn };
      },

      async DescribeRule(input, context) {
        const rule = await rules.describe(context, { name: input.Name, bus: input.EventBusName });
        return { ...ruleOutput(rule), CreatedBy: rule.createdBy };
      },

      async ListRules(input, context) {
        const { items, token } = await rules.list(context, {
          bus: input.EventBusName,
          prefix: input.NamePrefix,
          limit: input.Limit,
          token: input.NextToken,
        });
        return { Rules: items.map(ruleOutput), NextToken: token };
      },

      async ListRuleNamesByTarget(input, context) {
        const { items, token } = await rules.namesByTarget(context, input.TargetArn, {
          bus: input.EventBusName,
          limit: input.Limit,
          token: input.NextToken,
        });
        return { RuleNames: [...items], NextToken: token };
      },

      async DeleteRule(input, context) {
        await rules.delete(context, { name: input.Name, bus: input.EventBusName });
      },
      async EnableRule(input, context) {
        const rule = { name: input.Name, bus: input.EventBusName };
        await rules.setState(context, rule, "ENABLED");
      },
      async DisableRule(input, context) {
        const rule = { name: input.Name, bus: input.EventBusName };
        await rules.setState(context, rule, "DISABLED");
      },

      async PutTargets(input, context) {
        const rule = { name: input.Rule, bus: input.EventBusName };
        await targets.put(context, rule, input.Targets.map(targetOf));
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      async RemoveTargets(input, context) {
        await targets.remove(context, { name: input.Rule, bus: input.EventBusName }, input.Ids);
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      async ListTargetsByRule(input, context) {
        const rule = { name: input.Rule, bus: input.EventBusName };
        const { items, token } = await targets.list(context, rule, {
          limit: input.Limit,
          token: input.NextToken,
        });
        return { Targets: items.map(targetOutput), NextToken: token };
      },

      async ListTagsForResource(input) {
        return { Tags: tagList(await tags.list(input.ResourceARN)) };
      },
      async TagResource(input) {
        await tags.add(input.ResourceARN, tagsOf(input.Tags));
        return {};
      },
      async UntagResource(input) {
        await tags.remove(input.ResourceARN, input.TagKeys);
        return {};
      },
    },
    eventsError,
  );
}
