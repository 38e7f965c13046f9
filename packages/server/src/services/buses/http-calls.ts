/**
 * Requests to API destinations. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
 */
import { requestedMode, writeRequest } from "../../domain/cloud-event-http.ts";
import type { Clock } from "../../ports/clock.ts";
import { type HttpParameters, type TargetMessage, Undeliverable } from "../../ports/targets.ts";
import { UnreachableAddress, type Web, type WebAnswer } from "../../ports/web.ts";
import type { ApiDestination, ApiDestinationOperations } from "./api-destinations.ts";
import type {
  ConnectionOperations,
  DescribedConnection,
  ExtraParameter,
  ExtraParameters,
  OAuth,
} from "./connections.ts";

/** EventBridge waits so long for an answer. */
const TIMEOUT_MS = 5_000;
const MAX_TOKEN_BYTES = 64 << 10;
/** A token is used no longer than this before its end. */
const TOKEN_MARGIN_MS = 60_000;
const TOKEN_LIFE_MS = 3600_000;
const MAX_TOKENS = 10_000;

interface Token {
  readonly text: string;
  readonly until: number;
}

export class HttpCalls {
  readonly #web: Web;
  readonly #clock: Clock;
  readonly #destinations: ApiDestinationOperations;
  readonly #connections: ConnectionOperations;
  /** By connection, as it was last changed. */
  readonly #tokens = new Map<string, Token>();
  /** When the next request to a destination may begin. */
  readonly #free = new Map<string, number>();

  constructor(
    web: Web,
    clock: Clock,
    destinations: ApiDestinationOperations,
    connections: ConnectionOperations,
  ) {
    this.#web = web;
    this.#clock = clock;
    this.#destinations = destinations;
    this.#connections = connections;
  }

