/** What X-Ray answers about traces, in the words of its model. */

import { entitiesOf, isObject } from "../../domain/segment.ts";
import type { Figures, GraphNode } from "../../domain/service-graph.ts";
import { httpOf, type ServiceName, type TraceView, type Visit } from "../../domain/trace-view.ts";
import type {
  Edge,
  ErrorRootCause,
  FaultRootCause,
  Service,
  ServiceId,
  TimeSeriesServiceStatistics,
  TraceSummary,
  ValueWithServiceIds,
} from "../api/xray.ts";

export const dateOf = (seconds: number): Date => new Date(seconds * 1000);

export const serviceId = ({ name, type, account }: ServiceName): ServiceId => ({
  Name: name,
  Names: [name],
  AccountId: account,
  Type: type,
});

export function traceSummary(view: TraceView): TraceSummary {
  const { root, visits } = view;
  const http = httpOf(view);
  const asked = Object.keys(http).length > 0;
  const causes = visits.filter(
    (visit) => (visit.fault || visit.error) && !failedBelow(view, visit),
  );
  return {
    Id: view.id,
    StartTime: dateOf(view.start),
    Duration: rounded(view.duration),
    ResponseTime: root?.responseTime === undefined ? undefined : rounded(root.responseTime),
    HasFault: visits.some(({ fault }) => fault),
    HasError: visits.some(({ error }) => error),
    HasThrottle: visits.some(({ throttle }) => throttle),
    IsPartial: view.partial,
    Http: asked
      ? {
          HttpURL: http.url,
          HttpStatus: http.status,
          HttpMethod: http.method,
          UserAgent: http.agent,
          ClientIp: http.ip,
        }
      : {},
    Annotations: annotationsOf(view),
    Users: view.users.map(({ name, service }) => ({
      UserName: name,
      ServiceIds: [serviceId(service)],
    })),
    ServiceIds: servicesOf(view).map(serviceId),
    ResourceARNs: [...new Set(view.segments.flatMap(({ resource_arn: arn }) => arn ?? []))].map(
      (ARN) => ({ ARN }),
    ),
    InstanceIds: [],
    AvailabilityZones: [],
    EntryPoint: root && serviceId(root.service),
    FaultRootCauses: causes.filter(({ fault }) => fault).map(rootCause),
    ErrorRootCauses: causes.filter(({ fault }) => !fault).map(rootCause),
    ResponseTimeRootCauses: [],
    Revision: view.segments.length,
  };
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

const failedBelow = ({ visits }: TraceView, visit: Visit): boolean =>
  visits.some((each) => each.caller === visit && (each.fault || each.error));

/** The way from the trace's beginning to the service that failed. */
function rootCause(visit: Visit): FaultRootCause & ErrorRootCause {
  const way: Visit[] = [];
  for (let at: Visit | undefined = visit; at !== undefined && way.length < 100; at = at.caller)
    way.unshift(at);
  return {
    Services: way.map((each) => ({
      ...serviceId(each.service),
      EntityPath: [
        {
          Name: each.entity.name,
          Exceptions: each === visit ? exceptionsOf(each) : [],
          Remote: each.service.type === "remote",
        },
      ],
      Inferred: each.inferred,
    })),
    ClientImpacting: way[0]?.fault === true || way[0]?.error === true,
  };
}

function exceptionsOf({ entity }: Visit): { Name?: string; Message?: string }[] {
  for (const { cause } of entitiesOf(entity)) {
    const list = isObject(cause) ? cause["exceptions"] : undefined;
    if (!Array.isArray(list)) continue;
    return list.filter(isObject).map(({ type, message }) => ({
      ...(typeof type === "string" ? { Name: type } : {}),
      ...(typeof message === "string" ? { Message: message } : {}),
    }));
  }
  return [];
}

function servicesOf({ visits }: TraceView): ServiceName[] {
  const byKey = new Map(visits.map(({ service }) => [`${service.type}\0${service.name}`, service]));
  return [...byKey.values()];
}

function annotationsOf(view: TraceView): Record<string, ValueWithServiceIds[]> {
  const all = Object.groupBy(view.annotations, ({ key }) => key);
  return Object.fromEntries(
    Object.entries(all).map(([key, values = []]) => [
      key,
      values.map(({ value, service }) => ({
        AnnotationValue:
          typeof value === "string"
            ? { StringValue: value }
            : typeof value === "number"
              ? { NumberValue: value }
              : { BooleanValue: value },
        ServiceIds: [serviceId(service)],
      })),
    ]),
  );
}

export function graphService({ number, service, root, figures, edges }: GraphNode): Service {
  const isClient = service.type === "client";
  return {
    ReferenceId: number,
    ...serviceId(service),
    ...(root ? { Root: true } : {}),
    State: isClient ? "unknown" : "active",
    StartTime: dateOf(figures.start),
    EndTime: dateOf(figures.end),
    Edges: edges.map(({ to, figures }) => graphEdge(to, figures)),
    ...(isClient
      ? {}
      : {
          SummaryStatistics: statistics(figures),
          DurationHistogram: histogram(figures),
          ResponseTimeHistogram: histogram(figures),
        }),
  };
}

const graphEdge = (to: number, figures: Figures): Edge => ({
  ReferenceId: to,
  StartTime: dateOf(figures.start),
  EndTime: dateOf(figures.end),
  SummaryStatistics: statistics(figures),
  ResponseTimeHistogram: histogram(figures),
  Aliases: [],
});

const statistics = ({ ok, error, throttle, fault, total, totalTime }: Figures) => ({
  OkCount: ok,
  ErrorStatistics: { ThrottleCount: throttle, OtherCount: error, TotalCount: error + throttle },
  FaultStatistics: { OtherCount: fault, TotalCount: fault },
  TotalCount: total,
  TotalResponseTime: rounded(totalTime),
});

const histogram = ({ histogram }: Figures) =>
  [...histogram].sort(([a], [b]) => a - b).map(([Value, Count]) => ({ Value, Count }));

export const timeSeries = (point: {
  at: number;
  figures: Figures;
}): TimeSeriesServiceStatistics => ({
  Timestamp: dateOf(point.at),
  ServiceSummaryStatistics: statistics(point.figures),
  ResponseTimeHistogram: histogram(point.figures),
});
