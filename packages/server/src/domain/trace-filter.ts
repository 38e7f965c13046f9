/** Which traces a filter expression means. */
import type { Filter, FilterValue, Operator, ServiceId } from "./filter-expression.ts";
import { httpOf, type TraceView, type Visit } from "./trace-view.ts";

/** `group`: the filter of a group, by its name. */
export function matchesFilter(
  filter: Filter,
  trace: TraceView,
  group: (name: string) => Filter | undefined = () => undefined,
): boolean {
  /** `visits`: what a keyword is about, inside of service() and edge(); absent: the whole trace. */
  const holds = (part: Filter, visit: Visit | undefined, depth: number): boolean => {
    switch (part.kind) {
      case "all":
        return true;
      case "or":
        return part.parts.some((each) => holds(each, visit, depth));
      case "and":
        return part.parts.every((each) => holds(each, visit, depth));
      case "not":
        return !holds(part.part, visit, depth);
      case "service":
        return trace.visits.some(
          (each) => isService(part.of, each) && holds(part.inner, each, depth),
        );
      case "edge":
        return trace.visits.some(
          (each) =>
            isService(part.to, each) &&
            (part.from === undefined ||
              (each.caller !== undefined && isService(part.from, each.caller))) &&
            each.caller !== undefined &&
            holds(part.inner, each, depth),
        );
      case "group": {
        const inner = depth < 5 ? group(part.name) : undefined;
        return inner !== undefined && holds(inner, undefined, depth + 1);
      }
      case "test":
        return valuesOf(part.keyword, trace, visit).some((value) =>
          compare(value, part.operator, part.value),
        );
    }
  };
  return holds(filter, undefined, 0);
}

function isService(id: ServiceId | undefined, { service }: Visit): boolean {
  if (id === undefined) return true;
  const same = (asked: string | undefined, is: string | undefined) =>
    asked === undefined || asked === is;
  return (
    same(id.name, service.name) && same(id.type, service.type) && same(id.account, service.account)
  );
}

/** What a keyword stands for; annotations and users may be several. */
function valuesOf(keyword: string, trace: TraceView, visit: Visit | undefined): FilterValue[] {
  if (keyword.startsWith("annotation.")) {
    const key = keyword.slice("annotation.".length);
    return trace.annotations
      .filter((each) => each.key === key && (!visit || same(each.service, visit)))
      .map(({ value }) => value);
  }
  const of = visit ?? trace.root;
  if (of === undefined) return [];
  const http = httpOf({ ...trace, root: of });
  const only = (value: FilterValue | undefined): FilterValue[] =>
    value === undefined ? [] : [value];
  switch (keyword) {
    case "ok":
      return [!of.error && !of.fault && !of.throttle];
    case "error":
      return [of.error];
    case "throttle":
      return [of.throttle];
    case "fault":
      return [of.fault];
    case "inferred":
      return [of.inferred];
    case "root":
    case "first":
      return [of.caller === undefined];
    case "last":
      return [!trace.visits.some(({ caller }) => caller === of)];
    case "remote":
      return [of.service.type === "remote"];
    case "partial":
      return [trace.partial];
    case "responsetime":
      return only(of.responseTime);
    case "duration":
      return only(visit ? of.responseTime : trace.duration);
    case "http.status":
      return only(http.status);
    case "http.url":
      return only(http.url);
    case "http.method":
      return only(http.method);
    case "http.useragent":
      return only(http.agent);
    case "http.clientip":
      return only(http.ip);
    case "user":
      return trace.users.map(({ name }) => name);
    case "name":
      return [of.service.name];
    case "type":
      return only(of.service.type);
    case "resource.arn":
      return trace.segments.flatMap((each) => only(each.resource_arn));
    default:
      return [];
  }
}

const same = (service: Visit["service"], visit: Visit): boolean =>
  service.name === visit.service.name && service.type === visit.service.type;

function compare(is: FilterValue, operator: Operator, asked: FilterValue | undefined): boolean {
  switch (operator) {
    case "is":
      return is !== false;
    case "=":
      return is === asked;
    case "!=":
      return is !== asked;
    case "BEGINSWITH":
      return typeof is === "string" && is.startsWith(String(asked));
    case "ENDSWITH":
      return typeof is === "string" && is.endsWith(String(asked));
    case "CONTAINS":
      return typeof is === "string" && is.includes(String(asked));
  }
  if (typeof is !== "number" || typeof asked !== "number") return false;
  if (operator === "<") return is < asked;
  if (operator === "<=") return is <= asked;
  return operator === ">" ? is > asked : is >= asked;
}
