/** The functions service on the memory engine, with an executor that answers what a test says. */
import { createHash } from "node:crypto";
import type { Deployment } from "../../domain/deployment.ts";
import type { NetworkRule } from "../../domain/function-network.ts";
import type { Invocation, InvocationResult, InvocationStream } from "../../domain/invocation.ts";
import { createMemoryEngine } from "../../engines/memory/engine.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Delivery, Destinations } from "../../ports/destinations.ts";
import type { Executor, FunctionConcurrency, ProvisionedState } from "../../ports/executor.ts";
import type { Dimensions } from "../../ports/metrics.ts";
import { type Package, PackageError, type Packages } from "../../ports/packages.ts";
import type { Queues } from "../../ports/queues.ts";
import type { NewEvent } from "./async-invoke.ts";
import type { Publish } from "./catalog.ts";
import { CodeObjectError, type FunctionsLimits } from "./context.ts";
import { createFunctions, type Functions } from "./index.ts";
import type { SettingsChange } from "./settings.ts";

export const SCOPE = { account: "000000000000", region: "us-east-1" };

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 10, 22);
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now = (): number => this.#now;
  monotonic = (): number => this.#now;

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Forgets who waits. */
  forget(): void {
    this.#timers = [];
  }

  /** How many callbacks wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves on, and calls back what became due. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }
}

/** Lets everything that is not waiting for the clock happen. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What a test's function does with an invocation. */
export type Handler = (
  deployment: Deployment,
  invocation: Invocation,
) => Promise<Partial<InvocationResult>>;

export class FakeExecutor implements Executor {
  readonly runtimes: ReadonlySet<string> = new Set(["nodejs22.x", "nodejs24.x"]);
  readonly retired: string[] = [];
  readonly expected: Deployment[] = [];
  readonly initialised: Deployment[] = [];
  /** What an initialisation ahead of time waits for. */
  initialising: Promise<void> = Promise.resolve();
  readonly invocations: { readonly deployment: Deployment; readonly invocation: Invocation }[] = [];
  handler: Handler = async () => ({});

  async invoke(deployment: Deployment, invocation: Invocation): Promise<InvocationResult> {
    this.invocations.push({ deployment, invocation });
    return {
      ...RESULT,
      requestId: invocation.requestId,
      ...(await this.handler(deployment, invocation)),
    };
  }

  async stream(deployment: Deployment, invocation: Invocation): Promise<InvocationStream> {
    const { payload, logTail, report } = await this.invoke(deployment, invocation);
    return {
      requestId: invocation.requestId,
      contentType: "application/octet-stream",
      body: (async function* () {
        yield payload;
      })(),
      completion: Promise.resolve({ logTail, report }),
    };
  }

  expect(deployment: Deployment): void {
    this.expected.push(deployment);
  }

  async initialise(deployment: Deployment): Promise<void> {
    this.initialised.push(deployment);
    await this.initialising;
  }

  readonly limits = new Map<string, FunctionConcurrency>();
  /** What an account has left, by region. */
  readonly unreserved = new Map<string, number>();
  /** How far provisioned concurrency is, as a test says. */
  provisionedState: ProvisionedState | undefined;

  limit(functionArn: string, limits: FunctionConcurrency): void {
    this.limits.set(functionArn, limits);
  }

  limitAccount(_account: string, region: string, unreserved: number): void {
    this.unreserved.set(region, unreserved);
  }

  provisioned(): ProvisionedState | undefined {
    return this.provisionedState;
  }

  retire(deploymentId: string): void {
    this.retired.push(deploymentId);
  }

  async runtimeVersion(): Promise<undefined> {}

  snapshot() {
    return { isolation: "none", waiting: { booted: 0, walls: 0 }, deployments: [] };
  }

  async close(): Promise<void> {}
}

const RESULT: InvocationResult = {
  requestId: "",
  payload: Buffer.from("{}"),
  logTail: new Uint8Array(0),
  report: { durationMs: 1, billedMs: 1, maxMemoryMB: 1, queuedMs: 0 },
};

/** Takes any bytes for a zip, but those that say `broken` or `huge`. */
export class FakePackages implements Packages {
  readonly #stored = new Map<string, Uint8Array>();

  async add(zip: Uint8Array): Promise<Package> {
    const text = Buffer.from(zip).toString();
    if (text === "broken") throw new PackageError("malformed", "no zip");
    if (text === "huge") throw new PackageError("tooLarge", "too large");
    const id = createHash("sha256").update(zip).digest("hex");
    this.#stored.set(id, zip);
    return packageOf(zip);
  }

  async get(id: string): Promise<Package | undefined> {
    const zip = this.#stored.get(id);
    return zip && packageOf(zip);
  }

  async zip(id: string): Promise<AsyncIterable<Uint8Array>> {
    const zip = this.#stored.get(id);
    if (zip === undefined) throw new Error(`no package ${id}`);
    return (async function* () {
      yield zip;
    })();
  }

  async directory(): Promise<string> {
    return "/nowhere";
  }

  async sweep(): Promise<void> {}
}

