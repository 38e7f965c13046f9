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
  type RuntimeVersion,
} from "../ports/executor.ts";
import type { Logs } from "../ports/logs.ts";
import type { Packages } from "../ports/packages.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import { BufferedReply } from "./buffered-reply.ts";
import { Call, type Reply } from "./call.ts";
import type { Credentials } from "./environment.ts";
import { Fleet, type FleetHost } from "./fleet.ts";
import type { Instance } from "./instance.ts";
import type { LanguageRuntime } from "./language.ts";
import { defaultLimits, type ExecutorLimits } from "./limits.ts";
import { MemoryPressure, type PressureOwner } from "./memory-pressure.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { Processors } from "./processors.ts";
import { deploymentScratch } from "./scratch.ts";
import { Seats } from "./seats.ts";
import { InstanceStarter } from "./start-instance.ts";
import { StreamedReply } from "./streamed-reply.ts";

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
  /** Whom a function's SDK clients act as. */
  readonly credentials?: (deployment: Deployment) => Credentials;
  /** For what instances need while they live; `instances` in it is emptied at the start. */
  readonly directory: string;
  readonly limits?: Partial<ExecutorLimits>;
  /** Bytes of memory that this machine could still give. */
  readonly availableMemory?: () => number;
}

/** What ending a generic process gives back, more or less. */
const GENERIC_BYTES = 12 * 2 ** 20;

/** Processes that were killed are gone within this, or the machine is in trouble. */
const DYING_MS = 6_000;

/** Starts nothing before the first invocation. */
export function createExecutor(options: ExecutorOptions): Executor {
  return new ProcessExecutor(options);
}

