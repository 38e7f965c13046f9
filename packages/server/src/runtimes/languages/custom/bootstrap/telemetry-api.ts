/** The path of the Telemetry API. */
import type { IncomingMessage } from "node:http";
import { type ApiResponse, readBody, refuse, sendJson } from "./api-answers.ts";
import type { Routes } from "./api-server.ts";
import type { Extension, Extensions } from "./extensions.ts";
import { identified } from "./extensions-api.ts";
import type { Telemetry } from "./telemetry.ts";
import { readSubscription } from "./telemetry-subscription.ts";

const BODY_BYTES = 64 * 1024;

/** What the API needs of the instance. */
export interface TelemetryHost {
  readonly extensions: Extensions;
  readonly telemetry: Telemetry;
  /** It has subscribed to these types. */
  readonly subscribed: (name: string, types: readonly string[]) => void;
}

export function telemetryRoutes(host: TelemetryHost): Routes {
  return {
    "PUT /2022-07-01/telemetry": (request, response) =>
      identified(host.extensions, request, response, (extension) => {
        void subscribe(host, extension, request, response);
      }),
  };
}

async function subscribe(
  { telemetry, subscribed }: TelemetryHost,
  { name }: Extension,
  request: IncomingMessage,
  response: ApiResponse,
): Promise<void> {
  const body = await readBody(request, BODY_BYTES);
  if (!telemetry.isOpen) {
    const message = "Telemetry API subscription is closed";
    refuse(response, 403, "Telemetry.SubscriptionClosed", message);
    return;
  }
  const subscription = typeof body === "string" ? `the request is ${body}` : readSubscription(body);
  if (typeof subscription === "string") {
    refuse(response, 400, "ValidationError", subscription);
    return;
  }
  telemetry.subscribe(name, subscription);
  subscribed(name, subscription.types);
  sendJson(response, 200, "OK");
}