  /** @throws Undeliverable where no later attempt would succeed. */
  async deliver({ target, body, http }: TargetMessage): Promise<void> {
    const destination = await this.#destinations.at(target);
    if (destination === undefined)
      throw new Undeliverable("The API destination does not exist.", "NO_RESOURCE");
    const connection = await this.#connections.at(destination.connectionArn);
    if (connection === undefined)
      throw new Undeliverable("The connection does not exist.", "NO_RESOURCE");
    if (connection.state === "DEAUTHORIZED" && connection.reason === undefined)
      throw new Undeliverable("The connection is deauthorized.", "NO_PERMISSIONS");
    await this.#turn(target, destination.ratePerSecond);
    const authorization = await this.#authorization(connection);
    const request = requestOf(destination, connection, authorization, body, http);
    const answer = await reaching(this.#web.send({ ...request, timeoutMs: TIMEOUT_MS }));
    if (answer.status >= 200 && answer.status < 300) return;
    if (answer.status === 401 || answer.status === 407) {
      this.#tokens.delete(tokenKey(connection));
      if (connection.auth.oauth !== undefined) throw failure("SDK_CLIENT_ERROR", answer);
    }
    if (answer.status === 409 || answer.status === 429 || answer.status >= 500)
      throw failure(answer.status === 429 ? "THROTTLING" : "SDK_CLIENT_ERROR", answer);
    throw new Undeliverable(`The endpoint answered ${answer.status}.`, "SDK_CLIENT_ERROR");
  }

  async exists(arn: string): Promise<boolean> {
    return (await this.#destinations.at(arn)) !== undefined;
  }

  /** Waits until another request may begin. */
  #turn(arn: string, perSecond: number): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#free.get(arn) ?? 0);
    this.#free.set(arn, at + 1000 / perSecond);
    if (this.#free.size > MAX_TOKENS)
      for (const [one, free] of this.#free) if (free < now) this.#free.delete(one);
    if (at - now < 1) return Promise.resolve();
    return new Promise((resolve) => this.#clock.after(at - now, resolve));
  }

  async #authorization({ ...connection }: DescribedConnection): Promise<Record<string, string>> {
    const { basic, apiKey, oauth } = connection.auth;
    if (basic !== undefined) {
      const credentials = Buffer.from(`${basic.username}:${basic.password}`, "utf8");
      return { authorization: `Basic ${credentials.toString("base64")}` };
    }
    if (apiKey !== undefined) return { [apiKey.name.toLowerCase()]: apiKey.value };
    if (oauth === undefined) return {};
    const key = tokenKey(connection);
    const known = this.#tokens.get(key);
    if (known !== undefined && known.until > this.#clock.now())
      return { authorization: `Bearer ${known.text}` };
    const token = await this.#newToken(connection, oauth);
    if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear();
    this.#tokens.set(key, token);
    return { authorization: `Bearer ${token.text}` };
  }

  async #newToken(connection: DescribedConnection, oauth: OAuth): Promise<Token> {
    const answer = await reaching(
      this.#web.send({ ...tokenRequest(oauth), timeoutMs: TIMEOUT_MS, maxBytes: MAX_TOKEN_BYTES }),
    );
    const { access_token: text, expires_in: seconds } = jsonOf(answer);
    if (answer.status !== 200 || typeof text !== "string") {
      const reason = `The authorization endpoint answered ${answer.status}.`;
      await this.#connections.settle(connection, "DEAUTHORIZED", reason);
      throw failure("NO_PERMISSIONS", answer);
    }
    await this.#connections.settle(connection, "AUTHORIZED");
    const life = Number(seconds) > 0 ? Number(seconds) * 1000 : TOKEN_LIFE_MS;
    return { text, until: this.#clock.now() + Math.max(0, life - TOKEN_MARGIN_MS) };
  }
}

const tokenKey = ({ id, modified }: DescribedConnection): string => `${id} ${modified}`;

function requestOf(
  { endpoint, method }: ApiDestination,
  { auth }: DescribedConnection,
  authorization: Readonly<Record<string, string>>,
  body: Uint8Array,
  http: HttpParameters | undefined,
) {
  const path = [...(http?.path ?? [])];
  const url = new URL(endpoint.replace(/\*/g, () => encodeURIComponent(path.shift() ?? "*")));
  for (const [name, value] of Object.entries(http?.query ?? {})) url.searchParams.set(name, value);
  for (const { key, value } of auth.invocation?.query ?? []) url.searchParams.set(key, value);
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Amazon/EventBridge/ApiDestinations",
  };
  for (const [name, value] of Object.entries(http?.headers ?? {})) {
    const lower = name.toLowerCase();
    if (!OWN_HEADERS.has(lower) && HEADER_VALUE.test(value)) headers[lower] = value;
  }
  for (const { key, value } of auth.invocation?.headers ?? []) headers[key.toLowerCase()] = value;
  // Whose headers say that they carry CloudEvents gets one.
  const mode = requestedMode(headers);
  const event = mode && writeRequest(mode, body);
  if (event !== undefined)
    return {
      method,
      url: url.href,
      headers: { ...headers, ...event.headers, ...authorization },
      body: event.body,
    };
  Object.assign(headers, authorization);
  return { method, url: url.href, headers, body: withBody(body, auth.invocation?.body) };
}

/** Headers that a target's parameters do not say. */
const OWN_HEADERS = new Set([
  "host",
  "content-length",
  "connection",
  "transfer-encoding",
  "upgrade",
]);
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** A connection's parameters become members of a body that is an object. */
function withBody(body: Uint8Array, extra: readonly ExtraParameter[] | undefined): Uint8Array {
  if (extra === undefined || extra.length === 0) return body;
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return body;
    const added = Object.fromEntries(extra.map(({ key, value: one }) => [key, one]));
    return Buffer.from(JSON.stringify({ ...value, ...added }), "utf8");
  } catch {
    return body;
  }
}

function tokenRequest({ clientId, clientSecret, endpoint, method, extra }: OAuth) {
  const url = new URL(endpoint);
  for (const { key, value } of extra?.query ?? []) url.searchParams.set(key, value);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
    ...valuesOf(extra, "body"),
  });
  const headers: Record<string, string> = { accept: "application/json" };
  for (const { key, value } of extra?.headers ?? []) headers[key.toLowerCase()] = value;
  if (method === "GET") {
    for (const [name, value] of form) url.searchParams.set(name, value);
    return { method, url: url.href, headers, body: new Uint8Array() };
  }
  headers["content-type"] ??= "application/x-www-form-urlencoded";
  return { method, url: url.href, headers, body: Buffer.from(form.toString(), "utf8") };
}

const valuesOf = (extra: ExtraParameters | undefined, kind: keyof ExtraParameters) =>
  Object.fromEntries((extra?.[kind] ?? []).map(({ key, value }) => [key, value]));

/** An address that is forbidden stays so. */
async function reaching(answer: Promise<WebAnswer>): Promise<WebAnswer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof UnreachableAddress)
      throw new Undeliverable(error.message, "NO_PERMISSIONS");
    throw Object.assign(new Error("The endpoint did not answer."), { code: "SDK_CLIENT_ERROR" });
  }
}

/** A later attempt may succeed. */
const failure = (code: string, { status }: WebAnswer): Error =>
  Object.assign(new Error(`The endpoint answered ${status}.`), { code });

function jsonOf({ body }: WebAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // no token
  }
  return {};
}
