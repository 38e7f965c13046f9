/** CloudWatch Logs: groups and streams of lines, what is found in them, and what is done with them. The folder's only door. */
import { logGroupKey } from "../../domain/log-group.ts";
import type { Scope } from "../../domain/scope.ts";
import type { LogsDependencies } from "./context.ts";
import { Events } from "./events.ts";
import { FilterRuns } from "./filters.ts";
import { Groups } from "./groups.ts";
import { type LiveTail, type LiveUpdate, liveTail } from "./live-tail.ts";
import { groupsSpace } from "./names.ts";
import { Destinations, ResourcePolicies } from "./policies.ts";
import { Streams } from "./streams.ts";
import { MetricFilters, SubscriptionFilters } from "./subscriptions.ts";

export { LOG_ERRORS, type LogErrorCode } from "./errors.ts";
export { eventId, type FoundEvent } from "./events.ts";
export type { DescribedGroup } from "./groups.ts";
export type {
  Destination,
  LogGroup,
  LogStream,
  MetricFilter,
  MetricTransformation,
  ResourcePolicy,
  SubscriptionFilter,
} from "./model.ts";
export { destinationArn, groupArn, groupNamed, streamArn } from "./names.ts";
export { compiled } from "./patterns.ts";

export interface LogService {
  readonly groups: Groups;
  readonly streams: Streams;
  readonly events: Events;
  readonly subscriptions: SubscriptionFilters;
  readonly metricFilters: MetricFilters;
  readonly policies: ResourcePolicies;
  readonly destinations: Destinations;
  /** What arrives from now on, once a second. @throws YunqueError where a group or the pattern is none */
  liveTail(scope: Scope, tail: LiveTail, signal: AbortSignal): Promise<AsyncGenerator<LiveUpdate>>;
  /** The key under which a group's lines are kept; undefined where there is no such group. */
  linesOf(scope: Scope, group: string): Promise<string | undefined>;
  start(): Promise<void>;
  /** Brings what has gathered to its destinations, for at most so long. */
  close(graceMs: number): Promise<void>;
}

/** Old lines are deleted so often. */
const EXPIRE_MS = 3600 * 1000;

export function createLogService(dependencies: LogsDependencies): LogService {
  const { records, logs, clock, onFailure } = dependencies;
  const runs = new FilterRuns(dependencies);
  const groups = new Groups(dependencies, (key) => runs.forget(key));
  const streams = new Streams(dependencies, groups);
  const stop = logs.listen((batch) => {
    streams.arrived(batch);
    runs.arrived(batch);
  });
  let cancel = () => {};
  const expire = () => {
    groups.expireAll().catch(onFailure);
    cancel = clock.after(EXPIRE_MS, expire);
  };
  return {
    groups,
    streams,
    events: new Events(dependencies, groups, streams),
    subscriptions: new SubscriptionFilters(dependencies, groups, runs),
    metricFilters: new MetricFilters(dependencies, groups, runs),
    policies: new ResourcePolicies(dependencies),
    destinations: new Destinations(dependencies),
    async liveTail(scope, tail, signal) {
      for (const group of tail.groups) await groups.get(scope, group);
      return liveTail(dependencies, scope, tail, signal);
    },
    async linesOf(scope, group) {
      await streams.note();
      const found = await records.get(groupsSpace(scope), group);
      return found && logGroupKey(scope, group);
    },
    async start() {
      await runs.start();
      cancel = clock.after(EXPIRE_MS, expire);
    },
    async close(graceMs) {
      cancel();
      stop();
      await streams.note();
      await runs.close(graceMs);
    },
  };
}
