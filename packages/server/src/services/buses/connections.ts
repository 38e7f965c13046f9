/** Connections: how to authorize at other people's web servers. What is secret goes out to them, and to nobody else. */
import { randomUUID } from "node:crypto";
import { partitionOf } from "../../domain/function-name.ts";
import type { Scope } from "../../domain/scope.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { BusesContext } from "./context.ts";
import { busError, exists, invalid, limitReached } from "./errors.ts";
import { arnOf, parseEventsArn } from "./names.ts";
import { byName, type Page, type PageRequest, pageOf } from "./paging.ts";
import { connectionsSpace } from "./spaces.ts";

export type AuthorizationType = "BASIC" | "API_KEY" | "OAUTH_CLIENT_CREDENTIALS";
export type ConnectionState = "AUTHORIZED" | "AUTHORIZING" | "DEAUTHORIZED";

export interface ExtraParameter {
  readonly key: string;
  readonly value: string;
  readonly secret: boolean;
}

/** What goes along with each request. */
export interface ExtraParameters {
  readonly headers?: readonly ExtraParameter[] | undefined;
  readonly query?: readonly ExtraParameter[] | undefined;
  readonly body?: readonly ExtraParameter[] | undefined;
}

export interface ConnectionAuth {
  readonly basic?: { readonly username: string; readonly password: string } | undefined;
  readonly apiKey?: { readonly name: string; readonly value: string } | undefined;
  readonly oauth?: OAuth | undefined;
  readonly invocation?: ExtraParameters | undefined;
}

export interface OAuth {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly endpoint: string;
  readonly method: string;
  readonly extra?: ExtraParameters | undefined;
}

export interface Connection {
  readonly name: string;
  readonly description?: string | undefined;
  readonly kmsKey?: string | undefined;
  readonly type: AuthorizationType;
  readonly auth: ConnectionAuth;
  readonly state: ConnectionState;
  readonly reason?: string | undefined;
  readonly id: string;
  readonly secretName: string;
  readonly created: number;
  readonly modified: number;
  readonly authorized: number;
}

export interface DescribedConnection extends Connection {
  readonly arn: string;
  readonly secretArn: string;
}

export type NewConnection = Pick<Connection, "name" | "description" | "kmsKey" | "type" | "auth">;

/** What is not given stays. */
export interface ConnectionChange {
  readonly name: string;
  readonly description: string | undefined;
  readonly kmsKey: string | undefined;
  readonly type: AuthorizationType | undefined;
  readonly auth: PartialAuth | undefined;
}

export interface PartialAuth {
  readonly basic?: Partial<NonNullable<ConnectionAuth["basic"]>> | undefined;
  readonly apiKey?: Partial<NonNullable<ConnectionAuth["apiKey"]>> | undefined;
  readonly oauth?: Partial<OAuth> | undefined;
  readonly invocation?: ExtraParameters | undefined;
}

export interface ConnectionOperations {
  create(scope: Scope, connection: NewConnection): Promise<DescribedConnection>;
  describe(scope: Scope, name: string): Promise<DescribedConnection>;
  update(scope: Scope, change: ConnectionChange): Promise<DescribedConnection>;
  /** Forgets how to authorize; an update makes it known again. */
  deauthorize(scope: Scope, name: string): Promise<DescribedConnection>;
  list(
    scope: Scope,
    request: PageRequest & {
      readonly prefix?: string | undefined;
      readonly state?: string | undefined;
    },
  ): Promise<Page<DescribedConnection>>;
  delete(scope: Scope, name: string): Promise<DescribedConnection>;
  /** By its ARN. */
  at(arn: string): Promise<DescribedConnection | undefined>;
  /** The server gave a token, or refused. */
  settle(connection: DescribedConnection, state: ConnectionState, reason?: string): Promise<void>;
}

/** EventBridge: an account has at most 3,000. */
const MAX_CONNECTIONS = 3_000;