class ProcessExecutor implements Executor, FleetHost, PressureOwner {
  readonly runtimes: ReadonlySet<string>;
  readonly clock: Clock;
  readonly limits: ExecutorLimits;
  readonly #sandbox: Sandbox;
  readonly #fleets = new Map<string, Fleet>();
  /** Fleets that lack a place to start an instance, the longest lacking first. */
  readonly #hungry = new Set<Fleet>();
  readonly #scratchRoot: string;
  readonly #seats: Seats;
  readonly #starter: InstanceStarter;
  readonly #memory: MemoryWatch;
  readonly machine: Processors;
  readonly #pressure: MemoryPressure;
  /** Instances that have a place: starting, alive, or not gone yet. */
  #alive = 0;
  /** Those of them whose process does not run yet: what costs the machine most. */
  #starting = 0;
  /** Ended to make room, but not gone yet. */
  readonly #evicted = new Set<Instance>();
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
    const busy = () => this.#starting > 0 || this.#hungry.size > 0 || this.#pressure.low;
    this.#seats = new Seats(options, this.limits, this.#scratchRoot, busy);
    this.#starter = new InstanceStarter(options, this.limits, this.#seats);
  }

  invoke(deployment: Deployment, invocation: Invocation): Promise<InvocationResult> {
    return new Promise((resolve, reject) => {
      const { requestId } = invocation;
      const limit = this.limits.responseBytes;
      this.#accept(deployment, invocation, new BufferedReply(requestId, limit, resolve, reject));
    });
  }

  stream(deployment: Deployment, invocation: Invocation): Promise<InvocationStream> {
    return new Promise((resolve, reject) => {
      const { requestId } = invocation;
      const limit = this.limits.streamBytes;
      this.#accept(deployment, invocation, new StreamedReply(requestId, limit, resolve, reject));
    });
  }

  expect(deployment: Deployment): void {
    if (this.#closing || !this.runtimes.has(deployment.runtime)) return;
    // Whoever invokes it hears of what is wrong.
    this.#seats.expect(deployment).catch(() => {});
    this.#pressure.watch();
  }

  async initialise(deployment: Deployment): Promise<void> {
    const refusal = this.#refusal();
    if (refusal) throw refusal;
    this.#pressure.watch();
    await this.#fleet(deployment).snapshot();
  }

  get mayStart(): boolean {
    const room = this.#alive < this.limits.instances && this.#starting < this.limits.starting;
    return room && !this.#closing && !this.#pressure.low;
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
    this.#alive++;
    this.#starting++;
    try {
      return await this.#starter.start({
        deployment: fleet.deployment,
        owner: fleet,
        scratch,
        initMs,
      });
    } catch (error) {
      this.#placeFree(fleet, false);
      throw error;
    }
  }

  grow(fleet: Fleet): void {
    this.#memory.wake();
    for (let { missing } = fleet; missing > 0; missing--) {
      if (this.#alive >= this.limits.instances) this.#evict(missing);
      // One that has booted already is not held up by those that have not.
      const mayStart =
        this.#starting < this.limits.starting || this.#seats.hasBooted(fleet.deployment);
      if (this.#alive >= this.limits.instances || !mayStart) {
        this.#hungry.add(fleet);
        return;
      }
      fleet.start();
    }
  }

  settled(fleet: Fleet): void {
    this.#forget(fleet.deployment.id);
  }

  booted(): void {
    this.#starting--;
    this.#feed();
    if (this.#starting === 0) this.#seats.wake();
  }

  ended(fleet: Fleet, instance: Instance): void {
    this.#evicted.delete(instance);
    this.#placeFree(fleet, instance.hasBooted);
  }

  // What the machine asks for ------------------------------------------------------------------------------------

  release(bytes: number): void {
    let left = bytes - this.#seats.shrink() * GENERIC_BYTES;
    while (left > 0) {
      const oldest = this.#longestIdle();
      if (!oldest) return;
      left -= oldest.memory;
      this.#evicted.add(oldest);
      oldest.end();
    }
  }

  // How it does it ----------------------------------------------------------------------------------------------

  #accept(deployment: Deployment, invocation: Invocation, reply: Reply): void {
    const refusal = this.#refusal();
    if (refusal) {
      reply.refuse(refusal);
      return;
    }
    this.#underWay++;
    this.#lastNumber = (this.#lastNumber % 0xffff_ffff) + 1;
    const now = this.clock.monotonic();
    const call = new Call(this.#lastNumber, invocation, reply, now, this.#over);
    try {
      this.#fleet(deployment).accept(call);
    } catch (error) {
      call.refuse(error);
    }
    this.#memory.wake();
    this.machine.wake();
    this.#pressure.watch();
  }

  #refusal(): ExecutorError | undefined {
    if (this.#closing) return new ExecutorError("closing", "the platform stops");
    if (this.#underWay < this.limits.concurrency) return undefined;
    return new ExecutorError("concurrency", "the account's concurrency is used up");
  }

  readonly #over = (): void => {
    this.#underWay--;
    this.#progress();
  };

  #fleet(deployment: Deployment): Fleet {
    let fleet = this.#fleets.get(deployment.id);
    if (!fleet) {
      const scratch = deploymentScratch(this.#scratchRoot, deployment.id);
      fleet = new Fleet(deployment, scratch, this);
      this.#fleets.set(deployment.id, fleet);
    }
    return fleet;
  }

  /** A retired fleet that has nothing left is of no use. */
  #forget(deploymentId: string): void {
    const fleet = this.#fleets.get(deploymentId);
    if (fleet?.over) this.#fleets.delete(deploymentId);
  }

  /** Gives places that became free to those who lack them, in turn. */
  #feed(): void {
    for (const fleet of [...this.#hungry]) {
      if (this.#starting >= this.limits.starting) return;
      this.#hungry.delete(fleet);
      this.grow(fleet);
    }
  }

  #placeFree(fleet: Fleet, hadBooted: boolean): void {
    this.#alive--;
    if (!hadBooted) this.#starting--;
    this.#forget(fleet.deployment.id);
    this.#feed();
    this.#progress();
  }

  /** Ends the instance that was of no use for the longest time. Its place is free once it is gone. */
  #evict(needed: number): void {
    if (this.#evicted.size >= needed) return;
    const oldest = this.#longestIdle();
    if (!oldest) return;
    this.#evicted.add(oldest);
    oldest.end();
  }

  /** Of all instances the one that has been of no use for the longest time. */
  #longestIdle(): Instance | undefined {
    let oldest: Instance | undefined;
    for (const fleet of this.#fleets.values()) {
      const candidate = fleet.longestIdle;
      if (candidate && candidate.idleSince < (oldest?.idleSince ?? Number.POSITIVE_INFINITY))
        oldest = candidate;
    }
    return oldest;
  }

  *#instances(): Generator<Instance> {
    for (const fleet of this.#fleets.values()) yield* fleet.instances;
  }

  async #close(graceMs: number): Promise<void> {
    this.#pressure.close();
    await this.#until(() => this.#underWay === 0, graceMs);
    const error = new ExecutorError("closing", "the platform stops");
    for (const fleet of this.#fleets.values()) fleet.end(error);
    await this.#until(() => this.#alive === 0, DYING_MS);
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
