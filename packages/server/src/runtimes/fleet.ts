/** The instances of one deployment, and the invocations that wait for one. Whoever is free takes the next. */
import type { Deployment } from "../domain/deployment.ts";
import type { Clock } from "../ports/clock.ts";
import { ExecutorError } from "../ports/executor.ts";
import { FleetPolicy, type Machine, OCCUPIED_MS, SLOW_MS } from "../scaling/index.ts";
import type { Call } from "./call.ts";
import { errorTypeIn, type Failure, failurePayload } from "./failures.ts";
import type { Instance } from "./instance.ts";
import type { InstanceOwner } from "./instance-parts.ts";
import type { ExecutorLimits } from "./limits.ts";
import type { Scratch } from "./scratch.ts";
import { Snapshots } from "./snapshots.ts";
import { afterPoll } from "./tick.ts";
import { UNKNOWN_REQUEST } from "./wire/frames.ts";

/** What a fleet needs of the executor that it belongs to. */
export interface FleetHost {
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  readonly machine: Machine;
  /** Starts an instance; within `initMs` its handler must be loaded. */
  start(fleet: Fleet, scratch: string, initMs: number): Promise<Instance>;
  /** There is room for an instance that nobody waits for. */
  readonly mayStart: boolean;
  /** The fleet has more work than instances. */
  grow(fleet: Fleet): void;
  /** A start has come to its end, well or not. */
  settled(fleet: Fleet): void;
  /** The process of an instance runs. */
  booted(): void;
  /** An instance is gone, its place is free. */
  ended(fleet: Fleet, instance: Instance): void;
}

/** Errors that lie in the package itself: the next instance would fail in the same way. */
const INCURABLE: ReadonlySet<string> = new Set([
  "Runtime.ImportModuleError",
  "Runtime.HandlerNotFound",
  "Runtime.UserCodeSyntaxError",
  "Runtime.MalformedHandlerName",
  "Runtime.MalformedStreamingHandler",
  "Runtime.CallbackHandlerDeprecated",
  "Runtime.InvalidEntrypoint",
]);

interface Bound {
  readonly call: Call;
  /** When its time began. */
  readonly since: number;
}

/** So long after a snapshot was used the next one is made: whoever used it goes first. */
const REPLACE_MS = 500;
/** How often it is looked at what waits, and for how long. */
const WATCH_MS = SLOW_MS / 2;

/** Hands out the invocations of one deployment. */
export class Fleet implements InstanceOwner {
  readonly deployment: Deployment;
  readonly #host: FleetHost;
  readonly #clock: Clock;
  readonly #scratch: Scratch;
  readonly #policy: FleetPolicy;
  #waiting: Call[] = [];
  /** Those that have a process, loaded or not. */
  readonly #instances = new Set<Instance>();
  /** Without work, the most recently used one last. */
  #idle: Instance[] = [];
  /** The one whose line is being filled. */
  #current: Instance | undefined;
  /** Those whose process is being prepared. */
  #preparing = 0;
  /** Invocations whose own instance starts for them: their init ran into its limit before. */
  readonly #bound = new Map<Instance, Bound>();
  #boundPreparing = 0;
  readonly #snapshots = new Snapshots();
  #watching = false;
  #retired = false;
  /** Why nothing is begun any more. */
  #ended: ExecutorError | undefined;

  constructor(deployment: Deployment, scratch: Scratch, host: FleetHost) {
    this.deployment = deployment;
    this.#scratch = scratch;
    this.#host = host;
    this.#clock = host.clock;
    this.#policy = new FleetPolicy(host.machine);
  }

