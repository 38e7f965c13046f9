/** Starts instances: a generic process, its files and its channel, and then what it is to become. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../domain/deployment.ts";
import type { ExecutorSnapshot } from "../ports/executor.ts";
import type { SandboxedProcess } from "../ports/sandbox.ts";
import { type Blueprint, blueprintOf, type Ground } from "./blueprint.ts";
import type { Places } from "./environment.ts";
import type { ExecutorOptions } from "./executor.ts";
import { createFence, type Fence } from "./fence.ts";
import { Instance } from "./instance.ts";
import { InstanceLog } from "./instance-log.ts";
import type { InstanceOwner } from "./instance-parts.ts";
import type { LanguageRuntime } from "./language.ts";
import { type LayerStore, layerStore } from "./layers.ts";
import type { ExecutorLimits } from "./limits.ts";
import type { Generic } from "./pool/generic.ts";
import { Pool } from "./pool/pool.ts";
import { Trees } from "./pool/trees.ts";
import { Tick } from "./tick.ts";

/** In dev mode any credentials are the account's own. */
const DEV_CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "test" };
/** Lambda: a function with 1,769 MB has the equivalent of one vCPU. */
const MB_PER_CPU = 1_769;
/** Deployments whose blueprint is kept; others' is made again. */
const MOST_BLUEPRINTS = 10_000;

/** A process that can become an instance, and where it finds its files. Host paths. */
interface Seat {
  readonly process: SandboxedProcess;
  readonly fence: Fence;
  readonly host: Places;
  /** It has booted already. */
  readonly booted: boolean;
  /** Its memory has no limit yet. */
  readonly unlimited: boolean;
}

/** Knows what every instance of this platform needs. */
export class InstanceStarter {
  readonly #options: ExecutorOptions;
  readonly #limits: ExecutorLimits;
  readonly #ground: Ground;
  readonly #scratchRoot: string;
  readonly #layers: LayerStore;
  readonly #trees: Trees;
  readonly #booted: Pool;
  readonly #walls: Pool;
  readonly #blueprints = new Map<string, Blueprint>();
  readonly #tick = new Tick();
  /** What an earlier run of the platform left is gone. */
  readonly #cleared: Promise<unknown>;
  /** The languages have been made ready, or could not be. */
  readonly #prepared: Promise<unknown>;

