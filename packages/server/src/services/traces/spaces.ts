/** Where the service's records lie. */
import type { Scope } from "../../domain/scope.ts";

const within = ({ account, region }: Scope, kind: string): string => `${account}/${region}/${kind}`;

/** id: trace and entity. `{ text }`, a document. */
export const segmentsSpace = (scope: Scope): string => within(scope, "trace-segments");
/** id: name. SamplingRule with its times and tags. */
export const rulesSpace = (scope: Scope): string => within(scope, "trace-sampling-rules");
/** id: name. Group. */
export const groupsSpace = (scope: Scope): string => within(scope, "trace-groups");
/** id: what is set. */
export const settingsSpace = (scope: Scope): string => within(scope, "trace-settings");
/** Traces of all scopes in the order of their beginnings, and how many bytes all of them have. */
export const TIMES = "all/all/trace-times";
export const TOTALS = "all/all/trace-totals";

const DIGITS = 14;
/** 14 digits of milliseconds, account, region, trace. */
export const timeId = (ms: number, { account, region }: Scope, traceId: string): string =>
  `${timePrefix(ms)}/${account}/${region}/${traceId}`;
export const timePrefix = (ms: number): string =>
  String(Math.max(0, Math.floor(ms))).padStart(DIGITS, "0");

export function readTimeId(id: string): { ms: number; scope: Scope; traceId: string } {
  const [ms, account = "", region = "", traceId = ""] = id.split("/");
  return { ms: Number(ms), scope: { account, region }, traceId };
}
