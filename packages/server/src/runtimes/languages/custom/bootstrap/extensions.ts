/**
 * The extensions of an instance: who has registered, for what, and where each stands.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
import { type ApiResponse, sendJson } from "./api-answers.ts";

/** As Lambda names them in its errors. */
export type ExtensionState =
  | "Started"
  | "Registered"
  | "Ready"
  | "Running"
  | "InitError"
  | "ExitError";
export type ExtensionEvent = "INVOKE" | "SHUTDOWN";

/** Lambda's quota, external and internal ones together. */
export const MOST_EXTENSIONS = 10;

/** One of them. */
export class Extension {
  readonly id: string = crypto.randomUUID();
  readonly name: string;
  /** A program in /opt/extensions; else it lives in the runtime's process. */
  readonly external: boolean;
  state: ExtensionState = "Started";
  events: ReadonlySet<ExtensionEvent> = new Set();
  /** What it reported before it exits. */
  errorType: string | undefined;
  /** That its init has ended was told. */
  reported = false;
  /** It asked for the next event. */
  #waiting: ApiResponse | undefined;
  /** An event that it has not fetched yet. */
  #inbox: object | undefined;

  constructor(name: string, external: boolean) {
    this.name = name;
    this.external = external;
  }

  /** It has done with the last event. */
  get idle(): boolean {
    return this.state === "Ready" && this.#inbox === undefined;
  }

  /** It asks for its next event. */
  next(response: ApiResponse): void {
    this.#waiting?.destroy(); // who asks again has given up the first
    this.#waiting = response;
    response.once("close", () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
    this.state = "Ready";
    this.#send();
  }

  /** Sends the event now, or as soon as it asks. */
  deliver(event: object): void {
    this.#inbox = event;
    this.#send();
  }

  #send(): void {
    const response = this.#waiting;
    const event = this.#inbox;
    if (!response || !event) return;
    this.#waiting = this.#inbox = undefined;
    this.state = "Running";
    sendJson(response, 200, event, {
      "Lambda-Extension-Event-Identifier": crypto.randomUUID(),
    });
  }
}

/** All of them. */
export class Extensions {
  readonly #all: Extension[] = [];
  /** The runtime has asked for its first invocation: who comes now is too late. */
  closed = false;

  add(name: string, external: boolean): Extension {
    const extension = new Extension(name, external);
    this.#all.push(extension);
    return extension;
  }

  get all(): readonly Extension[] {
    return this.#all;
  }

  byName(name: string): Extension | undefined {
    return this.#all.find((one) => one.name === name);
  }

  byId(id: string): Extension | undefined {
    return this.#all.find((one) => one.id === id);
  }

  /** Lambda: the runtime is started once every external extension has registered. */
  get registered(): boolean {
    return this.#all.every(({ state }) => state !== "Started");
  }

  /** Each waits for its next event. */
  get idle(): boolean {
    return this.#all.every((one) => one.idle);
  }

  get hasExternal(): boolean {
    return this.#all.some(({ external }) => external);
  }

  /** Tells all that want to know. */
  deliver(event: ExtensionEvent, body: object): void {
    for (const one of this.#all) if (one.events.has(event)) one.deliver(body);
  }
}
