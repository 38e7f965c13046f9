/**
 * Where several invocations run at once in one process: whose code it is that runs now, as AsyncLocalStorage follows it;
 * and what libraries ask for it, the store that Lambda's runtime has as `awslambda.InvokeStore`.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import type { InvokeFrame } from "../../../wire/invoke-frame.ts";
import type { Running, Start } from "../../bootstrap/line.ts";

/** What is known of one invocation. */
export interface Scope {
  readonly requestId: string;
  readonly call: number;
  /** Entries of `console` that it has written. */
  entries: number;
}

/** What a library keeps by invocation. */
type Context = Record<PropertyKey, unknown>;

const REQUEST_ID = Symbol.for("_AWS_LAMBDA_REQUEST_ID");
const TRACE_ID = Symbol.for("_AWS_LAMBDA_X_RAY_TRACE_ID");
const TENANT_ID = Symbol.for("_AWS_LAMBDA_TENANT_ID");
/** These are Lambda's to set. */
const PROTECTED: readonly PropertyKey[] = [REQUEST_ID, TRACE_ID, TENANT_ID];
/** Ours. */
const SCOPE = Symbol("yunque");

export class Scopes {
  readonly #storage: AsyncLocalStorage<Context>;
  readonly #byCall = new Map<number, Scope>();

  constructor() {
    // Not imported: only who needs it should read it.
    const { AsyncLocalStorage: Storage } = process.getBuiltinModule("node:async_hooks");
    this.#storage = new Storage();
  }

  /** Whose code runs now; undefined where nobody knows. */
  get current(): Scope | undefined {
    return this.#storage.getStore()?.[SCOPE] as Scope | undefined;
  }

  of(call: number): Scope | undefined {
    return this.#byCall.get(call);
  }

  /** Starts an invocation: whatever it starts in turn is known as its own. */
  run(frame: InvokeFrame, start: Start, ended: () => void): Running {
    const { requestId, call, traceId } = frame;
    const scope: Scope = { requestId, call, entries: 0 };
    this.#byCall.set(call, scope);
    const context: Context = {
      [SCOPE]: scope,
      [REQUEST_ID]: requestId,
      ...(traceId ? { [TRACE_ID]: traceId } : {}),
    };
    const over = (): void => {
      this.#byCall.delete(call);
      ended();
    };
    return this.#storage.run(context, () => start(frame, over));
  }

  /** As libraries know it: `@aws/lambda-invoke-store`. */
  get store() {
    const storage = this.#storage;
    const get = (key: PropertyKey): unknown => storage.getStore()?.[key];
    return {
      getContext: () => storage.getStore(),
      hasContext: () => storage.getStore() !== undefined,
      get,
      set(key: PropertyKey, value: unknown): void {
        if (PROTECTED.includes(key))
          throw new Error(`Lambda's own field ${String(key)} cannot be set`);
        const context = storage.getStore();
        if (!context) throw new Error("no invocation runs here");
        context[key] = value;
      },
      run<T>(context: Context, action: () => T): T {
        return storage.run({ ...context, [SCOPE]: get(SCOPE) }, action);
      },
      getRequestId: () => get(REQUEST_ID) ?? "-",
      getXRayTraceId: () => get(TRACE_ID),
      getTenantId: () => get(TENANT_ID),
      getTraceparent: () => undefined,
      getTracestate: () => undefined,
      getBaggage: () => undefined,
    };
  }
}
