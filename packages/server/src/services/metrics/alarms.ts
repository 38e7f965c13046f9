/** Alarms: put, told of, changed and deleted. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html */

import { alarmsIn, nameOf, parseAlarmRule } from "../../domain/alarm-rule.ts";
import { isJson } from "../../domain/json-text.ts";
import type { Scope } from "../../domain/scope.ts";
import { checkActions, checkCompositeRule, checkMetricRule, checkTags } from "./alarm-checks.ts";
import type { AlarmLoop } from "./alarm-loop.ts";
import {
  type Alarm,
  type AlarmActions,
  type AlarmState,
  type AlarmTag,
  alarmArn,
  type CompositeRule,
  type HistoryItem,
  type MetricAlarm,
  type MetricRule,
  typeOf,
} from "./alarm-model.ts";
import { type AlarmStates, speaksOf } from "./alarm-states.ts";
import type { AlarmStore } from "./alarm-store.ts";
import { metricsError, refused } from "./errors.ts";
import { type Page, paged } from "./listing.ts";
import type { MetricName } from "./model.ts";
import { metricKey } from "./spaces.ts";

export type AlarmRequest = {
  readonly name: string;
  readonly description?: string | undefined;
  readonly actionsEnabled: boolean;
  readonly actions: AlarmActions;
  readonly tags: readonly AlarmTag[];
} & (
  | { readonly kind: "metric"; readonly rule: MetricRule }
  | { readonly kind: "composite"; readonly rule: CompositeRule }
);

export interface AlarmFilter {
  readonly names?: readonly string[] | undefined;
  readonly prefix?: string | undefined;
  readonly types: readonly string[];
  readonly childrenOf?: string | undefined;
  readonly parentsOf?: string | undefined;
  readonly state?: AlarmState | undefined;
  readonly actionPrefix?: string | undefined;
  readonly max?: number | undefined;
  readonly token?: string | undefined;
}

export interface HistoryFilter {
  readonly name?: string | undefined;
  readonly types: readonly string[];
  readonly item?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly ascending: boolean;
  readonly max?: number | undefined;
  readonly token?: string | undefined;
}

export interface MetricOfAlarms extends MetricName {
  readonly statistic?: string | undefined;
  readonly extended?: string | undefined;
  readonly period?: number | undefined;
  readonly unit?: string | undefined;
}

export interface AlarmOperations {
  put(scope: Scope, request: AlarmRequest): Promise<void>;
  describe(scope: Scope, filter: AlarmFilter): Promise<Page<Alarm>>;
  describeFor(scope: Scope, metric: MetricOfAlarms): Promise<MetricAlarm[]>;
  history(scope: Scope, filter: HistoryFilter): Promise<Page<HistoryItem>>;
  setState(
    scope: Scope,
    name: string,
    state: { value: AlarmState; reason: string; data?: string | undefined },
  ): Promise<void>;
  /** Names of alarms that are not there are passed over. */
  enableActions(scope: Scope, names: readonly string[], enabled: boolean): Promise<void>;
  delete(scope: Scope, names: readonly string[]): Promise<void>;
  tags(scope: Scope, arn: string): Promise<readonly AlarmTag[]>;
  tag(scope: Scope, arn: string, tags: readonly AlarmTag[]): Promise<void>;
  untag(scope: Scope, arn: string, keys: readonly string[]): Promise<void>;
}

const MAX_ALARMS = 5000;
const PAGE = 50;
const MAX_PAGE = 100;

export interface AlarmParts {
  readonly store: AlarmStore;
  readonly states: AlarmStates;
  readonly loop: Pick<AlarmLoop, "watch" | "forget">;
  now(): number;
  onDefect(error: unknown): void;
}

