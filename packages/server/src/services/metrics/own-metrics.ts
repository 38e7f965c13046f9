/** What the platform's own numbers are called in CloudWatch: namespace, unit, dimensions. */
import type { Scope } from "../../domain/scope.ts";
import type { Dimensions } from "../../ports/metrics.ts";
import type { MetricName } from "./model.ts";

/** The first dimension that a number has says whose it is. */
const NAMESPACES: Readonly<Record<string, string>> = {
  FunctionName: "AWS/Lambda",
  EventSourceMappingUUID: "AWS/Lambda",
  TopicName: "AWS/SNS",
  RuleName: "AWS/Events",
  EventBusName: "AWS/Events",
  QueueName: "AWS/SQS",
  ScheduleGroup: "AWS/Scheduler",
};

export interface OwnMetric extends MetricName {
  readonly scope: Scope;
  readonly unit: string;
}

/** @param home whose a number is that names neither account nor region. */
export function ownMetric(name: string, given: Dimensions, home: Scope): OwnMetric {
  const { Account = home.account, Region = home.region, ...named } = given;
  // Lambda names a mapping by its id alone.
  const { EventSourceMappingUUID } = named;
  const others = EventSourceMappingUUID === undefined ? named : { EventSourceMappingUUID };
  const [first = ""] = Object.keys(others);
  return {
    scope: { account: Account, region: Region },
    namespace: Object.hasOwn(NAMESPACES, first) ? (NAMESPACES[first] ?? "Yunque") : "Yunque",
    name,
    dimensions: Object.entries(others).map(([Name, Value]) => ({ Name, Value })),
    unit: unitOf(name),
  };
}

function unitOf(name: string): string {
  if (/Size$/.test(name)) return "Bytes";
  if (/OldestMessage$/.test(name)) return "Seconds";
  return /(Age|Duration)$/.test(name) ? "Milliseconds" : "Count";
}
