/** The instances of one deployment, and the invocations that wait for one. Whoever is free takes the next. */
import type { Deployment } from "../domain/deployment.ts";
import type { Clock } from "../ports/clock.ts";
import { ExecutorError } from "../ports/executor.ts";
import { FleetPolicy, type Load, type Policy, SharedPolicy, SLOW_MS } from "../scaling/index.ts";
import type { Call } from "./call.ts";
import { errorTypeIn, type Failure, failurePayload } from "./failures.ts";
import type { FleetHost } from "./fleet-host.ts";
import { errorFor, INCURABLE } from "./init-errors.ts";
import type { Instance } from "./instance.ts";
import type { InstanceOwner } from "./instance-parts.ts";
import type { Keeper } from "./keeper.ts";
import type { Provisioned } from "./provisioned.ts";
import { Roster } from "./roster.ts";
import type { Scratch } from "./scratch.ts";
import { SharedRoster } from "./shared-roster.ts";
import { Snapshots } from "./snapshots.ts";
import type { Tenant } from "./tenant.ts";
import { throttled } from "./throttled.ts";
import { afterPoll } from "./tick.ts";

interface Bound {
  readonly call: Call;
  /** When its time began. */
  readonly since: number;
}

const PROVISIONED_INIT_MS = 15 * 60_000;
/** How often it is looked at what waits, and for how long. */
const WATCH_MS = SLOW_MS / 2;

/** Hands out the invocations of one deployment. */
export class Fleet implements InstanceOwner {
  readonly deployment: Deployment;
  /** The function that it is of. */
  readonly tenant: Tenant;
  /** By whom it is kept at a number of instances; absent where its work alone decides. */
  keeper: Keeper | undefined;
  /** Instances that it has at least, whether there is work for them or not. */
  kept = 0;
  /** Provisioned concurrency of this version, by the version or alias that was called. */
  provisioned: ReadonlyMap<string, Provisioned> | undefined;
  /** Invocations since there are instances. */
  uses = 0;
  readonly #host: FleetHost;
  readonly #clock: Clock;
  readonly #scratch: Scratch;
  readonly #policy: Policy;
  #waiting: Call[] = [];
  readonly #instances: Roster;
  /** Those whose process is being prepared. */
  #preparing = 0;
  /** Invocations whose own instance starts for them: their init ran into its limit before. */
  readonly #bound = new Map<Instance, Bound>();
  #boundPreparing = 0;
  readonly #snapshots = new Snapshots();
  #watching = false;
  /** Instances that end for others once they are free. */
  #yields = 0;
  #retired = false;
  /** Why nothing is begun any more. */
  #ended: ExecutorError | undefined;

