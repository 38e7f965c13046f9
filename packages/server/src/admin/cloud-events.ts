/**
 * CloudEvents over HTTP onto a bus: `POST /_yunque/cloudevents/{bus}`, binary, structured or batched. Like AWS's doors it asks
 * for no token, and serves no page of another site. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type CloudEvent,
  type CloudEventEntry,
  CloudEventError,
  entryOf,
} from "../domain/cloud-event.ts";
import { CloudEventFormatError, readRequest } from "../domain/cloud-event-http.ts";
import type { Scope } from "../domain/scope.ts";
import { refusePages } from "./guard.ts";
import { Problem } from "./problem.ts";
import { sendJson } from "./router.ts";

/** Buses, as far as CloudEvents need them. */
export interface CloudEventBuses {
  exists(scope: Scope, bus: string): Promise<boolean>;
  /** Answers the id that the bus gave the event, or why it was not taken, once it is durable for all targets. */
  put(scope: Scope, bus: string, entry: CloudEventEntry): Promise<TakenEvent>;
}

export type TakenEvent =
  | { readonly id: string }
  | { readonly code: string; readonly message: string };

export interface CloudEventsOptions extends Scope {
  readonly buses: CloudEventBuses;
  readonly onDefect: (error: unknown) => void;
}

const PATH = /^\/_yunque\/cloudevents\/([^/?]{1,1000})(?:\?(.*))?$/;
/** Of a request; a bus takes an event of 1 MiB. */
const MAX_BYTES = 4 << 20;
const MAX_EVENTS = 1000;

/** Answers whether the request was its own; then it is served, whatever happens. */
export function createCloudEventsRoute(
  options: CloudEventsOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { buses, onDefect, account } = options;
  return (request, response) => {
    const match = PATH.exec(request.url ?? "");
    if (match === null) return false;
    const [, bus = "", search = ""] = match;
    serve(request, response, bus, search).catch((error: unknown) => {
      if (!(error instanceof Problem)) onDefect(error);
      if (response.headersSent) return void response.destroy();
      const { status, code, message } =
        error instanceof Problem
          ? error
          : new Problem(500, "InternalError", "The platform failed.");
      sendJson(response, status, { error: { code, message } });
    });
    return true;
  };

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    search: string,
  ): Promise<void> {
    refusePages(request);
    if (request.method === "OPTIONS") return answerHandshake(request, response);
    if (request.method !== "POST") {
      response.setHeader("allow", "POST, OPTIONS");
      throw new Problem(405, "MethodNotAllowed", "CloudEvents are sent by POST.");
    }
    const events = await eventsOf(request);
    const scope = { account, region: regionOf(search) ?? options.region };
    const bus = nameOf(path);
    if (!(await buses.exists(scope, bus)))
      throw new Problem(404, "BusUnknown", `There is no event bus ${bus} in ${scope.region}.`);
    const taken = await Promise.all(events.map((event) => buses.put(scope, bus, entryOf(event))));
    const refused = taken.flatMap((one, index) =>
      "code" in one ? [{ index, id: events[index]?.["id"], ...one }] : [],
    );
    const accepted = taken.length - refused.length;
    if (refused.length === 0) return sendJson(response, 202, { accepted });
    const ours = refused.every(({ code }) => code === "InternalFailure");
    sendJson(response, ours ? 503 : 422, { accepted, refused });
  }
}

/** All events of a request, or none where one of them is wrong. @throws Problem */
async function eventsOf(request: IncomingMessage): Promise<CloudEvent[]> {
  const body = await bodyOf(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  try {
    const events = readRequest(headers, body);
    if (events.length > MAX_EVENTS)
      throw new Problem(413, "TooManyEvents", `A batch has at most ${MAX_EVENTS} events.`);
    const { CloudEvent: Validator } = await import("cloudevents");
    for (const { data: _, data_base64: __, ...attributes } of events)
      new Validator(attributes as unknown as ConstructorParameters<typeof Validator>[0]);
    return events;
  } catch (error) {
    if (error instanceof CloudEventFormatError)
      throw new Problem(415, "UnsupportedFormat", error.message);
    if (error instanceof CloudEventError)
      throw new Problem(400, "InvalidCloudEvent", error.message);
    if (error instanceof Error && "errors" in error)
      throw new Problem(400, "InvalidCloudEvent", wordsOf(error as { readonly errors: unknown }));
    throw error;
  }
}

/** What the SDK's schema says: `source must match format "uri-reference"`. */
function wordsOf({ errors }: { readonly errors: unknown }): string {
  const faults = Array.isArray(errors) ? errors.flat() : [];
  const words = faults.map(({ instancePath = "", message = "" }) =>
    `${String(instancePath).slice(1)} ${message}`.trim(),
  );
  return `The event breaks a rule of CloudEvents: ${words.join("; ") || "its attributes"}.`;
}

/** What is too much is not kept, but read, so that the client hears of it. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BYTES) return void chunks.push(chunk);
      chunks = [];
      reject(new Problem(413, "TooLarge", `A request has at most ${MAX_BYTES} bytes.`));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => reject(new Problem(400, "Incomplete", "The body ended early.")));
  });
}

/** Web Hooks for Event Delivery: who wants to send asks first, and names itself. */
function answerHandshake({ headers }: IncomingMessage, response: ServerResponse): void {
  const origin = headers["webhook-request-origin"];
  if (typeof origin === "string") {
    response.setHeader("webhook-allowed-origin", origin);
    if (headers["webhook-request-rate"] !== undefined)
      response.setHeader("webhook-allowed-rate", "*");
  }
  response.setHeader("allow", "POST, OPTIONS");
  response.writeHead(200).end();
}

function nameOf(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem(404, "BusUnknown", "This is no name of an event bus.");
  }
}

function regionOf(search: string): string | undefined {
  const region = new URLSearchParams(search).get("region") ?? undefined;
  if (region === undefined || /^[a-z0-9][a-z0-9-]{0,31}$/.test(region)) return region;
  throw new Problem(400, "InvalidRegion", "This is no name of a region.");
}
