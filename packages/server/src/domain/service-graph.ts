/** The map of services that traces went through: its nodes, its edges, and their figures. */
import type { Outcome, ServiceName, TraceView, Visit } from "./trace-view.ts";

export interface GraphNode {
  readonly number: number;
  readonly service: ServiceName;
  readonly root: boolean;
  readonly figures: Figures;
  readonly edges: readonly GraphEdge[];
}
export interface GraphEdge {
  readonly to: number;
  readonly figures: Figures;
}

/** Of the visits to a service, or of the calls over an edge. Times in seconds since the epoch. */
export class Figures {
  start = Number.POSITIVE_INFINITY;
  end = 0;
  ok = 0;
  throttle = 0;
  error = 0;
  fault = 0;
  total = 0;
  totalTime = 0;
  /** Seconds, rounded to a thousandth, and how often. */
  readonly histogram = new Map<number, number>();

  add(outcome: Outcome & Pick<Visit, "start" | "end">): void {
    const { responseTime, start, end = start } = outcome;
    this.start = Math.min(this.start, start);
    this.end = Math.max(this.end, end);
    if (responseTime === undefined) return; // not over
    this.total += 1;
    this.totalTime += responseTime;
    if (outcome.fault) this.fault += 1;
    else if (outcome.throttle) this.throttle += 1;
    else if (outcome.error) this.error += 1;
    else this.ok += 1;
    const bucket = Math.round(responseTime * 1000) / 1000;
    this.histogram.set(bucket, (this.histogram.get(bucket) ?? 0) + 1);
  }
}

interface Making {
  readonly number: number;
  readonly service: ServiceName;
  readonly figures: Figures;
  readonly edges: Map<number, Figures>;
  root: boolean;
}

export function graphOf(traces: Iterable<TraceView>): GraphNode[] {
  const nodes = new Map<string, Making>();
  const nodeOf = (service: ServiceName): Making => {
    const key = JSON.stringify([service.type ?? "", service.name, service.account ?? ""]);
    let node = nodes.get(key);
    if (node === undefined) {
      node = { number: nodes.size, service, figures: new Figures(), edges: new Map(), root: false };
      nodes.set(key, node);
    }
    return node;
  };
  const call = (from: Making, to: Making, visit: Visit): void => {
    const figures = from.edges.get(to.number) ?? new Figures();
    from.edges.set(to.number, figures);
    figures.add(visit);
  };
  for (const trace of traces)
    for (const visit of trace.visits) {
      const node = nodeOf(visit.service);
      node.figures.add(visit);
      if (visit.caller !== undefined) {
        call(nodeOf(visit.caller.service), node, visit);
        continue;
      }
      node.root = true;
      // X-Ray draws who calls from outside as a client named like the service.
      if (visit.inferred) continue;
      const client = nodeOf({ name: visit.service.name, type: "client" });
      client.figures.start = Math.min(client.figures.start, visit.start);
      client.figures.end = Math.max(client.figures.end, visit.end ?? visit.start);
      call(client, node, visit);
    }
  return [...nodes.values()].map(({ edges, ...node }) => ({
    ...node,
    edges: [...edges].map(([to, figures]) => ({ to, figures })),
  }));
}
