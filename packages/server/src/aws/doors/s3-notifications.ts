/** Notification rules on the wire. */
import { randomUUID } from "node:crypto";
import type { DestinationKind, NotificationRule } from "../../domain/notification.ts";
import type { Objects } from "../../services/objects/index.ts";
import type {
  FilterRule,
  NotificationConfiguration,
  NotificationConfigurationFilter,
  S3Api,
} from "../api/s3.ts";
import type { Door } from "../context.ts";
import { bucketName, callerOf } from "./s3-caller.ts";
import { invalidArgument, malformedXml } from "./s3-errors.ts";

export function notificationDoor(objects: Objects): Door<S3Api> {
  return {
    async GetBucketNotificationConfiguration(input, context) {
      const found = await objects.getNotifications(callerOf(context), bucketName(input));
      const { rules, eventBridge } = found;
      const of = (kind: DestinationKind) => rules.filter((rule) => rule.kind === kind);
      const [functions, queues, topics] = [of("function"), of("queue"), of("topic")];
      return {
        ...(eventBridge && { EventBridgeConfiguration: {} }),
        ...(topics.length > 0 && {
          TopicConfigurations: topics.map((rule) => ({
            TopicArn: rule.destination,
            ...shown(rule),
          })),
        }),
        ...(queues.length > 0 && {
          QueueConfigurations: queues.map((rule) => ({
            QueueArn: rule.destination,
            ...shown(rule),
          })),
        }),
        ...(functions.length > 0 && {
          LambdaFunctionConfigurations: functions.map((rule) => ({
            LambdaFunctionArn: rule.destination,
            ...shown(rule),
          })),
        }),
      };
    },

    async PutBucketNotificationConfiguration(input, context) {
      const { NotificationConfiguration: configuration, SkipDestinationValidation } = input;
      const eventBridge = configuration.EventBridgeConfiguration !== undefined;
      await objects.putNotifications(
        callerOf(context),
        bucketName(input),
        { rules: rulesOf(configuration), eventBridge },
        SkipDestinationValidation !== true,
      );
    },
  };
}

/** @throws AwsError where an ARN is none, or a filter is none. */
function rulesOf(configuration: NotificationConfiguration): NotificationRule[] {
  const { LambdaFunctionConfigurations = [], QueueConfigurations = [] } = configuration;
  const { TopicConfigurations = [] } = configuration;
  return [
    ...TopicConfigurations.map((each) => rule("topic", each.TopicArn, each)),
    ...QueueConfigurations.map((each) => rule("queue", each.QueueArn, each)),
    ...LambdaFunctionConfigurations.map((each) => rule("function", each.LambdaFunctionArn, each)),
  ];
}

/** The service in a destination's ARN, and what S3 calls the element that holds it. */
const DESTINATIONS = {
  function: { service: "lambda", element: "CloudFunction" },
  queue: { service: "sqs", element: "Queue" },
  topic: { service: "sns", element: "Topic" },
} as const;

interface GivenRule {
  readonly Id?: string | undefined;
  readonly Events: readonly string[];
  readonly Filter?: NotificationConfigurationFilter | undefined;
}

function rule(kind: DestinationKind, arn: string, given: GivenRule): NotificationRule {
  const { service, element } = DESTINATIONS[kind];
  const pattern = new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:.+$`);
  if (!pattern.test(arn)) throw invalidArgument(element, arn, "The ARN could not be parsed");
  if (given.Events.length === 0) throw malformedXml();
  const { Id: id = randomUUID(), Events: events, Filter } = given;
  return { id, kind, destination: arn, events, ...filterOf(Filter?.Key?.FilterRules ?? []) };
}

function filterOf(rules: readonly FilterRule[]): Pick<NotificationRule, "prefix" | "suffix"> {
  const found: { prefix?: string; suffix?: string } = {};
  for (const { Name = "", Value = "" } of rules) {
    const name = Name.toLowerCase();
    if (name !== "prefix" && name !== "suffix")
      throw invalidArgument(
        "FilterRule.Name",
        Name,
        "filter rule name must be either prefix or suffix",
      );
    if (found[name] !== undefined)
      throw invalidArgument(
        "FilterRule.Name",
        Name,
        `Cannot specify more than one ${name} rule in a filter.`,
      );
    found[name] = Value;
  }
  return found;
}

function shown({ id, events, prefix, suffix }: NotificationRule) {
  // S3 gives the names back with a capital letter, however they came.
  const rules = [
    { Name: "Prefix", Value: prefix },
    { Name: "Suffix", Value: suffix },
  ].filter(({ Value }) => Value !== undefined);
  return {
    Id: id,
    Events: events,
    ...(rules.length > 0 && { Filter: { Key: { FilterRules: rules } } }),
  };
}