  constructor(deployment: Deployment, scratch: Scratch, host: FleetHost, tenant: Tenant) {
    this.deployment = deployment;
    this.tenant = tenant;
    this.#scratch = scratch;
    this.#host = host;
    this.#clock = host.clock;
    const { most = 1 } = deployment.sharing ?? {};
    if (most > 1) {
      this.#policy = new SharedPolicy(most, () => {
        return { instances: roster.size, spare: roster.spare };
      });
      const roster = new SharedRoster(this.#policy, host.clock);
      this.#instances = roster;
    } else {
      this.#policy = new FleetPolicy(host.machine);
      this.#instances = new Roster(this.#policy, host.clock);
    }
  }

  /** @throws ExecutorError where too many wait. */
  accept(call: Call): void {
    if (this.#waiting.length >= this.#host.limits.waiting)
      throw throttled("ConcurrentInvocationLimitExceeded");
    this.uses++;
    this.#waiting.push(call);
    this.pump();
  }

  /** Hands out what waits; asks for more instances where there are too few. */
  pump(): void {
    for (;;) {
      const call = this.#next();
      if (!call) return;
      const instance = this.#instances.pick(call);
      if (!instance) break;
      this.#waiting.shift();
      instance.send(call);
      if (instance.load > 1) this.#watch();
    }
    this.#watch();
    this.#host.grow(this);
  }

  /** How many more instances it should have now. Asking counts: for short handlers they must be missing for a while. */
  get missing(): number {
    const lacking = this.kept - this.size;
    if (this.#waiting.length === 0 || this.deployment.provisioned) return this.#within(lacking);
    const load = this.#load;
    return this.#within(Math.max(lacking, this.#policy.wanted(load) - load.instances));
  }

  /** How many more instances would find something to do, at most. */
  get couldUse(): number {
    const lacking = this.kept - this.size;
    if (this.#waiting.length === 0 || this.deployment.provisioned) return this.#within(lacking);
    const load = this.#load;
    const forWork = Math.min(
      this.#waiting.length - this.#preparing,
      this.#policy.enough(load) - load.instances,
    );
    return this.#within(Math.max(lacking, forWork));
  }

  /** On a capacity provider there are only so many as that has processors for. */
  #within(instances: number): number {
    if (instances <= 0 || !this.deployment.sharing) return instances;
    return Math.min(instances, this.#host.room(this));
  }

  get #load(): Load {
    const now = this.#clock.monotonic();
    // Those that end have their place until they are gone, but do no work; snapshots wait to be used.
    const instances = this.size - this.#snapshots.size;
    let inInstances = this.#bound.size + this.#boundPreparing;
    const { occupiedMs } = this.#policy;
    let loading = this.#preparing;
    let occupied = 0;
    for (const instance of this.#instances) {
      inInstances += instance.load;
      if (!instance.loaded) loading++;
      if (instance.runningMs(now) > occupiedMs) occupied++;
    }
    return { waiting: this.#waiting.length, inInstances, instances, loading, occupied, now };
  }

  /** Invocations that no instance has yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Instances whose handler is loaded, and that are not about to end. */
  get loaded(): number {
    return this.#instances.loaded;
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

  /** The idle instance that has been of no use for the longest time, where it has more than are kept. */
  get longestIdle(): Instance | undefined {
    const { idle } = this.#instances;
    if (idle.length === 0 && this.#snapshots.size === 0) return undefined;
    if (this.lasting <= this.kept) return undefined;
    return idle.find((instance) => instance.free) ?? this.#snapshots.oldest;
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

  /** One instance more ends once it is free, although there is work for it. */
  yieldOne(): void {
    this.#yields++;
  }

  /** Ends what it has more than it should, where that has no work. */
  shed(): void {
    for (const instance of this.#instances.idle)
      if (this.#hasTooMany && instance.free) instance.end();
  }

  /** Refuses the last of those that wait: so many instances may not be started for them. */
  throttle(instances: number): void {
    const invocations = instances * (this.deployment.sharing?.most ?? 1);
    const refused = this.#waiting.splice(Math.max(0, this.#waiting.length - invocations));
    for (const call of refused) call.refuse(throttled("FunctionInvocationRateLimitExceeded"));
  }

  /** Idle instances end now, the others when they are free. */
  retire(): void {
    this.#retired = true;
    for (const instance of this.#instances.idle) if (instance.free) instance.end();
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

  /** Only provisioned concurrency has a number that it does not exceed. */
  get #hasTooMany(): boolean {
    return this.deployment.provisioned === true && this.lasting > this.kept;
  }

  /** Instances that are there or starting, without those that are about to end. */
  get lasting(): number {
    return this.#preparing + this.#instances.lasting;
  }

  /**
   * Lambda: an init takes 10 s at most; for a snapshot, and on a capacity provider, 130 s, or the function's timeout
   * where that is longer; for provisioned concurrency 15 minutes.
   */
  get #initMs(): number {
    const { provisioned, snapStart, sharing, timeoutSeconds } = this.deployment;
    if (provisioned) return PROVISIONED_INIT_MS;
    const isLong = snapStart || sharing;
    return isLong ? Math.max(130_000, timeoutSeconds * 1_000) : this.#host.limits.initMs;
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
    this.keeper?.initialised();
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
    this.keeper?.failed(type ?? "Unknown");
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

  keepsIdle(): boolean {
    return this.lasting <= this.kept;
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

  get slowMs(): number {
    return this.#policy.slowMs;
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
    this.#snapshots.delete(instance);
    if (this.size === 0) this.uses = 0;
    if (!instance.loaded) this.#endedInInit(instance);
    this.keeper?.lost();
    if (instance.unwanted || this.#retired) this.#scratch.discard(instance.scratch);
    else this.#scratch.leave(instance.scratch);
    this.#pumpWaiting();
    this.#host.ended(this, instance);
  }

  // How it does it ----------------------------------------------------------------------------------------------

  /** The next cold start finds one, too. */
  #replaceSnapshot(): void {
    if (!this.deployment.snapStart) return;
    this.#snapshots.replace(this.#clock, () => {
      const idle = this.#preparing === 0 && this.#waiting.length === 0;
      if (!this.#retired && idle && this.#host.mayStart) this.snapshot().catch(() => {}); // its log says why
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
      this.keeper?.failed("Sandbox.StartFailed");
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
    this.keeper?.failed(failure.errorType);
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

  #free(instance: Instance): void {
    if (!instance.free) return;
    const unneeded = this.#retired && this.#waiting.length === 0;
    const given = !unneeded && this.#yields > 0;
    if (given) this.#yields--;
    if (unneeded || given || this.#hasTooMany) instance.end();
    else this.#instances.rests(instance);
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
      this.#waiting.shift()?.refuse(throttled("ConcurrentInvocationLimitExceeded"));
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
