/** A trace as its segments tell it: where it began, how it ended, who took part, and who called whom. */
import { type Entity, entitiesOf, isObject, outcomeOf, type Segment } from "./segment.ts";

/** A service of a trace or map. */
export interface ServiceName {
  readonly name: string;
  /** `AWS::Lambda::Function`; undefined where the segment does not say. */
  readonly type: string | undefined;
  readonly account?: string | undefined;
}

/** What a filter expression asks of a service, an edge, or the whole trace. */
export interface Outcome {
  readonly error: boolean;
  readonly throttle: boolean;
  readonly fault: boolean;
  /** Seconds; undefined while it is not over. */
  readonly responseTime: number | undefined;
}

/** One service's part of a trace: a segment, or what a call says of a service that sent none. */
export interface Visit extends Outcome {
  readonly service: ServiceName;
  readonly entity: Entity;
  /** Sent nothing itself. */
  readonly inferred: boolean;
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number | undefined;
  /** Whom it was called by; undefined at a root. */
  readonly caller: Visit | undefined;
}

export interface TraceView {
  readonly id: string;
  readonly segments: readonly Segment[];
  /** The earliest that nobody known has called; undefined only where there are no segments. */
  readonly root: Visit | undefined;
  readonly visits: readonly Visit[];
  /** Seconds since the epoch. */
  readonly start: number;
  /** Seconds from the first start to the last end. */
  readonly duration: number;
  readonly partial: boolean;
  readonly annotations: readonly {
    readonly key: string;
    readonly value: string | number | boolean;
    readonly service: ServiceName;
  }[];
  readonly users: readonly { readonly name: string; readonly service: ServiceName }[];
}

const accountOf = ({ aws }: Entity): string | undefined =>
  typeof aws?.["account_id"] === "string" ? aws["account_id"] : undefined;

export const serviceOf = (segment: Segment): ServiceName => ({
  name: segment.name,
  type: segment.origin,
  account: accountOf(segment),
});

/** The service that a call names: `AWS::S3`, `remote`. */
function calledService(entity: Entity): ServiceName {
  const { aws, namespace, name } = entity;
  if (namespace !== "aws") return { name, type: "remote" };
  const queue = aws?.["queue_url"];
  const table = aws?.["table_name"];
  const fn = aws?.["function_name"];
  const topic = aws?.["topic_arn"];
  if (typeof queue === "string")
    return { name: queue.slice(queue.lastIndexOf("/") + 1), type: "AWS::SQS::Queue" };
  if (typeof table === "string") return { name: table, type: "AWS::DynamoDB::Table" };
  if (typeof fn === "string") return { name: fn, type: "AWS::Lambda" };
  if (typeof topic === "string") return { name: topic, type: "AWS::SNS::Topic" };
  return { name, type: `AWS::${name}` };
}

export function viewOf(id: string, segments: readonly Segment[]): TraceView {
  const whole = segments.filter(({ type }) => type !== "subsegment");
  const apart = segments.filter(({ type }) => type === "subsegment");
  /** Whose work an entity is, by the entity's id. */
  const owners = new Map<string, Visit>();
  const visits: Visit[] = [];
  const callers = new Map<Visit, string | undefined>();
  const add = (
    entity: Entity,
    service: ServiceName,
    caller: string | undefined,
    inferred = false,
  ) => {
    const visit: Visit = {
      ...outcomeOf(entity),
      service,
      entity,
      inferred,
      start: entity.start_time,
      end: entity.end_time,
      responseTime:
        entity.end_time === undefined
          ? undefined
          : Math.max(0, entity.end_time - entity.start_time),
      caller: undefined,
    };
    visits.push(visit);
    callers.set(visit, caller);
    return visit;
  };
  for (const segment of whole) {
    const visit = add(segment, serviceOf(segment), segment.parent_id);
    for (const each of entitiesOf(segment)) owners.set(each.id, visit);
  }
  // Those that were sent apart belong to whoever their parents belong to, however deep.
  let left = apart;
  for (let before = -1; left.length > 0 && left.length !== before; ) {
    before = left.length;
    left = left.filter((segment) => {
      const owner = owners.get(segment.parent_id ?? "");
      if (owner === undefined) return true;
      for (const each of entitiesOf(segment)) owners.set(each.id, owner);
      return false;
    });
  }
  const called = new Set(whole.map(({ parent_id }) => parent_id));
  for (const segment of segments)
    for (const each of entitiesOf(segment)) {
      if (each === segment && segment.type !== "subsegment") continue;
      if (each.namespace !== "aws" && each.namespace !== "remote") continue;
      if (!called.has(each.id)) add(each, calledService(each), each.id, true);
    }
  for (const visit of visits) {
    const caller = owners.get(callers.get(visit) ?? "");
    if (caller !== visit) (visit as { caller: Visit | undefined }).caller = caller;
  }
  const roots = visits.filter(({ caller, inferred }) => caller === undefined && !inferred);
  roots.sort((a, b) => a.start - b.start);
  const start = least(segments.map(({ start_time }) => start_time));
  const end = -least(segments.map((each) => -(each.end_time ?? each.start_time)));
  const all = segments.flatMap((segment) => [...entitiesOf(segment)]);
  const service = (entity: Entity): ServiceName =>
    owners.get(entity.id)?.service ?? { name: entity.name, type: undefined };
  return {
    id,
    segments,
    root: roots[0] ?? visits[0],
    visits,
    start,
    duration: segments.length === 0 ? 0 : Math.max(0, end - start),
    partial: left.length > 0 || all.some((each) => each.in_progress === true && !each.end_time),
    annotations: all.flatMap((entity) =>
      Object.entries(entity.annotations ?? {}).flatMap(([key, value]) =>
        isPlain(value) ? [{ key, value, service: service(entity) }] : [],
      ),
    ),
    users: segments.flatMap((segment) =>
      typeof segment.user === "string" ? [{ name: segment.user, service: service(segment) }] : [],
    ),
  };
}

const least = (values: readonly number[]): number =>
  values.reduce((low, value) => (value < low ? value : low), Number.POSITIVE_INFINITY);

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** Of the whole trace: what its first service answered. */
export function httpOf({ root }: TraceView): {
  readonly url?: string;
  readonly status?: number;
  readonly method?: string;
  readonly agent?: string;
  readonly ip?: string;
} {
  const request = isObject(root?.entity.http?.request) ? root.entity.http.request : {};
  const response = isObject(root?.entity.http?.response) ? root.entity.http.response : {};
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const status = response["status"];
  const said = {
    url: text(request["url"]),
    method: text(request["method"]),
    agent: text(request["user_agent"]),
    ip: text(request["client_ip"]),
    status: typeof status === "number" ? status : undefined,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
