/** A request to a known service: operation, input, door, output. What goes wrong becomes an error of that service. */
import { ClientGone } from "./body.ts";
import { Malformed } from "./codecs/malformed.ts";
import { createContext } from "./create-context.ts";
import { type Endpoint, protocolOf } from "./endpoint.ts";
import { AwsError } from "./error.ts";
import { type Exchange, reportDefect } from "./exchange.ts";
import { failureOf } from "./failure.ts";
import { internalFailure, misread, notImplemented, unknownOperation } from "./faults.ts";
import { refuseForeignPages } from "./foreign-page.ts";
import type { Operation } from "./model.ts";
import type { Call, Protocol } from "./protocols/protocol.ts";
import { readForm } from "./protocols/query.ts";
import { readBody, readFormBody } from "./read-body.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";
import { validate, validationMessage } from "./validate.ts";

/** One call of an operation, once it is known. */
interface Step {
  readonly exchange: Exchange;
  readonly request: AwsRequest;
  readonly endpoint: Endpoint;
  readonly protocol: Protocol;
  operation: Operation | undefined;
  /** Of every answer to it. */
  headers: Readonly<Record<string, string>>;
}

/** The answer to a request. `form` is its body where finding the service took it. @throws ClientGone */
export async function serve(
  exchange: Exchange,
  request: AwsRequest,
  endpoint: Endpoint,
  form: Uint8Array | undefined,
): Promise<AwsResponse> {
  const protocol = protocolOf(endpoint, request);
  const step: Step = { exchange, request, endpoint, protocol, operation: undefined, headers: {} };
  let response: AwsResponse;
  try {
    response = await perform(step, form);
  } catch (error) {
    if (error instanceof ClientGone || givenUp(exchange, error))
      throw new ClientGone("the client went away");
    response = failed(step, error);
  }
  Object.assign(response.headers, step.headers);
  response.headers["x-amzn-requestid"] ??= request.requestId;
  endpoint.quirks.respond?.(request, step.operation, response);
  return response;
}

/** Whether a door stopped because its client went away, which it learns by the context's signal. */
const givenUp = ({ response }: Exchange, error: unknown): boolean =>
  response.destroyed && error instanceof Error && error.name === "AbortError";

async function perform(step: Step, form: Uint8Array | undefined): Promise<AwsResponse> {
  const { exchange, request, endpoint, protocol } = step;
  const { service, quirks, door } = endpoint;
  if (request.malformed !== undefined) throw request.malformed;
  quirks.route?.(request);
  const preflight = await askPages(step);
  if (preflight !== undefined) return preflight;
  const letIn = step.headers["access-control-allow-origin"] !== undefined;
  refuseForeignPages(request, service.name, letIn);
  // Here a signature will be verified, and the caller's policies decide.
  const early = protocol.operationInBody
    ? (form ?? (await readFormBody(exchange, request)))
    : undefined;
  const call = protocol.find(request, early);
  if (call === undefined) throw unknownOperation(service, protocol, actionOf(request, early));
  const { operation } = call;
  step.operation = operation;
  const method = door[operation.name];
  if (method === undefined) throw notImplemented(service, operation);
  const input = await readInput(step, call, early);
  const context = createContext(exchange, request, service.name, operation.name);
  const output = (await method.call(door, input, context)) ?? {};
  const response = protocol.write(operation, output, {
    requestId: request.requestId,
    onDefect: (error) => reportDefect(exchange, error, service.name, operation.name),
  });
  if (context.reply.status !== undefined) response.status = context.reply.status;
  Object.assign(response.headers, context.reply.headers);
  return response;
}

/** The answer to a preflight of a service that knows some. Of other requests of pages it notes the headers. */
async function askPages(step: Step): Promise<AwsResponse | undefined> {
  const { exchange, request, endpoint } = step;
  const pages = exchange.options.pages?.[endpoint.service.name];
  const isPreflight = request.method === "OPTIONS";
  if (pages === undefined || (!isPreflight && request.headers["origin"] === undefined)) return;
  const { account, defaultRegion: region } = exchange.options;
  const scope = { account, region };
  if (isPreflight)
    return { status: 200, headers: { ...(await pages.preflight(request, scope)) }, body: "" };
  step.headers = await pages.headers(request, scope);
  return undefined;
}

async function readInput(
  { exchange, request, endpoint, protocol }: Step,
  { operation, read }: Call,
  early: Uint8Array | undefined,
): Promise<Record<string, unknown>> {
  const { service, quirks } = endpoint;
  const input = read(early ?? (await readBody(exchange, request, endpoint, operation)));
  quirks.input?.(request, operation, input);
  const violations = operation.input ? validate(operation.input, input, service.requiredOnly) : [];
  if (violations.length === 0) return input;
  if (quirks.refuse !== undefined) throw quirks.refuse(violations, operation);
  const code = protocol.name === "awsQuery" ? "ValidationError" : "ValidationException";
  throw new AwsError(code, validationMessage(violations), { status: 400 });
}

const actionOf = (request: AwsRequest, form: Uint8Array | undefined) =>
  form === undefined ? undefined : readForm(request.query, form).get("Action");

function failed(
  { exchange, request, endpoint, protocol, operation }: Step,
  error: unknown,
): AwsResponse {
  const { service, quirks } = endpoint;
  let known: AwsError;
  if (error instanceof AwsError) known = error;
  else if (error instanceof Malformed) known = misread(error, endpoint, protocol, operation);
  else {
    reportDefect(exchange, error, service.name, operation?.name);
    known = internalFailure(service);
  }
  const failure = failureOf(known, service, request.requestId);
  const response = quirks.fail?.(request, operation, failure) ?? protocol.fail(operation, failure);
  Object.assign(response.headers, known.headers);
  return response;
}
