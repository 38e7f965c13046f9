/** API destinations: other people's web servers as targets. */
import { randomUUID } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { ConnectionOperations } from "./connections.ts";
import type { BusesContext } from "./context.ts";
import { busError, invalidParameter, limitReached } from "./errors.ts";
import { arnOf, parseEventsArn } from "./names.ts";
import { byName, type Page, type PageRequest, pageOf } from "./paging.ts";
import { apiDestinationsSpace } from "./spaces.ts";

export interface ApiDestination {
  readonly name: string;
  readonly description?: string | undefined;
  readonly connectionArn: string;
  readonly endpoint: string;
  readonly method: string;
  readonly ratePerSecond: number;
  readonly id: string;
  readonly created: number;
  readonly modified: number;
}

export interface DescribedApiDestination extends ApiDestination {
  readonly arn: string;
  readonly state: "ACTIVE" | "INACTIVE";
}

/** What is not given stays. */
export interface ApiDestinationChange {
  readonly name: string;
  readonly description: string | undefined;
  readonly connectionArn: string | undefined;
  readonly endpoint: string | undefined;
  readonly method: string | undefined;
  readonly ratePerSecond: number | undefined;
}

export interface ApiDestinationOperations {
  create(scope: Scope, destination: ApiDestinationChange): Promise<DescribedApiDestination>;
  describe(scope: Scope, name: string): Promise<DescribedApiDestination>;
  update(scope: Scope, change: ApiDestinationChange): Promise<DescribedApiDestination>;
  list(
    scope: Scope,
    request: PageRequest & {
      readonly prefix?: string | undefined;
      readonly connectionArn?: string | undefined;
    },
  ): Promise<Page<DescribedApiDestination>>;
  delete(scope: Scope, name: string): Promise<void>;
  /** By its ARN. */
  at(arn: string): Promise<ApiDestination | undefined>;
}

/** EventBridge: 300 requests a second, unless said; an account has at most 3,000 destinations. */
const RATE_PER_SECOND = 300;
const MAX_DESTINATIONS = 3_000;

export function createApiDestinations(
  { catalog, records, clock }: BusesContext,
  connections: ConnectionOperations,
): ApiDestinationOperations {
  const find = async (scope: Scope, name: string): Promise<ApiDestination | undefined> =>
    (await records.get<ApiDestination>(apiDestinationsSpace(scope), name))?.value;
  const get = async (scope: Scope, name: string): Promise<ApiDestination> => {
    const found = await find(scope, name);
    if (found !== undefined) return found;
    throw busError(
      "BusObjectUnknown",
      `Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`,
    );
  };
  const described = async (
    scope: Scope,
    destination: ApiDestination,
  ): Promise<DescribedApiDestination> => {
    const connection = await connections.at(destination.connectionArn);
    const active = connection !== undefined && connection.state !== "DEAUTHORIZED";
    return {
      ...destination,
      arn: arnIn(scope, destination),
      state: active ? "ACTIVE" : "INACTIVE",
    };
  };
  const put = async (scope: Scope, destination: ApiDestination) => {
    if ((await connections.at(destination.connectionArn)) === undefined)
      throw busError(
        "BusObjectUnknown",
        `Connection '${destination.connectionArn}' does not exist.`,
      );
    if (
      !URL.canParse(destination.endpoint.replaceAll("*", "x")) ||
      !/^https?:/.test(destination.endpoint)
    )
      throw invalidParameter("InvocationEndpoint");
    const space = apiDestinationsSpace(scope);
    await records.commit([{ put: destination, space, id: destination.name }]);
    return described(scope, destination);
  };
  const inTurn = <T>(scope: Scope, work: () => Promise<T>) =>
    catalog.turn(scope, "api-destinations", work);
  const all = async (scope: Scope) =>
    (await everyRecord<ApiDestination>(records, apiDestinationsSpace(scope))).map(
      ({ value }) => value,
    );
  return {
    create: (scope, { name, ratePerSecond = RATE_PER_SECOND, ...given }) =>
      inTurn(scope, async () => {
        if ((await find(scope, name)) !== undefined)
          throw busError("BusObjectExists", `An api-destination '${name}' already exists.`);
        if ((await all(scope)).length >= MAX_DESTINATIONS) throw limitReached();
        const now = clock.now();
        return put(scope, {
          name,
          description: given.description,
          connectionArn: given.connectionArn ?? "",
          endpoint: given.endpoint ?? "",
          method: given.method ?? "POST",
          ratePerSecond,
          id: randomUUID(),
          created: now,
          modified: now,
        });
      }),

    async describe(scope, name) {
      return described(scope, await get(scope, name));
    },

    update: (scope, change) =>
      inTurn(scope, async () => {
        const given = Object.entries(change).filter(([, value]) => value !== undefined);
        const before = await get(scope, change.name);
        return put(scope, { ...before, ...Object.fromEntries(given), modified: clock.now() });
      }),

    async list(scope, { prefix = "", connectionArn, ...request }) {
      const fitting = (await all(scope))
        .filter(({ name }) => name.startsWith(prefix))
        .filter((one) => connectionArn === undefined || one.connectionArn === connectionArn)
        .sort(byName);
      const listing = `api-destinations ${prefix} ${connectionArn}`;
      const page = pageOf(fitting, ({ name }) => name, request, listing);
      return { ...page, items: await Promise.all(page.items.map((one) => described(scope, one))) };
    },

    delete: (scope, name) =>
      inTurn(scope, async () => {
        await get(scope, name);
        await records.commit([{ delete: true, space: apiDestinationsSpace(scope), id: name }]);
      }),

    async at(arn) {
      const parsed = parseEventsArn(arn);
      if (parsed?.kind !== "api-destination") return undefined;
      const [name = "", id] = parsed.name.split("/");
      const found = await find(parsed.scope, name);
      return found?.id === id ? found : undefined;
    },
  };
}

const arnIn = (scope: Scope, { name, id }: ApiDestination): string =>
  arnOf(scope, "api-destination", `${name}/${id}`);