function packageOf(zip: Uint8Array): Package {
  const digest = createHash("sha256").update(zip).digest();
  return {
    id: digest.toString("hex"),
    codeSha256: digest.toString("base64"),
    codeSize: zip.length,
    unpackedSize: zip.length,
  };
}

export interface TestFunctions {
  readonly functions: Functions;
  readonly executor: FakeExecutor;
  readonly clock: ManualClock;
  readonly engine: ReturnType<typeof createMemoryEngine>;
  /** Creates a function and waits until it is Active. */
  deploy(name: string, settings?: SettingsChange & { readonly code?: string }): Promise<void>;
  /** Lets a function that was created or updated arrive. */
  settle(name: string): Promise<void>;
  /** What destinations took. */
  readonly deliveries: Delivery[];
  /** What destinations do with a delivery before they take it. */
  readonly destinations: Destinations;
  /** Sums of counters by name, and all values of distributions. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  readonly failures: unknown[];
  readonly undelivered: string[];
  /** Invokes a function asynchronously. */
  invokeAsync(name: string, event?: Partial<NewEvent> & { qualifier?: string }): Promise<void>;
  /** Whoever was started so far hears nothing more: neither of the clock nor of the queues, which go on. */
  crash(): void;
  /** Another service on the same records, as after a restart. */
  again(): Functions;
}

export function testFunctions(
  options: {
    readonly limits?: Partial<FunctionsLimits>;
    readonly random?: () => number;
    readonly network?: NetworkRule;
    readonly publish?: Publish;
  } = {},
): TestFunctions {
  const engine = createMemoryEngine();
  const executor = new FakeExecutor();
  const clock = new ManualClock();
  const deliveries: Delivery[] = [];
  const destinations = { deliver: async (_: Delivery) => {} };
  const failures: unknown[] = [];
  const undelivered: string[] = [];
  const numbers = new Map<string, number[]>();
  const observe = (name: string, _: Dimensions, value: number) => {
    numbers.set(name, [...(numbers.get(name) ?? []), value]);
  };
  const count = (name: string, _: Dimensions, value = 1) => {
    numbers.set(name, [(numbers.get(name)?.[0] ?? 0) + value]);
  };
  let life = 0;
  const open = () =>
    createFunctions({
      records: engine.records,
      packages: new FakePackages(),
      executor,
      clock,
      queues: untilCrash(engine.queues, () => life),
      destinations: {
        deliver: async (delivery) => {
          await destinations.deliver(delivery);
          deliveries.push(delivery);
        },
      },
      metrics: { count, observe },
      onFailure: (error) => failures.push(error),
      onUndelivered: (_, why) => undelivered.push(why),
      readObject: async (_scope, { bucket, key }) => {
        if (bucket !== "bucket")
          throw new CodeObjectError("NoSuchBucket", "The specified bucket does not exist");
        return Buffer.from(`object ${key}`);
      },
      network: options.network ?? { widest: "host", enforced: true },
      limits: { settleMs: 100, ...options.limits },
      ...(options.random === undefined ? {} : { random: options.random }),
      ...(options.publish === undefined ? {} : { publish: options.publish }),
    });
  const functions = open();

  async function settle(name: string): Promise<void> {
    clock.advance(100);
    for (;;) {
      const { version } = await functions.get(SCOPE, name);
      if (version.state === "Active" && version.lastUpdate === "Successful") return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  return {
    functions,
    executor,
    clock,
    engine,
    deliveries,
    destinations,
    numbers,
    failures,
    undelivered,
    settle,
    async invokeAsync(name, { qualifier, ...event } = {}) {
      const runnable = await functions.resolve(SCOPE, name, qualifier);
      const usual = { requestId: "r-1", payload: Buffer.from("{}"), traceId: "Root=1-0-0" };
      await functions.accept(runnable, { ...usual, ...event });
    },
    crash() {
      life += 1;
      clock.forget();
    },
    again: open,
    async deploy(name, { code = "code", ...settings } = {}) {
      await functions.create(SCOPE, {
        functionName: name,
        code: { zip: Buffer.from(code) },
        settings: {
          role: "arn:aws:iam::000000000000:role/r",
          runtime: "nodejs22.x",
          handler: "index.handler",
          ...settings,
        },
      });
      await settle(name);
    },
  };
}

/** Queues that answer only as long as their user lives; what it asked for may have happened all the same. */
function untilCrash(queues: Queues, life: () => number): Queues {
  const mine = life();
  const never = new Promise<never>(() => {});
  return new Proxy(queues, {
    get:
      (_, name: keyof Queues) =>
      async (...asked: unknown[]) => {
        if (life() !== mine) return await never;
        const call = queues[name] as (...all: unknown[]) => Promise<unknown>;
        try {
          return await call.apply(queues, asked);
        } finally {
          if (life() !== mine) await never;
        }
      },
  });
}

/** An invocation with everything but a payload. */
export const invocationOf = (arn: string, requestId = "r-1"): Invocation => ({
  requestId,
  kind: "sync",
  payload: Buffer.from("{}"),
  invokedFunctionArn: arn,
  traceId: "Root=1-0-0",
});