  /** @throws ExecutorError where too many wait. */
  accept(call: Call): void {
    if (this.#waiting.length >= this.#host.limits.waiting)
      throw new ExecutorError("queueFull", "too many invocations wait for an instance");
    this.#waiting.push(call);
    this.pump();
  }

  /** Hands out what waits; asks for more instances where there are too few. */
  pump(): void {
    for (;;) {
      const call = this.#next();
      if (!call) return;
      const instance = this.#pick(call);
      if (!instance) break;
      this.#waiting.shift();
      instance.send(call);
      if (instance.load > 1) this.#watch();
    }
    this.#watch();
    this.#host.grow(this);
  }

  /** How many more instances it should have now. */
  get missing(): number {
    if (this.#waiting.length === 0) return 0;
    const now = this.#clock.monotonic();
    // Those that end have their place until they are gone, but do no work; snapshots wait to be used.
    const instances = this.size - this.#snapshots.size;
    let inInstances = this.#bound.size + this.#boundPreparing;
    let occupied = 0;
    for (const instance of this.#instances) {
      inInstances += instance.load;
      if (instance.runningMs(now) > OCCUPIED_MS) occupied++;
    }
    const load = { waiting: this.#waiting.length, inInstances, instances, occupied, now };
    return this.#policy.wanted(load) - instances;
  }

  /** Instances that are there or starting. */
  get size(): number {
    return this.#instances.size + this.#preparing;
  }

  get counts() {
    let busy = 0;
    let idle = 0;
    let starting = this.#preparing;
    for (const instance of this.#instances) {
      if (instance.load > 0) busy++;
      else if (!instance.loaded) starting++;
      else if (instance.free) idle++;
    }
    return { busy, starting, idle, queued: this.#waiting.length };
  }

  get instances(): Iterable<Instance> {
    return this.#instances;
  }

  /** Retired, and nothing is left of it. */
  get over(): boolean {
    return this.#retired && this.size === 0 && this.#waiting.length === 0;
  }

  /** The idle instance that has been of no use for the longest time. */
  get longestIdle(): Instance | undefined {
    return this.#idle.find((instance) => instance.free) ?? this.#snapshots.oldest;
  }

  /** Starts one more instance, for whatever waits. */
  start(): void {
    const snapshot = this.#snapshots.take();
    if (snapshot) snapshot.restore();
    else void this.#start(this.#initMs, undefined);
  }

  /** SnapStart: starts one more instance that nobody needs yet. Resolves once it waits. */
  snapshot(): Promise<void> {
    void this.#start(this.#initMs, undefined);
    return this.#snapshots.next();
  }

  /** Idle instances end now, the others when they are free. */
  retire(): void {
    this.#retired = true;
    // Among the idle ones may be one that was given work again: see #pick.
    for (const instance of this.#idle) if (instance.free) instance.end();
    this.#snapshots.end();
    this.#scratch.clear();
  }

  /** Refuses what waits, and ends every instance. */
  end(error: ExecutorError): void {
    this.#retired = true;
    this.#ended = error;
    for (const call of this.#waiting.splice(0)) call.refuse(error);
    for (const instance of this.#instances) instance.end();
    this.#snapshots.refuse(error);
    this.#scratch.clear();
  }

  /** Lambda: an init takes 10 s at most; ahead of time 130 s, or the function's timeout where that is longer. */
  get #initMs(): number {
    const { snapStart, timeoutSeconds } = this.deployment;
    return snapStart ? Math.max(130_000, timeoutSeconds * 1_000) : this.#host.limits.initMs;
  }

  // What instances tell ---------------------------------------------------------------------------------------

  booted(): void {
    this.#host.booted();
  }

  initialised(instance: Instance): void {
    this.#replaceSnapshot();
    const bound = this.#bound.get(instance);
    this.#bound.delete(instance);
    if (bound) instance.send(bound.call, bound.since);
    else this.#free(instance);
    this.#pumpWaiting();
  }

  snapshotTaken(instance: Instance): void {
    const needed = this.#bound.has(instance) || this.#waiting.length > 0;
    if (needed && !this.#snapshots.awaited) instance.restore();
    else if (this.#retired) instance.end();
    else this.#snapshots.add(instance);
  }

  restoreFailed(instance: Instance): void {
    const fault = instance.restoreTimedOut ? "restoreTimeout" : "restore";
    const bound = this.#bound.get(instance);
    this.#bound.delete(instance);
    const call = bound?.call ?? this.#next();
    if (!bound && call) this.#waiting.shift();
    call?.refuse(new ExecutorError(fault, "an instance could not be restored"));
  }

  initFailed(instance: Instance, error: Uint8Array): void {
    const type = errorTypeIn(error);
    this.#snapshots.failed(type ?? "Unknown", error);
    const bound = this.#bound.get(instance);
    this.#bound.delete(instance);
    instance.log.initFailed(instance.initMs, bound ? "invoke" : "init", "error", type);
    const payload = (call: Call) => errorFor(call, error);
    if (bound) this.#fail(instance, bound.call, payload(bound.call), undefined);
    else if (INCURABLE.has(type ?? ""))
      for (const call of this.#waiting.splice(0))
        this.#fail(instance, call, payload(call), undefined);
    else this.#failNext(instance, payload, undefined);
    instance.log.flush();
  }

  handled(ms: number): void {
    this.#policy.observe(ms);
  }

  wrotePlain(): void {
    this.#policy.keepApart();
  }

  get apart(): boolean {
    return this.#policy.apart;
  }

  room(instance: Instance): void {
    this.#free(instance);
    this.#pumpWaiting();
  }

  returned(calls: Call[]): void {
    if (this.#ended) {
      for (const call of calls) call.refuse(this.#ended);
      return;
    }
    this.#waiting.unshift(...calls);
    this.pump();
  }

  gone(instance: Instance): void {
    this.#instances.delete(instance);
    this.#idle = this.#idle.filter((one) => one !== instance);
    this.#snapshots.delete(instance);
    if (this.#current === instance) this.#current = undefined;
    if (!instance.loaded) this.#endedInInit(instance);
    if (instance.unwanted || this.#retired) this.#scratch.discard(instance.scratch);
    else this.#scratch.leave(instance.scratch);
    this.#pumpWaiting();
    this.#host.ended(this, instance);
  }

  // How it does it ----------------------------------------------------------------------------------------------

  /** The next cold start finds one, too. */
  #replaceSnapshot(): void {
    if (!this.deployment.snapStart || this.#snapshots.size > 0 || this.#snapshots.replacing) return;
    this.#snapshots.replacing = true;
    this.#clock.after(REPLACE_MS, () => {
      this.#snapshots.replacing = false;
      const idle = this.#preparing === 0 && this.#waiting.length === 0;
      if (!this.#retired && this.#snapshots.size === 0 && idle && this.#host.mayStart)
        this.snapshot().catch(() => {}); // its log says why
    });
  }

  async #start(initMs: number, bound: Bound | undefined): Promise<void> {
    this.#preparing++;
    if (bound) this.#boundPreparing++;
    const scratch = this.#scratch.take();
    try {
      const instance = await this.#host.start(this, scratch, initMs);
      this.#instances.add(instance);
      if (bound) this.#bound.set(instance, bound);
      const unneeded = this.#retired && this.#waiting.length === 0 && !bound;
      if (unneeded || this.#ended) instance.end();
    } catch (error) {
      this.#scratch.discard(scratch);
      const call = bound?.call ?? this.#waiting.shift();
      const reason = error instanceof Error ? error.message : String(error);
      this.#snapshots.refuse(new ExecutorError("internal", reason));
      call?.refuse(new ExecutorError("internal", `an instance could not be started: ${reason}`));
    } finally {
      this.#preparing--;
      if (bound) this.#boundPreparing--;
      this.#host.settled(this);
    }
  }

  /** It ended before its handler was loaded, and nobody was told yet. */
  #endedInInit(instance: Instance): void {
    const bound = this.#bound.get(instance);
    this.#bound.delete(instance);
    if (instance.unwanted) {
      if (bound) bound.call.refuse(new ExecutorError("closing", "the platform stops"));
      return;
    }
    if (instance.initHasFailed) return;
    if (instance.restoreTimedOut) {
      this.restoreFailed(instance);
      return;
    }
    const { failure } = instance;
    this.#snapshots.failed(failure.errorType, Buffer.from(failure.reason));
    const payload = (call: Call) => failurePayload(failure, call.invocation.requestId);
    const type = instance.initTimedOut ? undefined : failure.errorType;
    instance.log.initFailed(instance.initMs, bound ? "invoke" : "init", failure.status, type);
    if (bound) this.#fail(instance, bound.call, payload(bound.call), failure);
    else if (instance.initTimedOut) this.#retryWithin(this.#next());
    else this.#failNext(instance, payload, failure);
    instance.log.flush();
  }

  /** Lambda: an init that took too long is tried again, as a part of the invocation and within its timeout. */
  #retryWithin(call: Call | undefined): void {
    if (!call) return;
    this.#waiting.shift();
    const since = this.#clock.monotonic();
    void this.#start(this.deployment.timeoutSeconds * 1000, { call, since });
  }

  #failNext(
    instance: Instance,
    payload: (call: Call) => Uint8Array,
    failure: Failure | undefined,
  ): void {
    const call = this.#next();
    if (!call) return;
    this.#waiting.shift();
    this.#fail(instance, call, payload(call), failure);
  }

  /** Answers an invocation that waited for an instance whose init failed. */
  #fail(instance: Instance, call: Call, payload: Uint8Array, failure: Failure | undefined): void {
    const report = instance.initReport(call);
    instance.log.end(call, report, failure);
    call.finish({ payload, failed: true, report, tail: call.tail });
  }

  /** The next one that somebody still waits for. */
  #next(): Call | undefined {
    for (;;) {
      const call = this.#waiting[0];
      if (!call?.abandoned) return call;
      this.#waiting.shift();
      call.refuse(call.invocation.signal?.reason);
    }
  }

  #pumpWaiting(): void {
    if (this.#waiting.length > 0) this.pump();
  }

  /** Short invocations are gathered: first in the one that is being filled, then in the most recently used one. */
  #pick(call: Call): Instance | undefined {
    const { depth } = this.#policy;
    if (depth > 1 && this.#current?.hasRoom(call, depth)) return this.#current;
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      idle.listed = false;
      if (!idle.free) continue;
      this.#current = idle;
      return idle;
    }
    if (depth === 1) return undefined;
    for (const instance of this.#instances) {
      if (!instance.hasRoom(call, depth)) continue;
      this.#current = instance;
      return instance;
    }
    return undefined;
  }

  #free(instance: Instance): void {
    if (!instance.free) return;
    if (this.#retired && this.#waiting.length === 0) instance.end();
    else if (!instance.listed) {
      instance.listed = true;
      this.#idle.push(instance);
    }
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#clock.after(WATCH_MS, () => afterPoll(() => this.#look()));
  }

  #look(): void {
    this.#watching = false;
    const now = this.#clock.monotonic();
    let again = false;
    for (const instance of this.#instances) if (instance.lookAtHead(now)) again = true;
    while (this.#waitedInVain(now)) {
      const error = new ExecutorError("concurrency", "no instance was free in time");
      this.#waiting.shift()?.refuse(error);
    }
    if (this.#waiting.length > 0) this.pump();
    else if (again) this.#watch();
  }

  /** Whether the next one has waited too long, and nothing is on its way for it. */
  #waitedInVain(now: number): boolean {
    const call = this.#next();
    if (!call || now - call.acceptedAt <= this.#host.limits.waitMs) return false;
    return this.counts.starting <= this.#bound.size + this.#boundPreparing;
  }
}

/** The error object of an init, with the id of the invocation that is told of it where it has a place for one. */
function errorFor({ invocation }: Call, error: Uint8Array): Uint8Array {
  const bytes = Buffer.from(error.buffer, error.byteOffset, error.length);
  if (!bytes.includes(UNKNOWN_REQUEST)) return error;
  return Buffer.from(bytes.toString().replaceAll(UNKNOWN_REQUEST, invocation.requestId));
}
