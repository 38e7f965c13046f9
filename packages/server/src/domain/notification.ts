/** Which events of a bucket go where: rules, whether they make sense together, and which of them an event meets. */

/** Where events can go. S3's own names of the three kinds differ between its API and its error texts. */
export type DestinationKind = "function" | "queue" | "topic";

export interface NotificationRule {
  readonly id: string;
  readonly kind: DestinationKind;
  /** ARN of the function (with its qualifier if it has one), queue or topic. */
  readonly destination: string;
  /** `s3:ObjectCreated:*`, `s3:ObjectRemoved:Delete`, ... */
  readonly events: readonly string[];
  /** Only keys that start with it. Absent differs from empty only in what is shown. */
  readonly prefix?: string;
  /** Only keys that end with it. */
  readonly suffix?: string;
}

/** Why a set of rules is refused. `overlap`: one event of one key would meet two rules, and neither filters. */
export type RuleFault =
  | { readonly fault: "event"; readonly event: string }
  | { readonly fault: "sameId" | "overlap" | "ambiguous" };

/** The first fault of a set of rules, or undefined. */
export function findRuleFault(rules: readonly NotificationRule[]): RuleFault | undefined {
  const unknown = rules.flatMap((rule) => rule.events).find((event) => !EVENTS.has(event));
  if (unknown !== undefined) return { fault: "event", event: unknown };
  if (new Set(rules.map((rule) => rule.id)).size < rules.length) return { fault: "sameId" };
  for (const [index, rule] of rules.entries())
    for (const other of rules.slice(index + 1))
      if (overlap(rule, other)) return { fault: filters(rule, other) ? "ambiguous" : "overlap" };
  return undefined;
}

/** Whether an event, `s3:ObjectCreated:Put`, of an object meets the rule. */
export function meets(rule: NotificationRule, event: string, key: string): boolean {
  return (
    rule.events.some((pattern) => covers(pattern, event)) &&
    key.startsWith(rule.prefix ?? "") &&
    key.endsWith(rule.suffix ?? "")
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
function overlap(a: NotificationRule, b: NotificationRule): boolean {
  const events = a.events.some((x) => b.events.some((y) => covers(x, y) || covers(y, x)));
  const [prefixA, prefixB] = [a.prefix ?? "", b.prefix ?? ""];
  const [suffixA, suffixB] = [a.suffix ?? "", b.suffix ?? ""];
  return (
    events &&
    (prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA)) &&
    (suffixA.endsWith(suffixB) || suffixB.endsWith(suffixA))
  );
}

const filters = (...rules: NotificationRule[]): boolean =>
  rules.some(({ prefix = "", suffix = "" }) => prefix !== "" || suffix !== "");

const covers = (pattern: string, event: string): boolean =>
  pattern === event || (pattern.endsWith("*") && event.startsWith(pattern.slice(0, -1)));

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
const EVENTS: ReadonlySet<string> = new Set([
  "s3:ReducedRedundancyLostObject",
  ...["*", "Put", "Post", "Copy", "CompleteMultipartUpload"].map((e) => `s3:ObjectCreated:${e}`),
  ...["*", "Delete", "DeleteMarkerCreated"].map((e) => `s3:ObjectRemoved:${e}`),
  ...["*", "Post", "Completed", "Delete"].map((e) => `s3:ObjectRestore:${e}`),
  ...[
    "*",
    "OperationFailedReplication",
    "OperationNotTracked",
    "OperationMissedThreshold",
    "OperationReplicatedAfterThreshold",
  ].map((e) => `s3:Replication:${e}`),
  ...["*", "Put", "Delete"].map((e) => `s3:ObjectTagging:${e}`),
  "s3:ObjectAcl:Put",
  "s3:LifecycleTransition",
  "s3:IntelligentTiering",
  ...["*", "Delete", "DeleteMarkerCreated"].map((e) => `s3:LifecycleExpiration:${e}`),
]);
