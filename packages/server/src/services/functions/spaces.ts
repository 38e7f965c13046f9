/** Where the service's records lie. Whatever belongs to one function is under its name, by qualifier. */
import { LATEST_PUBLISHED } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Dimensions } from "../../ports/metrics.ts";

/** What a function has besides its head; each is a space of its own, with one record per qualifier. */
export const CHILDREN = [
  "function-versions",
  "function-aliases",
  "function-policies",
  "function-urls",
  "function-event-invoke",
  "function-runtime-management",
  "function-provisioned",
] as const;
export type Child = (typeof CHILDREN)[number];

export const FUNCTIONS = "functions";
/** Numbers of versions that were given for names that have no function any more. */
export const VERSION_NUMBERS = "function-version-numbers";
export const LAYERS = "layers";
export const CAPACITY_PROVIDERS = "capacity-providers";
export const CODE_SIGNING = "code-signing-configs";
/** Every function URL of the platform by its id: a request for one names neither account nor region. */
export const URL_INDEX = "all/all/function-url-ids";

/** Queues of events that wait for an attempt, and of what is told of those that are over; one for each function. */
export const ASYNC_EVENTS = "async-events";
export const ASYNC_DELIVERIES = "async-deliveries";

export const functionQueue = (scope: Scope, kind: string, name: string): string =>
  `${spaceOf(scope, kind)}/${name}`;

/** Whose queue `functionQueue` named. */
export function ownerOfQueue(queue: string): { readonly scope: Scope; readonly name: string } {
  const [account = "", region = "", , name = ""] = queue.split("/");
  return { scope: { account, region }, name };
}

/** Whom a function's metrics are about. */
export const dimensionsOf = ({ account, region }: Scope, name: string): Dimensions => ({
  Account: account,
  Region: region,
  FunctionName: name,
});

/** Names a function among all of the platform. */
export const functionKey = ({ account, region }: Scope, name: string): string =>
  `${account}/${region}/${name}`;

export const spaceOf = (scope: Scope, kind: string): string =>
  `${scope.account}/${scope.region}/${kind}`;

export const childSpace = (scope: Scope, kind: Child, name: string): string =>
  `${spaceOf(scope, kind)}/${name}`;

export const layerVersionsSpace = (scope: Scope, layer: string): string =>
  `${spaceOf(scope, "layer-versions")}/${layer}`;

/** A number as an id that sorts like the number. */
export const numberId = (version: number | string): string => String(version).padStart(10, "0");

/** The id of a published version; `$LATEST.PUBLISHED` sorts before all numbers. */
export const versionId = (version: string): string =>
  version === LATEST_PUBLISHED ? version : numberId(version);

/** The scopes that have records of this kind. */
export function scopesOf(spaces: readonly string[], kind: string): Scope[] {
  return spaces.flatMap((space) => {
    const [account, region, ...rest] = space.split("/");
    return account !== undefined && region !== undefined && rest.join("/") === kind
      ? [{ account, region }]
      : [];
  });
}
