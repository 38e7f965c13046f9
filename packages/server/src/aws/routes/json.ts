/**
 * The short way of services whose every request is a small JSON document, as SQS's are: the same model, checks and door
 * as on the wire, and no objects of Node.js. It takes what is signed and plain; all else is for the wire to judge.
 */
import { randomUUID } from "node:crypto";
import { CATALOG } from "../api/catalog.ts";
import type { Doors } from "../api/index.ts";
import { parseJson, readJsonStructure } from "../codecs/json.ts";
import { Malformed } from "../codecs/malformed.ts";
import type { AwsContext } from "../context.ts";
import { type Endpoint, endpointsOf } from "../endpoint.ts";
import { AwsError } from "../error.ts";
import type { DefectPlace } from "../exchange.ts";
import { failureOf } from "../failure.ts";
import { internalFailure, misread } from "../faults.ts";
import type { Operation } from "../model.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { AwsResponse } from "../request.ts";
import { validate, validationMessage } from "../validate.ts";
import type { DirectCall, DirectCaller, DirectHead, DirectRoute } from "./direct.ts";

export interface JsonRouteOptions {
  readonly doors: Doors;
  /** The service's name in the models. Its quirks say nothing of requests to the root path, nor of answers in JSON. */
  readonly service: string;
  /** Twelve digits. */
  readonly account: string;
  readonly onDefect: (error: unknown, where: DefectPlace) => void;
}

/** What is for the wire to judge. */
const OTHERS = [
  "origin", // pages of other sites
  "sec-fetch-site",
  "content-encoding",
  "smithy-protocol",
];

/** Serves the requests of one service that it knows how to; the others are not claimed. */
export function createJsonRoute(options: JsonRouteOptions): DirectRoute {
  const entry = CATALOG.find(({ service }) => service === options.service);
  const protocolName = entry?.protocols.find((name) => name.startsWith("awsJson"));
  if (entry?.targetPrefix === undefined || protocolName === undefined)
    throw new Error(`${options.service} speaks no JSON of this kind`);
  const type = `application/x-amz-json-${protocolName === "awsJson1_0" ? "1.0" : "1.1"}`;
  const target = `${entry.targetPrefix}.`;
  // `aws-global` is no region but the usual one's other name: the wire knows which that is.
  const credential = new RegExp(
    `Credential=([^/,]{1,128})/\\d{8}/(?!aws-global/)([a-z0-9][a-z0-9-]{0,31})/${entry.signingName}/aws4_request`,
  );
  const endpointOf = endpointsOf(options.doors);
  return (head) => {
    if (head.method !== "POST" || head.target !== "/" || head.header("content-type") !== type)
      return undefined;
    const name = head.header("x-amz-target") ?? "";
    const host = head.header("host");
    if (!name.startsWith(target) || !host) return undefined;
    for (const other of OTHERS) if (head.header(other) !== undefined) return undefined;
    const [, accessKeyId, region] = credential.exec(head.header("authorization") ?? "") ?? [];
    if (region === undefined) return undefined;
    const endpoint = endpointOf(entry);
    const operation = endpoint.service.operations.get(name.slice(target.length));
    const protocol = endpoint.protocols.find((one) => one.name === protocolName);
    if (operation === undefined || protocol === undefined) return undefined;
    if (endpoint.door[operation.name] === undefined) return undefined;
    const scope = { account: options.account, region, accessKeyId };
    return new JsonCall(options, endpoint, protocol, operation, scope, host, head);
  };
}

/** One request, which is its own context: its signal is made only for who asks. */
class JsonCall implements DirectCall, AwsContext {
  readonly requestId = randomUUID();
  readonly account: string;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
  readonly accessKeyId: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly sourceIp: string;
  readonly origin: string;
  readonly reply: AwsContext["reply"] = { headers: {} };
  readonly #options: JsonRouteOptions;
  readonly #endpoint: Endpoint;
  readonly #protocol: Protocol;
  readonly #operation: Operation;
  #caller: DirectCaller | undefined;
  #gone: AbortController | undefined;

  constructor(
    options: JsonRouteOptions,
    endpoint: Endpoint,
    protocol: Protocol,
    operation: Operation,
    { account, region, accessKeyId }: Pick<AwsContext, "account" | "region" | "accessKeyId">,
    host: string,
    { rawHeaders, sourceIp, secure }: DirectHead,
  ) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#protocol = protocol;
    this.#operation = operation;
    this.account = account;
    this.region = region;
    this.accessKeyId = accessKeyId;
    this.service = endpoint.service.name;
    this.operation = operation.name;
    this.headers = headersOf(rawHeaders);
    this.sourceIp = sourceIp;
    this.origin = `${secure ? "https" : "http"}://${host.toLowerCase()}`;
  }

  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      const controller = new AbortController();
      if (this.#caller?.gone) controller.abort();
      else this.#caller?.onGone(() => controller.abort());
      this.#gone = controller;
    }
    return this.#gone.signal;
  }

  serve(body: Uint8Array, caller: DirectCaller): void {
    this.#caller = caller;
    void this.#answer(body).then(({ status, headers, body: text = "" }) => {
      const flat = Object.entries({ ...headers, "x-amzn-requestid": this.requestId }).flat();
      caller.answer(status, flat, typeof text === "string" ? Buffer.from(text) : NOTHING);
    });
  }

  /** Never rejects. */
  async #answer(body: Uint8Array): Promise<AwsResponse> {
    try {
      const { door } = this.#endpoint;
      const output = (await door[this.operation]?.call(door, this.#input(body), this)) ?? {};
      const response = this.#protocol.write(this.#operation, output, {
        requestId: this.requestId,
        onDefect: (error) => this.#report(error),
      });
      if (this.reply.status !== undefined) response.status = this.reply.status;
      Object.assign(response.headers, this.reply.headers);
      return response;
    } catch (error) {
      const failure = failureOf(this.#worded(error), this.#endpoint.service, this.requestId);
      return this.#protocol.fail(this.#operation, failure);
    }
  }

  #input(body: Uint8Array): Record<string, unknown> {
    const { service, quirks } = this.#endpoint;
    const { input: shape } = this.#operation;
    const input = shape === undefined ? {} : readJsonStructure(shape, parseJson(body), "name");
    const violations = shape ? validate(shape, input, service.requiredOnly) : [];
    if (violations.length === 0) return input;
    if (quirks.refuse !== undefined) throw quirks.refuse(violations, this.#operation);
    throw new AwsError("ValidationException", validationMessage(violations), { status: 400 });
  }

  #worded(error: unknown): AwsError {
    if (error instanceof AwsError) return error;
    if (error instanceof Malformed)
      return misread(error, this.#endpoint, this.#protocol, this.#operation);
    const givenUp = this.#caller?.gone && error instanceof Error && error.name === "AbortError";
    if (!givenUp) this.#report(error);
    return internalFailure(this.#endpoint.service);
  }

  #report(error: unknown): void {
    const { requestId, service, operation } = this;
    this.#options.onDefect(error, { requestId, service, operation });
  }
}

const NOTHING = new Uint8Array(0);

/** Lower-case names; a repeated header is joined with ", ". */
function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const value = raw[at + 1] ?? "";
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}