export function createAlarms({ store, states, loop, now, onDefect }: AlarmParts): AlarmOperations {
  async function editTags(
    scope: Scope,
    arn: string,
    change: (tags: readonly AlarmTag[]) => readonly AlarmTag[],
  ): Promise<void> {
    const found = await store.edit(scope, nameOf(arn), (alarm) => {
      if (alarm === undefined) return undefined;
      const tags = change(alarm.tags);
      checkTags(tags);
      return { alarm: { ...alarm, tags } };
    });
    if (found === undefined)
      throw metricsError("MetricResourceNotFound", "Unknown resource", { arn });
  }

  return {
    async put(scope, request) {
      check(scope, request);
      const { name } = request;
      if (
        (await store.get(scope, name)) === undefined &&
        (await store.all(scope)).length >= MAX_ALARMS
      )
        throw metricsError(
          "TooManyAlarms",
          "The quota for alarms for this customer has already been reached.",
        );
      const alarm = await store.edit(scope, name, (before) => {
        const time = now();
        if (before !== undefined && before.kind !== request.kind)
          throw refused(`An alarm of another type has the name ${name} already.`);
        const state = before?.state ?? {
          value: "INSUFFICIENT_DATA",
          reason: "Unchecked: Initial alarm creation",
          updated: time,
          changed: time,
        };
        const alarm = {
          ...request,
          tags: before?.tags ?? request.tags,
          created: before?.created ?? time,
          updated: time,
          state,
          ...(before?.due ? { due: before.due } : {}),
        } as Alarm;
        return { alarm, history: [store.configured(alarm, before ? "Update" : "Create")] };
      });
      if (alarm === undefined) return;
      loop.watch(scope, alarm);
      if (alarm.kind === "composite") void states.compose(scope, alarm).catch(onDefect);
    },

    async describe(scope, filter) {
      const { names, prefix, max = PAGE, token } = filter;
      if (names !== undefined && prefix !== undefined)
        throw refused("AlarmNames and AlarmNamePrefix are mutually exclusive.");
      const all = await store.all(scope);
      const related = relatedTo(scope, all, filter);
      const fits = (alarm: Alarm): boolean =>
        (names === undefined || names.includes(alarm.name)) &&
        alarm.name.startsWith(prefix ?? "") &&
        filter.types.includes(typeOf(alarm)) &&
        (filter.state === undefined || alarm.state.value === filter.state) &&
        (filter.actionPrefix === undefined ||
          Object.values(alarm.actions)
            .flat()
            .some((arn) => arn.startsWith(filter.actionPrefix ?? ""))) &&
        (related === undefined || related.has(alarm.name));
      const size = Math.min(Math.max(max, 1), MAX_PAGE);
      return paged(all.filter(fits), ({ name }) => name, { of: "alarms", size, token });
    },

    async describeFor(scope, metric) {
      const key = metricKey(metric);
      const fits = ({ rule }: MetricAlarm): boolean =>
        rule.metric !== undefined &&
        metricKey(rule.metric) === key &&
        (metric.statistic === undefined || rule.statistic === metric.statistic) &&
        (metric.extended === undefined || rule.extended === metric.extended) &&
        (metric.period === undefined || rule.period === metric.period) &&
        (metric.unit === undefined || rule.unit === metric.unit);
      return (await store.all(scope)).flatMap((alarm) =>
        alarm.kind === "metric" && fits(alarm) ? [alarm] : [],
      );
    },

    async history(scope, filter) {
      const { name, from = 0, to = Number.POSITIVE_INFINITY, ascending, max = MAX_PAGE } = filter;
      const items = (await store.history(scope)).filter(
        ({ item }) =>
          (name === undefined || item.alarm === name) &&
          filter.types.includes(typeOf({ kind: item.alarmKind })) &&
          (filter.item === undefined || item.type === filter.item) &&
          item.time >= from &&
          item.time <= to,
      );
      const size = Math.min(Math.max(max, 1), MAX_PAGE);
      const ordered = ascending ? items : [...items].reverse();
      const keyed = ordered.map(({ item }, at) => ({ item, at: String(at).padStart(12, "0") }));
      const page = paged(keyed, ({ at }) => at, { of: "history", size, token: filter.token });
      return { ...page, items: page.items.map(({ item }) => item) };
    },

    async setState(scope, name, state) {
      if (state.data !== undefined && !isJson(state.data))
        throw metricsError("AlarmStateDataInvalid", "TextualStateReasonData is not valid JSON");
      if (!(await states.set(scope, name, state, true))) throw metricsError("AlarmNotFound", "");
    },

    async enableActions(scope, names, enabled) {
      for (const name of new Set(names))
        await store.edit(scope, name, (alarm) => {
          if (alarm === undefined || alarm.actionsEnabled === enabled) return undefined;
          const next = { ...alarm, actionsEnabled: enabled, updated: now() };
          return { alarm: next, history: [store.configured(next, "Update")] };
        });
    },

    async delete(scope, names) {
      const all = await store.all(scope);
      const gone = all.filter(({ name }) => names.includes(name));
      if (gone.length < new Set(names).size) throw metricsError("AlarmNotFound", "");
      for (const parent of all)
        if (parent.kind === "composite" && !names.includes(parent.name))
          for (const name of names)
            if (speaksOf(parent, name))
              throw metricsError(
                "AlarmInUse",
                `${name} cannot be deleted: the composite alarm ${parent.name} depends on it.`,
              );
      await store.delete(scope, gone);
      for (const { name } of gone) loop.forget(scope, name);
    },

    async tags(scope, arn) {
      return (await store.get(scope, nameOf(arn)))?.tags ?? [];
    },
    tag: (scope, arn, tags) =>
      editTags(scope, arn, (before) => {
        const keys = new Map(before.map((tag) => [tag.Key, tag]));
        for (const tag of tags) keys.set(tag.Key, tag);
        return [...keys.values()];
      }),
    untag: (scope, arn, keys) =>
      editTags(scope, arn, (before) => before.filter(({ Key }) => !keys.includes(Key))),
  };
}

function check(scope: Scope, request: AlarmRequest): void {
  checkActions(request.actions);
  checkTags(request.tags);
  if (request.kind === "metric") checkMetricRule(request.rule);
  else checkCompositeRule(request.name, request.rule);
  if (request.kind === "composite" && request.rule.suppressor === alarmArn(scope, request.name))
    throw refused("An alarm cannot suppress itself.");
}

/** Names of the alarms that those are made of, or that are made of them. */
function relatedTo(
  scope: Scope,
  all: readonly Alarm[],
  { childrenOf, parentsOf }: AlarmFilter,
): Set<string> | undefined {
  if (childrenOf !== undefined) {
    const parent = all.find(({ name }) => name === nameOf(childrenOf));
    const rule = parent?.kind === "composite" ? parseAlarmRule(parent.rule.rule) : undefined;
    return new Set(rule ? alarmsIn(rule) : []);
  }
  if (parentsOf === undefined) return undefined;
  const child = nameOf(parentsOf) || alarmArn(scope, parentsOf);
  return new Set(
    all.flatMap((one) => (one.kind === "composite" && speaksOf(one, child) ? [one.name] : [])),
  );
}