export function createConnections({ catalog, records, clock }: BusesContext): ConnectionOperations {
  const find = async (scope: Scope, name: string): Promise<Connection | undefined> =>
    (await records.get<Connection>(connectionsSpace(scope), name))?.value;
  const get = async (scope: Scope, name: string): Promise<Connection> => {
    const found = await find(scope, name);
    if (found !== undefined) return found;
    throw busError(
      "BusObjectUnknown",
      `Failed to describe the connection(s). Connection '${name}' does not exist.`,
    );
  };
  const put = async (scope: Scope, connection: Connection): Promise<DescribedConnection> => {
    checkAuth(connection);
    const space = connectionsSpace(scope);
    await records.commit([{ put: connection, space, id: connection.name }]);
    return described(scope, connection);
  };
  const inTurn = <T>(scope: Scope, work: () => Promise<T>) =>
    catalog.turn(scope, "connections", work);
  const all = async (scope: Scope) =>
    (await everyRecord<Connection>(records, connectionsSpace(scope))).map(({ value }) => value);
  return {
    create: (scope, given) =>
      inTurn(scope, async () => {
        if ((await find(scope, given.name)) !== undefined) throw exists(`Connection ${given.name}`);
        if ((await all(scope)).length >= MAX_CONNECTIONS) throw limitReached();
        const now = clock.now();
        return put(scope, {
          ...given,
          state: stateOf(given.type),
          id: randomUUID(),
          secretName: `${randomUUID()}-${randomUUID().slice(0, 6)}`,
          created: now,
          modified: now,
          authorized: now,
        });
      }),

    async describe(scope, name) {
      return described(scope, await get(scope, name));
    },

    update: (scope, { name, auth = {}, ...given }) =>
      inTurn(scope, async () => {
        const before = await get(scope, name);
        const type = given.type ?? before.type;
        const now = clock.now();
        const { reason: _, ...rest } = before;
        return put(scope, {
          ...rest,
          type,
          description: given.description ?? before.description,
          kmsKey: given.kmsKey ?? before.kmsKey,
          auth: mergedAuth(type, before.auth, auth),
          state: stateOf(type),
          modified: now,
          authorized: now,
        });
      }),

    deauthorize: (scope, name) =>
      inTurn(scope, async () => {
        const before = await get(scope, name);
        const after = { ...before, state: "DEAUTHORIZED" as const, modified: clock.now() };
        return put(scope, after);
      }),

    async list(scope, { prefix = "", state, ...request }) {
      const items = (await all(scope))
        .filter((one) => one.name.startsWith(prefix))
        .filter((one) => state === undefined || one.state === state)
        .map((one) => described(scope, one))
        .sort(byName);
      return pageOf(items, ({ name }) => name, request, `connections ${prefix} ${state}`);
    },

    delete: (scope, name) =>
      inTurn(scope, async () => {
        const before = await get(scope, name);
        await records.commit([{ delete: true, space: connectionsSpace(scope), id: name }]);
        return described(scope, before);
      }),

    async at(arn) {
      const parsed = parseEventsArn(arn);
      if (parsed?.kind !== "connection") return undefined;
      const [name = "", id] = parsed.name.split("/");
      const found = await find(parsed.scope, name);
      return found !== undefined && found.id === id ? described(parsed.scope, found) : undefined;
    },

    async settle({ arn, name, id }, state, reason) {
      const scope = parseEventsArn(arn)?.scope;
      if (scope === undefined) return;
      await inTurn(scope, async () => {
        const before = await find(scope, name);
        if (before?.id !== id || (before.state === state && before.reason === reason)) return;
        const authorized = state === "AUTHORIZED" ? clock.now() : before.authorized;
        await put(scope, { ...before, state, authorized, reason });
      });
    },
  };
}

/** What needs a token is authorized once there is one. */
const stateOf = (type: AuthorizationType): ConnectionState =>
  type === "OAUTH_CLIENT_CREDENTIALS" ? "AUTHORIZING" : "AUTHORIZED";

const described = (scope: Scope, connection: Connection): DescribedConnection => ({
  ...connection,
  arn: arnOf(scope, "connection", `${connection.name}/${connection.id}`),
  secretArn: `arn:${partitionOf(scope.region)}:secretsmanager:${scope.region}:${scope.account}:secret:events!connection/${connection.name}/${connection.secretName}`,
});

function checkAuth({ type, auth }: Pick<Connection, "type" | "auth">): void {
  const needed = { BASIC: auth.basic, API_KEY: auth.apiKey, OAUTH_CLIENT_CREDENTIALS: auth.oauth };
  if (needed[type] === undefined)
    throw invalid(`AuthParameters of the authorization type ${type} must be specified.`);
}

/** Of the kind that it has now, what is new in place of what was there. */
function mergedAuth(
  type: AuthorizationType,
  before: ConnectionAuth,
  { basic, apiKey, oauth, invocation = before.invocation }: PartialAuth,
): ConnectionAuth {
  const whole = <T>(old: T | undefined, change: Partial<T> | undefined): T =>
    ({ ...old, ...definedOf(change ?? {}) }) as T;
  const kept = invocation === undefined ? {} : { invocation };
  if (type === "BASIC") return { basic: whole(before.basic, basic), ...kept };
  if (type === "API_KEY") return { apiKey: whole(before.apiKey, apiKey), ...kept };
  return { oauth: whole(before.oauth, oauth), ...kept };
}

const definedOf = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
