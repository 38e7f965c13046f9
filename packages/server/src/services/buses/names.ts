/** Names and ARNs of buses, rules and what else EventBridge has. */
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";

export const DEFAULT_BUS = "default";

export interface BusRef {
  readonly scope: Scope;
  readonly name: string;
}

export type ArnKind =
  | "event-bus"
  | "rule"
  | "archive"
  | "replay"
  | "connection"
  | "api-destination";

export const arnOf = ({ account, region }: Scope, kind: ArnKind, name: string): string =>
  `arn:${partitionOf(region)}:events:${region}:${account}:${kind}/${name}`;

export const busArn = (scope: Scope, bus: string): string => arnOf(scope, "event-bus", bus);

/** Rules of the default bus have no bus in their ARNs. */
export const ruleArn = (scope: Scope, bus: string, rule: string): string =>
  arnOf(scope, "rule", bus === DEFAULT_BUS ? rule : `${bus}/${rule}`);

export interface EventsArn {
  readonly scope: Scope;
  readonly kind: string;
  /** What follows the kind. */
  readonly name: string;
}

/** Undefined where the text is no ARN of EventBridge. */
export function parseEventsArn(text: string): EventsArn | undefined {
  const [, region, account, kind, name] =
    /^arn:aws[\w-]*:events:([\w-]+):(\d{12}):([a-z-]+)\/(.+)$/.exec(text) ?? [];
  if (region === undefined || account === undefined) return undefined;
  return { scope: { account, region }, kind: kind as string, name: name as string };
}

/** A bus by its name, or in any account and region by its ARN. */
export function busRef(scope: Scope, nameOrArn: string = DEFAULT_BUS): BusRef {
  const arn = parseEventsArn(nameOrArn);
  return arn?.kind === "event-bus"
    ? { scope: arn.scope, name: arn.name }
    : { scope, name: nameOrArn };
}

/** `rule/NAME` or `rule/BUS/NAME`: bus and rule. */
export function ruleOf(name: string): { readonly bus: string; readonly rule: string } {
  const slash = name.lastIndexOf("/");
  return slash < 0
    ? { bus: DEFAULT_BUS, rule: name }
    : { bus: name.slice(0, slash), rule: name.slice(slash + 1) };
}
