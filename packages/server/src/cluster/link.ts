/** The way to the home of functions in another process: a Unix socket that is opened when it is needed, and again. */
import { connect, type Socket } from "node:net";
import type { Deployment } from "../domain/deployment.ts";
import type { Invocation, InvocationResult, InvocationStream } from "../domain/invocation.ts";
import type { Clock } from "../ports/clock.ts";
import { type Executor, ExecutorError } from "../ports/executor.ts";
import { buffered } from "../runtimes/buffered-reply.ts";
import type { Reply } from "../runtimes/call.ts";
import { streamed } from "../runtimes/streamed-reply.ts";
import { LinkConnection } from "./link-connection.ts";

/** What the home of a function does, wherever it is. */
export type Home = Pick<Executor, "invoke" | "stream" | "expect" | "initialise" | "retire">;

/** A worker that died is back within this, or its functions fail. */
const CONNECT_MS = 15_000;
const RETRY_MS = 20;
/** The home has its own. */
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Invocations are queued while it connects. Where the connection is lost, those under way fail. */
export class Link implements Home {
  readonly #path: string;
  readonly #clock: Clock;
  #open: LinkConnection | undefined;
  #opening: Promise<LinkConnection> | undefined;
  #closed = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  invoke(
    deployment: Deployment,
    invocation: Invocation,
    qualifier?: string,
  ): Promise<InvocationResult> {
    return buffered(invocation.requestId, NO_LIMIT, (reply) =>
      this.#begin(deployment, invocation, qualifier, reply, false),
    );
  }

  stream(
    deployment: Deployment,
    invocation: Invocation,
    qualifier?: string,
  ): Promise<InvocationStream> {
    return streamed(invocation.requestId, NO_LIMIT, (reply) =>
      this.#begin(deployment, invocation, qualifier, reply, true),
    );
  }

  async initialise(deployment: Deployment): Promise<void> {
    await (await this.#connection()).errand("initialise", deployment);
  }

  expect(deployment: Deployment): void {
    this.#connection()
      .then((connection) => connection.errand("expect", deployment))
      .catch(() => {}); // a worker that just started has nothing ready, and says so to nobody
  }

  retire(deploymentId: string): void {
    this.#connection()
      .then((connection) => connection.errand("retire", deploymentId))
      .catch(() => {}); // its instances ended with it
  }

  close(): void {
    this.#closed = true;
    this.#open?.close();
  }

  #begin(
    deployment: Deployment,
    invocation: Invocation,
    qualifier: string | undefined,
    reply: Reply,
    streamed: boolean,
  ): void {
    if (this.#open?.usable) {
      this.#open.begin(deployment, invocation, qualifier, reply, streamed);
      return;
    }
    this.#connection().then(
      (connection) => connection.begin(deployment, invocation, qualifier, reply, streamed),
      (error) => reply.refuse(error),
    );
  }

  async #connection(): Promise<LinkConnection> {
    if (this.#open?.usable) return this.#open;
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<LinkConnection> {
    const deadline = this.#clock.monotonic() + CONNECT_MS;
    for (;;) {
      if (this.#closed) throw new ExecutorError("closing", "the platform stops");
      const socket = await opened(this.#path);
      if (socket) {
        this.#open = new LinkConnection(socket);
        return this.#open;
      }
      if (this.#clock.monotonic() > deadline)
        throw new ExecutorError("internal", "the worker of this function does not run");
      await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve));
    }
  }
}

/** Undefined where nobody listens. */
function opened(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}
