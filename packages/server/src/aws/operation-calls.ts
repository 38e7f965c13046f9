/**
 * Operations called from inside of the platform, with their input as JSON: any that has behaviour, of any service, without
 * HTTP. Input is read and checked by the model as on the wire.
 */
import { randomUUID } from "node:crypto";
import type { Scope } from "../domain/scope.ts";
import { CATALOG } from "./api/catalog.ts";
import type { Doors } from "./api/index.ts";
import type { CatalogEntry } from "./catalog-entry.ts";
import { Malformed } from "./codecs/malformed.ts";
import type { AwsContext } from "./context.ts";
import { type Endpoint, endpointsOf } from "./endpoint.ts";
import { AwsError } from "./error.ts";
import { failureOf } from "./failure.ts";
import { readInput } from "./operation-input.ts";
import { validate, validationMessage } from "./validate.ts";

export interface OperationCall {
  /** As AWS's SDKs name a service: `sqs`, `eventbridge`, `cloudwatchlogs`. */
  readonly service: string;
  /** `sendMessage`; in any case. */
  readonly action: string;
  /** JSON text: an object with the members of the operation's input. */
  readonly input: string;
  readonly scope: Scope;
  /** What a client would have connected to: `http://127.0.0.1:4566`. */
  readonly origin: string;
  readonly signal: AbortSignal;
}

export interface OperationCalls {
  /** Whether an operation can be called. */
  state(service: string, action: string): "served" | "unserved" | "no-service" | "no-action";
  /** Resolves once the operation has answered, and its answer has ended. @throws OperationFailed */
  call(call: OperationCall): Promise<void>;
}

/** An operation's error, as a client would have got it. */
export class OperationFailed extends Error {
  override readonly name = "OperationFailed";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function createOperationCalls(
  doors: Doors,
  onDefect: (error: unknown, where: object) => void,
): OperationCalls {
  const endpointOf = endpointsOf(doors);

  function find(service: string, action: string) {
    const entry = ENTRIES.get(service.toLowerCase());
    if (entry === undefined) return undefined;
    const endpoint = endpointOf(entry);
    const wanted = action.toLowerCase();
    for (const operation of endpoint.service.operations.values())
      if (operation.name.toLowerCase() === wanted) return { endpoint, operation };
    return { endpoint, operation: undefined };
  }

  return {
    state(service, action) {
      const found = find(service, action);
      if (found === undefined) return "no-service";
      const { operation, endpoint } = found;
      if (operation === undefined) return "no-action";
      return endpoint.door[operation.name] === undefined ? "unserved" : "served";
    },

    async call({ service, action, input: text, scope, origin, signal }) {
      const found = find(service, action);
      const operation = found?.operation;
      const method = operation && found.endpoint.door[operation.name];
      if (found === undefined || operation === undefined || method === undefined)
        throw new OperationFailed(
          "NotImplemented",
          `Yunque does not serve ${service}:${action}`,
          501,
        );
      const { endpoint } = found;
      const { account, region } = scope;
      const context: AwsContext = {
        account,
        region,
        requestId: randomUUID(),
        service: endpoint.service.name,
        operation: operation.name,
        accessKeyId: undefined,
        headers: {},
        sourceIp: "127.0.0.1",
        origin,
        signal,
        reply: { headers: {} },
      };
      try {
        const input = readInput(operation, text);
        checkInput(endpoint, operation, input);
        await drained(await method.call(endpoint.door, input, context));
      } catch (error) {
        const known = wordedError(error);
        if (known === undefined) onDefect(error, { during: `${service}:${action}` });
        const { code, message, status } = failureOf(
          known ?? new AwsError("InternalFailure", "An internal error occurred.", { status: 500 }),
          endpoint.service,
          context.requestId,
        );
        throw new OperationFailed(code, message, status);
      }
    },
  };
}

/** Services by the names that SDKs give them: `iotdataplane` for `IoT Data Plane`. */
const ENTRIES: ReadonlyMap<string, CatalogEntry> = new Map(
  CATALOG.map((entry) => [entry.serviceId.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase(), entry]),
);

function checkInput(
  { service, quirks }: Endpoint,
  operation: Parameters<typeof readInput>[0],
  input: Readonly<Record<string, unknown>>,
): void {
  const violations = operation.input ? validate(operation.input, input, service.requiredOnly) : [];
  if (violations.length === 0) return;
  throw (
    quirks.refuse?.(violations, operation) ??
    new AwsError("ValidationException", validationMessage(violations), { status: 400 })
  );
}

function wordedError(error: unknown): AwsError | undefined {
  if (error instanceof AwsError) return error;
  return error instanceof Malformed
    ? new AwsError("SerializationException", error.message, { status: 400 })
    : undefined;
}

/** Reads streamed answers to their end: what makes them may go on until somebody has. */
async function drained(output: Readonly<Record<string, unknown>> | undefined): Promise<void> {
  for (const value of Object.values(output ?? {}))
    if (typeof value === "object" && value !== null && Symbol.asyncIterator in value)
      for await (const _ of value as AsyncIterable<unknown>);
}
