/** Runs invocations in instances: the fleets of all deployments, and what they share of the machine. */
import { freemem } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../domain/deployment.ts";
import type { Invocation, InvocationResult, InvocationStream } from "../domain/invocation.ts";
import type { Clock } from "../ports/clock.ts";
import {
  type Executor,
  ExecutorError,
  type ExecutorSnapshot,
  type FunctionConcurrency,
  type ProvisionedState,
  type RuntimeVersion,
} from "../ports/executor.ts";
import type { Logs } from "../ports/logs.ts";
import type { Packages } from "../ports/packages.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import { LocalPermits, type Permits } from "../scaling/index.ts";
import { buffered } from "./buffered-reply.ts";
import { Call, type Reply } from "./call.ts";
import type { Credentials } from "./environment.ts";
import { Fleet } from "./fleet.ts";
import type { FleetHost } from "./fleet-host.ts";
import type { Instance } from "./instance.ts";
import type { LanguageRuntime } from "./language.ts";
import { defaultLimits, type ExecutorLimits } from "./limits.ts";
import { MemoryPressure, type PressureOwner } from "./memory-pressure.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { Places, type PlacesHost } from "./places.ts";
import { Processors } from "./processors.ts";
import { deploymentScratch } from "./scratch.ts";
import { Seats } from "./seats.ts";
import { Shares } from "./shares.ts";
import { InstanceStarter } from "./start-instance.ts";
import { streamed } from "./streamed-reply.ts";
import type { Tenant } from "./tenant.ts";
import { Tenants, type TenantsHost } from "./tenants.ts";
import { throttled } from "./throttled.ts";
import { nextNumber } from "./wire/frames.ts";

/** What the runtimes need of the platform. */
export interface ExecutorOptions {
  readonly packages: Pick<Packages, "directory">;
  readonly logs: Pick<Logs, "append">;
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  /** The languages that functions may be written in. */
  readonly languages: readonly LanguageRuntime[];
  /** Where functions find the platform: their AWS_ENDPOINT_URL. */
  readonly endpoint: () => string;
  /** Where functions send what they trace: their AWS_XRAY_DAEMON_ADDRESS. */
  readonly traceDaemon?: (() => string | undefined) | undefined;
  /** Whom a function's SDK clients act as. */
  readonly credentials?: (deployment: Deployment) => Credentials;
  /** For what instances need while they live; `instances` in it is emptied at the start. */
  readonly directory: string;
  readonly limits?: Partial<ExecutorLimits>;
  /** Bytes of memory that this machine could still give. */
  readonly availableMemory?: () => number;
  /** What the functions of an account share in a region; this process's own where absent. */
  readonly permits?: (account: string, region: string) => Permits;
}

/** What ending a generic process gives back, more or less. */
const GENERIC_BYTES = 12 * 2 ** 20;

/** Processes that were killed are gone within this, or the machine is in trouble. */
const DYING_MS = 6_000;

/** Starts nothing before the first invocation. */
export function createExecutor(options: ExecutorOptions): Executor {
  return new ProcessExecutor(options);
}

class ProcessExecutor implements Executor, FleetHost, PressureOwner, PlacesHost, TenantsHost {
  readonly runtimes: ReadonlySet<string>;
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  readonly #sandbox: Sandbox;
  readonly #fleets = new Map<string, Fleet>();
  readonly #scratchRoot: string;
  readonly #seats: Seats;
  readonly #starter: InstanceStarter;
  readonly #memory: MemoryWatch;
  readonly machine: Processors;
  readonly #pressure: MemoryPressure;
  readonly #places: Places;
  readonly #tenants: Tenants;
  readonly #shares = new Shares();
  readonly permits: (account: string, region: string) => Permits;
  /** Invocations that are not over. */
  #underWay = 0;
  #lastNumber = 0;
  #closing: Promise<void> | undefined;
  /** Called when an invocation is over, or an instance is gone, while closing. */
  #progress: () => void = () => {};

