/** The paths below /2020-01-01/extension: what extensions ask and are answered. */
import type { IncomingMessage } from "node:http";
import { type ApiResponse, accepted, header, readBody, refuse, sendJson } from "./api-answers.ts";
import type { Routes } from "./api-server.ts";
import {
  type Extension,
  type ExtensionEvent,
  type ExtensionState,
  type Extensions,
  MOST_EXTENSIONS,
} from "./extensions.ts";

/** What an extension is told of its function when it registers. */
export interface FunctionFacts {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly handler: string;
  readonly accountId: string;
}

/** What the API needs of the instance. */
export interface ExtensionsHost {
  readonly extensions: Extensions;
  readonly facts: () => FunctionFacts;
  /** Something has changed. */
  readonly changed: (extension: Extension) => void;
}

const REGISTER_BYTES = 64 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The routes. Errors are 403 with the types that Lambda documents. */
export function extensionRoutes(host: ExtensionsHost): Routes {
  const at = "/2020-01-01/extension";
  return {
    [`POST ${at}/register`]: (request, response) => void register(host, request, response),
    [`GET ${at}/event/next`]: (request, response) =>
      identified(host.extensions, request, response, (extension) => {
        if (!allowed(response, extension, "Ready", ["Registered", "Running", "Ready"])) return;
        extension.next(response);
        host.changed(extension);
      }),
    [`POST ${at}/init/error`]: (request, response) =>
      failed(host, request, response, "InitError", ["Registered"]),
    [`POST ${at}/exit/error`]: (request, response) =>
      failed(host, request, response, "ExitError", ["Registered", "Ready", "Running"]),
  };
}

/** Finds who asks by the identifier that it was given, or refuses. */
export function identified(
  extensions: Extensions,
  request: IncomingMessage,
  response: ApiResponse,
  then: (extension: Extension) => void,
): void {
  const id = header(request, "Lambda-Extension-Identifier");
  const refused = (type: string, message: string) => {
    refuse(response, 403, `Extension.${type}`, message);
  };
  if (id === "") {
    refused("MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header");
    return;
  }
  if (!UUID.test(id)) {
    refused("InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
    return;
  }
  const extension = extensions.byId(id.toLowerCase());
  if (extension) then(extension);
  else refused("UnknownExtensionIdentifier", `Unknown extension ${id}`);
}

async function register(
  host: ExtensionsHost,
  request: IncomingMessage,
  response: ApiResponse,
): Promise<void> {
  const body = await readBody(request, REGISTER_BYTES);
  const name = header(request, "Lambda-Extension-Name");
  const refused = (type: string, message: string) => refuse(response, 403, type, message);
  if (name === "") return refused("Extension.InvalidExtensionName", "Empty extension name");
  const asked = readEvents(body);
  if (typeof asked === "string") return refused("InvalidRequestFormat", asked);

  const known = host.extensions.byName(name);
  const external = known?.external === true;
  const wrong = asked.map((event) => wrongEvent(event, external)).find(Boolean);
  if (wrong) return refused("Extension.InvalidEventType", wrong);
  if (known && !external)
    return refused(
      "Extension.InvalidExtensionState",
      "Extension with this name already registered",
    );
  if (known && !allowed(response, known, "Registered", ["Started"], name)) return;
  if (!known && host.extensions.closed)
    return refused("Extension.RegistrationClosed", "Extension registration closed already");
  if (!known && host.extensions.all.length >= MOST_EXTENSIONS)
    return refused("Extension.TooManyExtensions", `Extension limit (${MOST_EXTENSIONS}) reached`);

  const extension = known ?? host.extensions.add(name, false);
  extension.events = new Set(asked as ExtensionEvent[]);
  extension.state = "Registered";
  const { accountId, ...facts } = host.facts();
  const features = header(request, "Lambda-Extension-Accept-Feature").split(/\s*,\s*/);
  const answer = features.includes("accountId") ? { ...facts, accountId } : facts;
  sendJson(response, 200, answer, { "Lambda-Extension-Identifier": extension.id });
  host.changed(extension);
}

/** The events of a registration, or what is wrong with it. */
function readEvents(body: Buffer | "too large" | "truncated"): string[] | string {
  if (typeof body === "string") return `the request is ${body}`;
  try {
    const { events = [] } = JSON.parse(body.toString()) as { events?: unknown };
    const listed = Array.isArray(events) && events.every((event) => typeof event === "string");
    return listed ? events : "events must be a list of strings";
  } catch (error) {
    return error instanceof Error ? error.message : "no JSON";
  }
}

/** Lambda: internal extensions are not told of the shutdown, since they end with the runtime. */
function wrongEvent(event: string, external: boolean): string | undefined {
  if (event === "INVOKE" || (event === "SHUTDOWN" && external)) return undefined;
  const reason =
    event === "SHUTDOWN"
      ? "ShutdownEventNotSupportedForInternalExtension"
      : "ErrorInvalidEventType";
  return `${event}: ${reason}`;
}

function failed(
  host: ExtensionsHost,
  request: IncomingMessage,
  response: ApiResponse,
  to: "InitError" | "ExitError",
  from: readonly ExtensionState[],
): void {
  const name = "Lambda-Extension-Function-Error-Type";
  identified(host.extensions, request, response, (extension) => {
    const type = header(request, name);
    if (type === "") {
      refuse(response, 403, "Extension.MissingHeader", `${name} not found`);
      return;
    }
    if (!allowed(response, extension, to, from)) return;
    request.resume(); // the error object is for people: its type is what counts
    extension.state = to;
    extension.errorType = type;
    accepted(response);
    host.changed(extension);
  });
}

function allowed(
  response: ApiResponse,
  { id, state }: Extension,
  to: ExtensionState,
  from: readonly ExtensionState[],
  name = id,
): boolean {
  if (from.includes(state)) return true;
  const why = "Error: State transition is not allowed";
  const message = `State transition from ${state} to ${to === "ExitError" ? "Exited" : to} failed for extension ${name}. ${why}`;
  refuse(response, 403, "Extension.InvalidExtensionState", message);
  return false;
}
