/** Reading traces: summaries, documents, maps, figures over time. */
import type { Filter } from "../../domain/filter-expression.ts";
import type { Scope } from "../../domain/scope.ts";
import { Figures, type GraphNode, graphOf } from "../../domain/service-graph.ts";
import { matchesFilter } from "../../domain/trace-filter.ts";
import { type TraceView, viewOf } from "../../domain/trace-view.ts";
import { invalid } from "./errors.ts";
import { type Groups, readFilter } from "./groups.ts";
import type { Segments } from "./segments.ts";

/** Milliseconds since the epoch, `to` exclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const PAGE = 100;
/** X-Ray: a time range is at most so long. */
const LONGEST_MS = 24 * 3600 * 1000;
const LONGEST_GRAPH_MS = 6 * 3600 * 1000;
/** Traces of one map. */
const MAX_TRACES = 20_000;
const PERIODS: readonly number[] = [60, 300];

export class Queries {
  readonly #segments: Segments;
  readonly #groups: Groups;

  constructor(segments: Segments, groups: Groups) {
    this.#segments = segments;
    this.#groups = groups;
  }

  async summaries(
    scope: Scope,
    range: TimeRange,
    filter: string | undefined,
    token: string | undefined,
  ): Promise<{ traces: TraceView[]; scanned: number; token: string | undefined }> {
    checkRange(range, LONGEST_MS, "24 hours");
    const parsed = readFilter(filter);
    const group = await this.#groupFilters(scope, filter);
    const after = token === undefined ? undefined : readToken(token);
    await this.#segments.flush();
    const { from, to } = range;
    const page = await this.#segments.traces(scope, from, to, PAGE, after);
    const views = await this.#views(scope, page.traceIds);
    return {
      traces: views.filter((view) => matchesFilter(parsed, view, group)),
      scanned: views.length,
      token: page.cursor && Buffer.from(page.cursor).toString("base64url"),
    };
  }

  /** Those of these traces that there are. */
  async views(scope: Scope, traceIds: readonly string[]): Promise<TraceView[]> {
    await this.#segments.flush();
    return await this.#views(scope, traceIds);
  }

  async documents(
    scope: Scope,
    traceIds: readonly string[],
  ): Promise<{ view: TraceView; documents: { id: string; text: string }[] }[]> {
    const views = await this.views(scope, traceIds);
    return await Promise.all(
      views.map(async (view) => ({
        view,
        documents: await this.#segments.documents(scope, view.id),
      })),
    );
  }

  async traceGraph(scope: Scope, traceIds: readonly string[]): Promise<GraphNode[]> {
    return graphOf(await this.views(scope, traceIds));
  }

  async serviceGraph(
    scope: Scope,
    range: TimeRange,
    group: string | undefined,
  ): Promise<GraphNode[]> {
    checkRange(range, LONGEST_GRAPH_MS, "6 hours");
    return graphOf(await this.#matching(scope, range, group, undefined));
  }

  /** Periods that traces began in, with what their entry services answered. */
  async overTime(
    scope: Scope,
    range: TimeRange,
    seconds: number,
    group: string | undefined,
    selector: string | undefined,
  ): Promise<{ at: number; figures: Figures }[]> {
    checkRange(range, LONGEST_GRAPH_MS, "6 hours");
    if (!PERIODS.includes(seconds)) throw invalid("Period must be 60 or 300");
    const filter = selector === undefined ? undefined : readFilter(selector);
    const periods = new Map<number, Figures>();
    for (const view of await this.#matching(scope, range, group, filter)) {
      const at = Math.floor(view.start / seconds) * seconds;
      const figures = periods.get(at) ?? new Figures();
      periods.set(at, figures);
      for (const visit of selected(view, filter)) figures.add(visit);
    }
    return [...periods].sort(([a], [b]) => a - b).map(([at, figures]) => ({ at, figures }));
  }

  async #matching(
    scope: Scope,
    { from, to }: TimeRange,
    groupName: string | undefined,
    filter: Filter | undefined,
  ): Promise<TraceView[]> {
    const text =
      groupName === undefined ? undefined : (await this.#groups.find(scope, groupName)).filter;
    const asked = readFilter(text);
    const group = await this.#groupFilters(scope, text);
    await this.#segments.flush();
    const matching: TraceView[] = [];
    let after: string | undefined;
    do {
      const page = await this.#segments.traces(scope, from, to, 500, after);
      for (const view of await this.#views(scope, page.traceIds))
        if (matchesFilter(asked, view, group) && (!filter || matchesFilter(filter, view, group)))
          matching.push(view);
      after = page.cursor;
    } while (after !== undefined && matching.length < MAX_TRACES);
    return matching;
  }

  async #views(scope: Scope, traceIds: readonly string[]): Promise<TraceView[]> {
    const views: TraceView[] = [];
    for (const id of traceIds) {
      const segments = await this.#segments.segments(scope, id);
      if (segments.length > 0) views.push(viewOf(id, segments));
    }
    return views;
  }

  /** The filters of groups, read only for an expression that may name one. */
  async #groupFilters(scope: Scope, text = ""): Promise<(name: string) => Filter | undefined> {
    if (!/group/i.test(text)) return () => undefined;
    const all = await this.#groups.list(scope);
    const filters = new Map(all.map(({ name, filter }) => [name, readFilter(filter)]));
    return (name) => filters.get(name);
  }
}

/** The visits that a selector means: of the service that it names, else the first one. */
function selected(view: TraceView, filter: Filter | undefined) {
  if (filter?.kind === "service" && filter.of?.name !== undefined) {
    const { name, type } = filter.of;
    return view.visits.filter(
      ({ service }) => service.name === name && (type === undefined || service.type === type),
    );
  }
  return view.root === undefined ? [] : [view.root];
}

function checkRange({ from, to }: TimeRange, longest: number, words: string): void {
  if (!(to > from)) throw invalid("End time must be after start time");
  if (to - from > longest) throw invalid(`Time range cannot be longer than ${words}`);
}

function readToken(token: string): string {
  const cursor = Buffer.from(token, "base64url").toString("latin1");
  if (!/^\d{14}\/\d{12}\/[a-z0-9-]{1,32}\/[0-9a-f-]{35}$/.test(cursor))
    throw invalid("Invalid NextToken");
  return cursor;
}
