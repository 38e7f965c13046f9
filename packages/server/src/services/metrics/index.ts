/** Metrics, alarms and dashboards: CloudWatch's part of them. The folder's only door. */
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Metrics as Recording } from "../../ports/metrics.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Records } from "../../ports/records.ts";
import type { Targets } from "../../ports/targets.ts";
import { createDeliverer } from "../deliverer/index.ts";
import { AlarmLoop } from "./alarm-loop.ts";
import { AlarmStates } from "./alarm-states.ts";
import { AlarmStore } from "./alarm-store.ts";
import { type AlarmOperations, createAlarms } from "./alarms.ts";
import { createDashboards, type DashboardOperations } from "./dashboards.ts";
import { listMetrics, type MetricFilter, type Page } from "./listing.ts";
import type { MetricName, Sample } from "./model.ts";
import { type Datum, samplesOf } from "./put.ts";
import { type DataRequest, type DataResult, getMetricData } from "./queries.ts";
import { Recorder, type ScopedSamples } from "./recorder.ts";
import { ALARMS } from "./spaces.ts";
import { type Datapoint, getStatistics, type StatisticsRequest } from "./statistics.ts";
import { MetricStore } from "./store.ts";

export type {
  Alarm,
  CompositeAlarm,
  HistoryItem,
  MetricAlarm,
  MetricRule,
} from "./alarm-model.ts";
export { alarmArn, typeOf } from "./alarm-model.ts";
export type { AlarmOperations } from "./alarms.ts";
export type { Dashboard, DashboardOperations } from "./dashboards.ts";
export { METRICS_ERRORS, type MetricsErrorCode } from "./errors.ts";
export type { MetricName, Sample } from "./model.ts";
export type { Datum } from "./put.ts";
export type { DataResult, Query } from "./queries.ts";
export type { ScopedSamples } from "./recorder.ts";
export type { Datapoint } from "./statistics.ts";

export interface MetricsDependencies {
  readonly records: Records;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly targets: Targets;
  /** Whose the platform's numbers are that name neither account nor region. */
  readonly home: Scope;
  /** Is told of every number, too. */
  readonly totals?: Recording;
  onDefect(error: unknown): void;
}

export interface MetricsService {
  /** Where the platform's own numbers go. */
  readonly recording: Recording;
  /** A source of numbers that is asked once a minute while there is something to tell. */
  source(read: () => Promise<readonly ScopedSamples[]>): void;
  /** Something has happened that a source will tell of. */
  expect(): void;
  /** Keeps a sample with the next minute's; lost with what does not end well before. */
  tell(scope: Scope, sample: Sample): void;
  /** Keeps what was told so far. */
  flush(): Promise<void>;
  /** Keeps samples; resolves once they are durable. */
  put(scope: Scope, samples: readonly Sample[]): Promise<void>;
  putData(scope: Scope, namespace: string, data: readonly Datum[]): Promise<void>;
  data(
    scope: Scope,
    request: DataRequest,
  ): Promise<{ readonly results: readonly DataResult[]; readonly token?: string }>;
  statistics(scope: Scope, request: StatisticsRequest): Promise<Datapoint[]>;
  list(scope: Scope, filter: MetricFilter): Promise<Page<MetricName>>;
  readonly alarms: AlarmOperations;
  readonly dashboards: DashboardOperations;
  /** Goes on with alarms that an earlier life of the platform left. */
  start(): Promise<void>;
  /** Keeps what was told, and looks at alarms no more. */
  close(graceMs: number): Promise<void>;
}

/** The third segment of the names of the queues in which actions wait. */
const DELIVERIES = "alarm-deliveries";

export function createMetrics(dependencies: MetricsDependencies): MetricsService {
  const { records, queues, clock, targets, home, totals, onDefect } = dependencies;
  const metrics = new MetricStore({ records, clock, onDefect });
  const recorder = new Recorder({ store: metrics, clock, home, totals, onDefect });
  const store = new AlarmStore(records, clock.now);
  const deliverer = createDeliverer({
    queues,
    clock,
    kind: DELIVERIES,
    targets,
    onFailure: onDefect,
    onGivenUp: ({ message }, end) =>
      onDefect(new Error(`the action of an alarm was given up: ${message.target} ${end.code}`)),
  });
  const states = new AlarmStates(store, clock, deliverer);
  const flush = () => recorder.flush();
  const loop = new AlarmLoop({ metrics, store, states, clock, flush, onDefect });
  return {
    recording: recorder,
    source: (read) => recorder.source(read),
    expect: () => recorder.expect(),
    flush,
    tell: (scope, sample) => recorder.tell(scope, sample),
    put: (scope, samples) => metrics.append(scope, samples),
    putData: (scope, namespace, data) =>
      metrics.append(scope, samplesOf(namespace, data, clock.now())),
    async data(scope, request) {
      await flush();
      return getMetricData(metrics, scope, request);
    },
    async statistics(scope, request) {
      await flush();
      return getStatistics(metrics, scope, request);
    },
    async list(scope, filter) {
      await flush();
      return listMetrics(metrics, scope, filter, clock.now());
    },
    alarms: createAlarms({ store, states, loop, now: clock.now, onDefect }),
    dashboards: createDashboards(records, clock.now),
    async start() {
      await deliverer.start();
      for (const space of await records.spaces("")) {
        const [account = "", region = "", kind] = space.split("/");
        if (kind !== ALARMS) continue;
        for (const alarm of await store.all({ account, region })) {
          loop.watch({ account, region }, alarm);
          await states.settle({ account, region }, alarm);
        }
      }
    },
    async close(graceMs) {
      await loop.close();
      await deliverer.close(graceMs);
      await recorder.close();
      await metrics.close();
    },
  };
}
