/** What each target of a rule gets of an event. What is said in paths and templates is read once. */
import { type CompiledTransformer, compileTransformer } from "../../domain/input-transformer.ts";
import { parseJsonPath, valueAt } from "../../domain/json-path.ts";
import type { HttpParameters, TargetMessage } from "../../ports/targets.ts";
import type { LiveRule } from "./catalog.ts";
import type { LiveEvent } from "./event.ts";
import type { Target } from "./model.ts";

export interface LiveTarget {
  readonly target: Target;
  readonly bodyOf: (event: LiveEvent, rule: LiveRule) => Uint8Array;
}

export function liveTarget(target: Target): LiveTarget {
  return { target, bodyOf: bodyOf(target) };
}

const SENDER = "events.amazonaws.com";

export function messageFor(
  { target, bodyOf }: LiveTarget,
  event: LiveEvent,
  rule: LiveRule,
): TargetMessage {
  const message: TargetMessage = {
    target: target.arn,
    body: bodyOf(event, rule),
    sender: { service: SENDER, arn: rule.arn },
    traceId: event.traceId,
  };
  if (isBus(target.arn)) return { ...message, ...onward(event) };
  const { messageGroupId, partitionKeyPath, http } = target;
  return {
    ...message,
    groupId: messageGroupId,
    partitionKey: partitionKeyPath === undefined ? event.id : textAt(event, partitionKeyPath),
    http: http && resolved(http, event),
  };
}

const isBus = (arn: string): boolean => /^arn:[^:]*:events:[^:]*:[^:]*:event-bus\//.test(arn);

function bodyOf(target: Target): LiveTarget["bodyOf"] {
  const { input, inputPath, transformer } = target;
  if (isBus(target.arn)) return (event) => Buffer.from(event.detail, "utf8");
  if (input !== undefined) {
    const bytes = Buffer.from(input, "utf8");
    return () => bytes;
  }
  if (transformer !== undefined) return transforming(compileTransformer(transformer));
  if (inputPath === undefined || inputPath === "$") return (event) => event.bytes;
  const path = parseJsonPath(inputPath) ?? [];
  return (event) => Buffer.from(JSON.stringify(valueAt(event.value, path) ?? null), "utf8");
}

function transforming(transform: CompiledTransformer): LiveTarget["bodyOf"] {
  return (event, { arn, rule }) =>
    Buffer.from(
      transform({
        event: event.value,
        text: event.text,
        ruleArn: arn,
        ruleName: rule.name,
        ingestionTime: event.ingestionTime,
      }),
      "utf8",
    );
}

/** To another bus an event goes as it is. */
function onward({ id, value, hops }: LiveEvent): Pick<TargetMessage, "event"> {
  return {
    event: {
      source: String(value["source"]),
      detailType: String(value["detail-type"]),
      resources: value["resources"] as readonly string[],
      time: Date.parse(String(value["time"])),
      origin: {
        id,
        account: String(value["account"]),
        region: String(value["region"]),
        hops: hops + 1,
      },
    },
  };
}

/** Values that are paths stand for what is there. */
function resolved({ path, headers, query }: HttpParameters, event: LiveEvent): HttpParameters {
  const each = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textAt(event, value)]));
  return {
    path: path.map((value) => textAt(event, value)),
    headers: each(headers),
    query: each(query),
  };
}

/** The value at a path as text, or the text that is no path. */
function textAt(event: LiveEvent, text: string): string {
  const path = text.startsWith("$") ? parseJsonPath(text) : undefined;
  if (path === undefined) return text;
  const value = valueAt(event.value, path);
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