  constructor(options: ExecutorOptions) {
    this.clock = options.clock;
    this.limits = { ...defaultLimits(), ...options.limits };
    this.runtimes = new Set(options.languages.flatMap(({ names }) => [...names]));
    this.#sandbox = options.sandbox;
    this.#scratchRoot = join(options.directory, "instances", "tmp");
    this.#memory = new MemoryWatch(this.clock, () => this.#instances());
    this.machine = new Processors(this.clock, () => this.#underWay > 0);
    this.#pressure = new MemoryPressure(this.clock, options.availableMemory ?? freemem, this);
    const { concurrency } = this.limits;
    this.permits = options.permits ?? (() => new LocalPermits(concurrency));
    this.#places = new Places(this.limits, this.clock, this);
    this.#tenants = new Tenants(this);
    const busy = () => this.#places.starting > 0 || this.#places.scarce || this.#pressure.low;
    this.#seats = new Seats(options, this.limits, this.#scratchRoot, busy);
    this.#starter = new InstanceStarter(options, this.limits, this.#seats);
  }

  invoke(
    deployment: Deployment,
    invocation: Invocation,
    qualifier?: string,
  ): Promise<InvocationResult> {
    return buffered(invocation.requestId, this.limits.responseBytes, (reply) =>
      this.#accept(deployment, invocation, qualifier, reply),
    );
  }

  stream(
    deployment: Deployment,
    invocation: Invocation,
    qualifier?: string,
  ): Promise<InvocationStream> {
    return streamed(invocation.requestId, this.limits.streamBytes, (reply) =>
      this.#accept(deployment, invocation, qualifier, reply),
    );
  }

  expect(deployment: Deployment): void {
    if (this.#closing || !this.runtimes.has(deployment.runtime)) return;
    // Whoever invokes it hears of what is wrong.
    this.#seats.expect(deployment).catch(() => {});
    this.#pressure.watch();
  }

  async initialise(deployment: Deployment): Promise<void> {
    if (this.#closing) throw closing();
    this.#pressure.watch();
    await this.fleet(deployment).snapshot();
  }

  limit(functionArn: string, concurrency: FunctionConcurrency): void {
    if (this.#closing) return;
    this.#tenants.limit(functionArn, concurrency);
    for (const [provider, vcpus] of concurrency.providers ?? [])
      this.#shares.limit(provider, vcpus);
    this.#pressure.watch();
  }

  limitAccount(account: string, region: string, unreserved: number): void {
    this.#tenants.limitAccount(account, region, unreserved);
  }

  provisioned(functionArn: string, qualifier: string): ProvisionedState | undefined {
    return this.#tenants.provisioned(functionArn, qualifier);
  }

  get mayStart(): boolean {
    return this.#places.open && !this.#closing && !this.#pressure.low;
  }

  get fleets(): Iterable<Fleet> {
    return this.#fleets.values();
  }

  get tenants(): Iterable<Tenant> {
    return this.#tenants.all;
  }

  hasBooted(deployment: Deployment): boolean {
    return this.#seats.hasBooted(deployment);
  }

  retire(deploymentId: string): void {
    this.#seats.forget(deploymentId);
    const fleet = this.#fleets.get(deploymentId);
    fleet?.retire();
    this.#forget(deploymentId);
  }

  runtimeVersion(name: string): Promise<RuntimeVersion | undefined> {
    return this.#seats.runtime(name).catch(() => undefined); // whoever invokes hears of it
  }

  snapshot(): ExecutorSnapshot {
    return {
      isolation: this.#sandbox.tier,
      waiting: this.#seats.waiting,
      deployments: [...this.#fleets.values()].map((fleet) => ({
        deploymentId: fleet.deployment.id,
        functionName: fleet.deployment.functionName,
        version: fleet.deployment.version,
        ...fleet.counts,
      })),
    };
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  // What fleets ask for -----------------------------------------------------------------------------------------

  async start(fleet: Fleet, scratch: string, initMs: number): Promise<Instance> {
    this.#places.take();
    try {
      return await this.#starter.start({
        deployment: fleet.deployment,
        owner: fleet,
        scratch,
        initMs,
      });
    } catch (error) {
      this.#placeFree(fleet, false, undefined);
      throw error;
    }
  }

  room(fleet: Fleet): number {
    return this.#shares.room(fleet);
  }

  grow(fleet: Fleet): void {
    this.#memory.wake();
    this.#places.grow(fleet);
  }

  settled(fleet: Fleet): void {
    this.#forget(fleet.deployment.id);
  }

  booted(): void {
    this.#places.booted();
    if (this.#places.starting === 0) this.#seats.wake();
  }

  ended(fleet: Fleet, instance: Instance): void {
    this.#placeFree(fleet, instance.hasBooted, instance);
  }

  // What the machine asks for ------------------------------------------------------------------------------------

  release(bytes: number): void {
    this.#places.release(bytes - this.#seats.shrink() * GENERIC_BYTES);
  }

  // How it does it ----------------------------------------------------------------------------------------------

  #accept(
    deployment: Deployment,
    invocation: Invocation,
    qualifier: string | undefined,
    reply: Reply,
  ): void {
    if (this.#closing) {
      reply.refuse(closing());
      return;
    }
    const fleet = this.fleet(deployment);
    const provisioned = qualifier === undefined ? undefined : fleet.provisioned?.get(qualifier);
    const now = this.clock.monotonic();
    const permit = this.#isCrowded(fleet)
      ? "ConcurrentInvocationLimitExceeded"
      : fleet.tenant.admission.admit(provisioned?.admission, invocation.kind === "sync", now);
    if (typeof permit === "string") {
      reply.refuse(throttled(permit));
      return;
    }
    this.#underWay++;
    this.#lastNumber = nextNumber(this.#lastNumber);
    const call = new Call(this.#lastNumber, invocation, reply, now, permit, this.#over);
    const isProvisioned = permit === provisioned?.admission;
    try {
      (isProvisioned && provisioned ? provisioned.fleet : fleet).accept(call);
    } catch (error) {
      call.refuse(error);
    }
    this.#memory.wake();
    this.machine.wake();
    this.#pressure.watch();
  }

  /**
   * Where the account may have more under way than this machine has places, the last tenth of it is for functions that
   * have nothing waiting: whoever floods the machine does not keep the others out.
   */
  #isCrowded(fleet: Fleet): boolean {
    if (fleet.waiting === 0 || !this.#places.full) return false;
    return fleet.tenant.admission.crowds(this.limits.instances);
  }

  readonly #over = (): void => {
    this.#underWay--;
    this.#progress();
  };

  fleet(deployment: Deployment): Fleet {
    let fleet = this.#fleets.get(deployment.id);
    if (!fleet) {
      const scratch = deploymentScratch(this.#scratchRoot, deployment.id);
      const tenant = this.#tenants.of(deployment.functionArn);
      fleet = new Fleet(deployment, scratch, this, tenant);
      this.#fleets.set(deployment.id, fleet);
      tenant.fleets.add(fleet);
      this.#shares.add(fleet);
    }
    return fleet;
  }

  /** A retired fleet that has nothing left is of no use. */
  #forget(deploymentId: string): void {
    const fleet = this.#fleets.get(deploymentId);
    if (!fleet?.over) return;
    this.#fleets.delete(deploymentId);
    this.#places.forget(fleet);
    fleet.keeper?.close();
    fleet.tenant.fleets.delete(fleet);
    this.#shares.delete(fleet);
    this.#tenants.forget(fleet.tenant);
  }

  #placeFree(fleet: Fleet, hadBooted: boolean, instance: Instance | undefined): void {
    this.#places.free(hadBooted, instance);
    this.#forget(fleet.deployment.id);
    this.#progress();
  }

  *#instances(): Generator<Instance> {
    for (const fleet of this.#fleets.values()) yield* fleet.instances;
  }

  async #close(graceMs: number): Promise<void> {
    this.#pressure.close();
    await this.#until(() => this.#underWay === 0, graceMs);
    this.#tenants.close();
    const error = closing();
    for (const fleet of this.#fleets.values()) fleet.end(error);
    await this.#until(() => this.#places.taken === 0, DYING_MS);
    await this.#seats.close();
  }

  /** Resolves once the condition holds, or after so many milliseconds. */
  #until(condition: () => boolean, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#progress = () => {};
        resolve();
      };
      const cancel = this.clock.after(ms, done);
      this.#progress = () => {
        if (condition()) done();
      };
      this.#progress();
    });
  }
}

const closing = (): ExecutorError => new ExecutorError("closing", "the platform stops");
