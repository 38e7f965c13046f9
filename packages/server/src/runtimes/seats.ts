/**
 * Processes that can become instances: those that wait in the pools, with the code put into them, else new ones. The
 * order is what it costs: a process that has booted, walls that stand, nothing.
 */
import { randomUUID } from "node:crypto";
import { linkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../domain/deployment.ts";
import type { ExecutorSnapshot } from "../ports/executor.ts";
import type { SandboxedProcess } from "../ports/sandbox.ts";
import { type Blueprint, blueprintOf, type Ground } from "./blueprint.ts";
import { CODE_FILE, CodeCaches, type CodeSink, codeKey } from "./code-caches.ts";
import type { Places } from "./environment.ts";
import type { ExecutorOptions } from "./executor.ts";
import { createFence, type Fence } from "./fence.ts";
import type { PreparedRuntime } from "./language.ts";
import { extendedWhereNeeded } from "./languages/custom/supervised.ts";
import { type LayerStore, layerStore } from "./layers.ts";
import type { ExecutorLimits } from "./limits.ts";
import type { Generic } from "./pool/generic.ts";
import { Pool } from "./pool/pool.ts";
import { Trees } from "./pool/trees.ts";

/** In dev mode any credentials are the account's own. */
const DEV_CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "test" };
/** Deployments of which is kept how they are started; others' is found again. */
const MOST_PLANS = 10_000;
/** Kept ready of the kind that was asked for last. */
const BOOTED = 2;
const WALLS = 8;

/** A process that can become an instance, and where it finds its files. Host paths. */
export interface Seat {
  readonly process: SandboxedProcess;
  readonly fence: Fence;
  readonly host: Places;
  /** It has booted already. */
  readonly booted: boolean;
  /** Its memory has no limit yet. */
  readonly unlimited: boolean;
  /** The file with its compiled code, where there is one. */
  readonly code: string | undefined;
}

/** How instances of a deployment are started. */
export interface Plan {
  readonly deployment: Deployment;
  /** Its language's; the blueprint's may be what stands in front of it. */
  readonly prepared: PreparedRuntime;
  readonly blueprint: Blueprint;
  readonly code: Pick<Places, "taskRoot" | "layers">;
  /** Under which name its compiled code is kept; absent where its language has none. */
  readonly codeKey: string | undefined;
}

export class Seats {
  readonly #options: ExecutorOptions;
  readonly #ground: Ground;
  readonly #scratchRoot: string;
  readonly #layers: LayerStore;
  readonly #trees: Trees;
  readonly #codes: CodeCaches;
  /** An empty directory. */
  readonly #nothing: string;
  readonly #booted: Pool;
  readonly #walls: Pool;
  readonly #plans = new Map<string, Plan>();
  /** What an earlier run of the platform left is gone. */
  readonly #cleared: Promise<unknown>;
  /** The languages have been made ready, or could not be. */
  readonly #prepared: Promise<unknown>;

