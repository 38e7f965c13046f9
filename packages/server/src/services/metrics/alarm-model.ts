/** Nouns of alarms. Times are milliseconds since the epoch, periods seconds. */
import type { AlarmState, Comparison, MissingData } from "../../domain/alarm-evaluation.ts";
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { MetricName } from "./model.ts";
import type { Query } from "./queries.ts";

export type { AlarmState } from "../../domain/alarm-evaluation.ts";

export interface AlarmActions {
  readonly OK: readonly string[];
  readonly ALARM: readonly string[];
  readonly INSUFFICIENT_DATA: readonly string[];
}

export interface StateOfAlarm {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON text. */
  readonly data?: string | undefined;
  /** When it was last told, and when it last changed. */
  readonly updated: number;
  readonly changed: number;
}

/** What a metric alarm looks at. */
export interface MetricRule {
  readonly metric?: MetricName | undefined;
  readonly statistic?: string | undefined;
  readonly extended?: string | undefined;
  readonly period?: number | undefined;
  readonly unit?: string | undefined;
  /** In place of all of the above. */
  readonly queries?: readonly Query[] | undefined;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number | undefined;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missing?: MissingData | undefined;
  readonly lowSamples?: string | undefined;
}

export interface CompositeRule {
  readonly rule: string;
  readonly suppressor?: string | undefined;
  readonly waitPeriod?: number | undefined;
  readonly extensionPeriod?: number | undefined;
}

interface AnyAlarm {
  readonly name: string;
  readonly description?: string | undefined;
  readonly actionsEnabled: boolean;
  readonly actions: AlarmActions;
  readonly created: number;
  readonly updated: number;
  readonly state: StateOfAlarm;
  readonly tags: readonly AlarmTag[];
  /** A change whose actions are not handed over yet. */
  readonly due?: AlarmChange | undefined;
}
export interface MetricAlarm extends AnyAlarm {
  readonly kind: "metric";
  readonly rule: MetricRule;
}
export interface CompositeAlarm extends AnyAlarm {
  readonly kind: "composite";
  readonly rule: CompositeRule;
}
export type Alarm = MetricAlarm | CompositeAlarm;

export interface AlarmTag {
  readonly Key: string;
  readonly Value: string;
}

/** From one state to another. */
export interface AlarmChange {
  readonly from: StateOfAlarm;
  readonly to: StateOfAlarm;
}

export interface HistoryItem {
  readonly alarm: string;
  readonly alarmKind: Alarm["kind"];
  readonly time: number;
  readonly type: "ConfigurationUpdate" | "StateUpdate" | "Action";
  readonly summary: string;
  /** JSON text. */
  readonly data: string;
}

export const alarmArn = ({ account, region }: Scope, name: string): string =>
  `arn:${partitionOf(region)}:cloudwatch:${region}:${account}:alarm:${name}`;

export const typeOf = ({ kind }: Pick<Alarm, "kind">): "MetricAlarm" | "CompositeAlarm" =>
  kind === "metric" ? "MetricAlarm" : "CompositeAlarm";