  /** `busy`: the machine has something better to do than to fill the pool. */
  constructor(
    options: ExecutorOptions,
    limits: ExecutorLimits,
    scratchRoot: string,
    busy: () => boolean,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#scratchRoot = scratchRoot;
    const { sandbox, clock, endpoint, credentials = () => DEV_CREDENTIALS } = options;
    this.#ground = { ownFilesystem: sandbox.ownFilesystem === true, endpoint, credentials };
    const at = (name: string) => join(options.directory, "instances", name);
    this.#layers = layerStore(at("opt"), (id) => options.packages.directory(id));
    this.#trees = new Trees(at("trees"));
    const booting = Math.max(1, availableParallelism() - 1);
    const slots = at("slots");
    const shop = { sandbox, clock, slots, scratch: scratchRoot, booting, busy };
    this.#booted = new Pool({ ...shop, most: limits.pooled, least: 2 });
    this.#walls = new Pool({ ...shop, most: limits.walled, least: 8 });
    this.#cleared = Promise.all([scratchRoot, at("opt"), at("trees"), slots].map(empty));
    this.#cleared.catch(() => {}); // the first start reports it
    // The first invocation should not wait for what can be made ready now.
    this.#prepared = Promise.allSettled(
      options.languages.flatMap((language) => [...language.names].map((n) => language.prepare(n))),
    );
  }

  /** It may be started soon: makes ready what takes time. */
  async expect(deployment: Deployment): Promise<void> {
    await this.#cleared;
    const { taskRoot, layers } = await this.#code(deployment);
    const blueprint = await this.#blueprint(deployment, taskRoot);
    await Promise.all([this.#trees.prepare(taskRoot), this.#trees.prepare(layers)]);
    if (blueprint.booted) this.#booted.expect(blueprint.booted);
    if (blueprint.walls) this.#walls.expect(blueprint.walls);
  }

  /** It will not be started any more. */
  forget(deploymentId: string): void {
    this.#blueprints.delete(deploymentId);
  }

  /** Whether a process that has booted waits to become one of its instances. */
  hasReady(deployment: Deployment): boolean {
    const booted = this.#blueprints.get(deployment.id)?.booted;
    return booted !== undefined && this.#booted.has(booted);
  }

  /** How much waits to be used. */
  get waiting(): ExecutorSnapshot["waiting"] {
    return { booted: this.#booted.size, walls: this.#walls.size };
  }

  /** The machine has time to fill the pool. */
  wake(): void {
    this.#booted.wake();
    this.#walls.wake();
  }

  /** Ends processes that nobody uses yet; answers how many. */
  shrink(): number {
    this.#walls.shrink();
    return this.#booted.shrink();
  }

  /** @throws Error where there is no such runtime, no such package, or no process could be started. */
  async start(
    deployment: Deployment,
    owner: InstanceOwner,
    scratch: string,
    initMs: number,
  ): Promise<Instance> {
    const askedAt = this.#options.clock.monotonic();
    await this.#cleared;
    const log = new InstanceLog(deployment, this.#options.logs, this.#options.clock);
    const [code] = await Promise.all([this.#code(deployment), this.#makeScratch(scratch)]);
    const [blueprint] = await Promise.all([
      this.#blueprint(deployment, code.taskRoot),
      this.#trees.prepare(code.taskRoot),
      this.#trees.prepare(code.layers),
    ]);
    const host = { ...code, scratch };
    const seat =
      this.#waiting(blueprint, host) ?? (await this.#fresh(deployment, blueprint, host, log));
    return this.#become(deployment, owner, blueprint, seat, log, { askedAt, initMs });
  }

  /** Ends the pool, and removes what instances needed. Call when all are gone. */
  async close(): Promise<void> {
    await Promise.allSettled([
      this.#cleared,
      this.#prepared,
      this.#booted.close(),
      this.#walls.close(),
    ]);
    await this.#trees.close();
    await rm(this.#scratchRoot, { recursive: true, force: true, maxRetries: 3 });
  }

  /** What was started ahead of time, with the code in it. */
  #waiting({ booted, walls }: Blueprint, host: Places): Seat | undefined {
    if (!this.#trees.ready(host.taskRoot) || !this.#trees.ready(host.layers)) return undefined;
    const generic = booted && this.#booted.take(booted);
    if (generic) return this.#filled(generic, host, true);
    const around = walls && this.#walls.take(walls);
    if (!around) return undefined;
    around.process.channel.write(walls.order);
    return this.#filled(around, host, false);
  }

  #filled({ process, fence, slot }: Generic, host: Places, booted: boolean): Seat | undefined {
    try {
      this.#trees.put(host.taskRoot, slot.taskRoot);
      this.#trees.put(host.layers, slot.layers);
    } catch {
      process.kill();
      return undefined;
    }
    return { process, fence, host: { ...slot, scratch: host.scratch }, booted, unlimited: true };
  }

  async #fresh(
    deployment: Deployment,
    blueprint: Blueprint,
    host: Places,
    log: InstanceLog,
  ): Promise<Seat> {
    const fence = await createFence(this.#scratchRoot, `yunque-fence-${randomUUID()}`);
    try {
      const program = blueprint.program(host, log.stream, fence.descriptor);
      const limits = { ...program.limits, memoryMB: memoryMBOf(deployment, blueprint) };
      const process = this.#options.sandbox.start({ ...program, limits });
      return { process, fence, host, booted: false, unlimited: false };
    } catch (error) {
      fence.close();
      throw error;
    }
  }

  #become(
    deployment: Deployment,
    owner: InstanceOwner,
    blueprint: Blueprint,
    { process, fence, host, booted, unlimited }: Seat,
    log: InstanceLog,
    times: { readonly askedAt: number; readonly initMs: number },
  ): Instance {
    const { runtime, wrapped } = blueprint;
    const { responseBytes, idleMs, freezeMs } = this.#limits;
    const memoryMB = memoryMBOf(deployment, blueprint);
    const timeoutMs = deployment.timeoutSeconds * 1000;
    const instance = new Instance({
      ...times,
      ...{ process, fence, log, owner, timeoutMs, idleMs, freezeMs, responseBytes },
      scratch: host.scratch,
      clock: this.#options.clock,
      tick: this.#tick,
      memoryBytes: memoryMB * 2 ** 20,
      cpus: deployment.memoryMB / MB_PER_CPU,
    });
    if (booted) instance.booted();
    const { taskRoot, layers } = blueprint.places(host);
    instance.specialise({
      environment: blueprint.environment(host, log.stream),
      ...{ wrapped, taskRoot, layers, timeoutMs, responseBytes },
      handler: deployment.handler,
      snapStart: false,
      runtimeModules: runtime.modules,
    });
    // It is being woken up meanwhile.
    if (unlimited) process.limit?.({ memoryMB });
    log.initStart({
      version: runtime.version,
      arn: `arn:aws:lambda:${deployment.region}::runtime:${runtime.hash}`,
    });
    log.flush();
    return instance;
  }

  async #blueprint(deployment: Deployment, taskRoot: string): Promise<Blueprint> {
    const runtime = await this.#language(deployment.runtime).prepare(deployment.runtime);
    const known = this.#blueprints.get(deployment.id);
    if (known?.runtime === runtime) return known;
    const needs = (await runtime.needs?.(taskRoot)) ?? [];
    const blueprint = blueprintOf(deployment, runtime, needs, this.#ground);
    const [oldest] = this.#blueprints.size >= MOST_BLUEPRINTS ? this.#blueprints.keys() : [];
    if (oldest !== undefined) this.#blueprints.delete(oldest);
    this.#blueprints.set(deployment.id, blueprint);
    return blueprint;
  }

  async #code(deployment: Deployment): Promise<Pick<Places, "taskRoot" | "layers">> {
    const [taskRoot, layers] = await Promise.all([
      this.#options.packages.directory(deployment.code),
      this.#layers.directory(deployment.layers),
    ]);
    return { taskRoot, layers };
  }

  /** Where instances have a file system of their own, their /tmp is in it. */
  async #makeScratch(directory: string): Promise<void> {
    if (this.#ground.ownFilesystem) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }

  #language(runtime: string): LanguageRuntime {
    const found = this.#options.languages.find(({ names }) => names.has(runtime));
    if (!found) throw new Error(`no runtime ${runtime} here`);
    return found;
  }
}

/** What the runtime's own processes hold does not count as the function's. */
const memoryMBOf = ({ memoryMB }: Deployment, { runtime }: Blueprint): number =>
  memoryMB + (runtime.overheadMB ?? 0);

async function empty(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