  /** `busy`: the machine has something better to do than to fill the pools. */
  constructor(
    options: ExecutorOptions,
    limits: ExecutorLimits,
    scratchRoot: string,
    busy: () => boolean,
  ) {
    this.#options = options;
    this.#scratchRoot = scratchRoot;
    const { sandbox, clock, endpoint, traceDaemon, credentials = () => DEV_CREDENTIALS } = options;
    this.#ground = {
      ownFilesystem: sandbox.ownFilesystem === true,
      endpoint,
      traceDaemon,
      credentials,
    };
    const at = (name: string) => join(options.directory, "instances", name);
    this.#layers = layerStore(at("opt"), (id) => options.packages.directory(id));
    this.#trees = new Trees(at("trees"));
    this.#codes = new CodeCaches(join(options.directory, "code"));
    this.#nothing = at("nothing");
    const slots = at("slots");
    const booting = Math.max(1, availableParallelism() - 1);
    const workshop = { sandbox, clock, slots, scratch: scratchRoot, booting, busy };
    this.#booted = new Pool({ ...workshop, most: limits.pooled, least: BOOTED });
    this.#walls = new Pool({ ...workshop, most: limits.walled, least: WALLS });
    this.#cleared = Promise.all(
      [scratchRoot, at("opt"), at("trees"), this.#nothing, slots].map(empty),
    );
    this.#cleared.catch(() => {}); // the first start reports it
    // The first invocation should not wait for what can be made ready now.
    this.#prepared = Promise.allSettled(
      options.languages.flatMap(({ names }) => [...names].map((name) => this.runtime(name))),
    );
  }

  /**
   * How instances of this deployment are started; of a known one without waiting.
   * @throws Error where there is no such runtime or no such package.
   */
  async plan(deployment: Deployment): Promise<Plan> {
    await this.#cleared;
    const prepared = await this.runtime(deployment.runtime);
    const known = this.#plans.get(deployment.id);
    if (known?.prepared === prepared) return known;
    const code = await this.#code(deployment);
    const { taskRoot, layers } = code;
    const runtime = await extendedWhereNeeded(prepared, deployment, layers);
    const [needs] = await Promise.all([
      runtime.needs?.(taskRoot) ?? [],
      this.#trees.prepare(taskRoot),
      this.#trees.prepare(layers),
    ]);
    const blueprint = blueprintOf(deployment, runtime, needs, this.#ground);
    const codeKey = codeKeyOf(deployment, blueprint);
    const plan = { deployment, prepared, blueprint, code, codeKey };
    const [oldest] = this.#plans.size >= MOST_PLANS ? this.#plans.keys() : [];
    if (oldest !== undefined) this.#plans.delete(oldest);
    this.#plans.set(deployment.id, plan);
    return plan;
  }

  /** What really runs a runtime of this name. @throws Error where nothing does. */
  async runtime(name: string): Promise<PreparedRuntime> {
    const language = this.#options.languages.find(({ names }) => names.has(name));
    if (!language) throw new Error(`no runtime ${name} here`);
    return language.prepare(name);
  }

  /** Instances of it may be started soon. */
  async expect(deployment: Deployment): Promise<void> {
    const { booted, walls } = (await this.plan(deployment)).blueprint;
    if (booted) this.#booted.expect(booted);
    if (walls) this.#walls.expect(walls);
  }

  /** None will be started any more. */
  forget(deploymentId: string): void {
    this.#plans.delete(deploymentId);
  }

  /** Whether a process that has booted waits for it. */
  hasBooted(deployment: Deployment): boolean {
    const booted = this.#plans.get(deployment.id)?.blueprint.booted;
    return booted !== undefined && this.#booted.has(booted);
  }

  /**
   * A process for one more instance. `scratch` and `logStream` are that one's, `memoryMB` its limit.
   * @throws Error where no process could be started.
   */
  async seat(plan: Plan, scratch: string, logStream: string, memoryMB: number): Promise<Seat> {
    // Where instances have a file system of their own, their /tmp is in it.
    if (!this.#ground.ownFilesystem) await mkdir(scratch, { recursive: true, mode: 0o700 });
    const waiting = this.#waiting(plan, scratch);
    if (waiting) return waiting;
    const { blueprint, deployment } = plan;
    const codeCache = (plan.codeKey && this.#codes.find(plan.codeKey)) ?? this.#nothing;
    const host = { ...(await this.#code(deployment)), scratch, codeCache };
    const fence = await createFence(this.#scratchRoot, `yunque-fence-${randomUUID()}`);
    try {
      const program = blueprint.program(host, logStream, fence.descriptor);
      const limits = { ...program.limits, memoryMB };
      const process = this.#options.sandbox.start({ ...program, limits });
      const file = codeCache === this.#nothing ? undefined : CODE_FILE;
      return { process, fence, host, booted: false, unlimited: false, code: file };
    } catch (error) {
      fence.close();
      throw error;
    }
  }

  /** Who shall give its compiled code; undefined where it is there, on its way, or of no use. */
  codeSink({ codeKey }: Plan): CodeSink | undefined {
    return codeKey === undefined ? undefined : this.#codes.sink(codeKey);
  }

  /** How much waits to be used. */
  get waiting(): ExecutorSnapshot["waiting"] {
    return { booted: this.#booted.size, walls: this.#walls.size };
  }

  /** The machine has time to fill the pools. */
  wake(): void {
    this.#booted.wake();
    this.#walls.wake();
  }

  /** Ends processes that nobody uses yet; answers how many had booted. */
  shrink(): number {
    this.#walls.shrink();
    return this.#booted.shrink();
  }

  /** Ends the pools, and removes what instances needed. Call when all are gone. */
  async close(): Promise<void> {
    await Promise.allSettled([
      this.#cleared,
      this.#prepared,
      this.#booted.close(),
      this.#walls.close(),
    ]);
    await Promise.all([this.#trees.close(), this.#codes.close()]);
    await rm(this.#scratchRoot, { recursive: true, force: true, maxRetries: 3 });
  }

  /** What was started ahead of time, with the code in it. */
  #waiting(plan: Plan, scratch: string): Seat | undefined {
    const { booted, walls } = plan.blueprint;
    if (!this.#trees.ready(plan.code.taskRoot) || !this.#trees.ready(plan.code.layers))
      return undefined;
    const generic = booted && this.#booted.take(booted);
    if (generic) return this.#filled(generic, plan, scratch, true);
    const around = walls && this.#walls.take(walls);
    if (!around) return undefined;
    around.process.channel.write(walls.order);
    return this.#filled(around, plan, scratch, false);
  }

  #filled(
    { process, fence, slot }: Generic,
    { code, codeKey, deployment }: Plan,
    scratch: string,
    booted: boolean,
  ): Seat | undefined {
    try {
      this.#trees.put(code.taskRoot, slot.taskRoot);
      this.#trees.put(code.layers, slot.layers);
      const cache = codeKey && this.#codes.find(codeKey);
      if (cache) linkSync(join(cache, CODE_FILE), join(slot.codeCache, CODE_FILE));
      const file = cache ? CODE_FILE : undefined;
      return { process, fence, host: { ...slot, scratch }, booted, unlimited: true, code: file };
    } catch {
      // Somebody removed the unpacked package, or the disk is full.
      this.#plans.delete(deployment.id);
      process.kill();
      return undefined;
    }
  }

  async #code(deployment: Deployment): Promise<Plan["code"]> {
    const [taskRoot, layers] = await Promise.all([
      this.#options.packages.directory(deployment.code),
      this.#layers.directory(deployment.layers),
    ]);
    return { taskRoot, layers };
  }
}

/** Never that of another function: it is made by strangers. */
function codeKeyOf(
  { account, region, functionName, code, layers }: Deployment,
  { runtime, booted }: Blueprint,
): string | undefined {
  if (runtime.codeCache === undefined || booted === undefined) return undefined;
  const { version, hash } = runtime;
  return codeKey([account, region, functionName, code, layers, version, hash, booted.key]);
}

async function empty(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
