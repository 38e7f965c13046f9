/** Starts instances: a generic process, its files and its channel, and then what it is to become. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "../domain/deployment.ts";
import { runtimeVersionArn } from "../domain/function-name.ts";
import { handlerEnvironment, type Places, startEnvironment } from "./environment.ts";
import type { ExecutorOptions } from "./executor.ts";
import { createFence, type Fence } from "./fence.ts";
import { Instance } from "./instance.ts";
import { InstanceLog } from "./instance-log.ts";
import type { InstanceOwner } from "./instance-parts.ts";
import type { LanguageRuntime, PreparedRuntime } from "./language.ts";
import { type LayerStore, layerStore } from "./layers.ts";
import type { ExecutorLimits } from "./limits.ts";
import { Tick } from "./tick.ts";

/** In dev mode any credentials are the account's own. */
const DEV_CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test", sessionToken: "test" };

/** Where instances with a file system of their own find their files. */
const LAMBDA: Places = { taskRoot: "/var/task", layers: "/opt", scratch: "/tmp" };
/** Lambda: a function with 1,769 MB has the equivalent of one vCPU. */
const MB_PER_CPU = 1_769;
/** Lambda's quotas: execution processes and threads, file descriptors. */
const PROCESSES = 1_024;
const OPEN_FILES = 1_024;

/** Knows what every instance of this platform needs. */
export class InstanceStarter {
  readonly #options: ExecutorOptions;
  readonly #limits: ExecutorLimits;
  readonly #scratchRoot: string;
  readonly #layers: LayerStore;
  readonly #tick = new Tick();
  /** What an earlier run of the platform left is gone. */
  readonly #cleared: Promise<unknown>;
  /** The languages have been made ready, or could not be. */
  readonly #prepared: Promise<unknown>;

  constructor(options: ExecutorOptions, limits: ExecutorLimits, scratchRoot: string) {
    this.#options = options;
    this.#limits = limits;
    this.#scratchRoot = scratchRoot;
    const layersRoot = join(options.directory, "instances", "opt");
    this.#layers = layerStore(layersRoot, (id) => options.packages.directory(id));
    this.#cleared = Promise.all([empty(scratchRoot), empty(layersRoot)]);
    this.#cleared.catch(() => {}); // the first start reports it
    // The first invocation should not wait for what can be made ready now.
    this.#prepared = Promise.allSettled(
      options.languages.flatMap((language) => [...language.names].map((n) => language.prepare(n))),
    );
  }

  /** @throws Error where there is no such runtime, no such package, or no process could be started. */
  async start(
    deployment: Deployment,
    owner: InstanceOwner,
    scratch: string,
    initMs: number,
  ): Promise<Instance> {
    const { clock, packages } = this.#options;
    const askedAt = clock.monotonic();
    await this.#cleared;
    const language = this.#language(deployment.runtime);
    const fencing = createFence(this.#scratchRoot, `yunque-fence-${randomUUID()}`);
    const making = mkdir(scratch, { recursive: true, mode: 0o700 });
    try {
      const [runtime, taskRoot, layers, fence] = await Promise.all([
        language.prepare(deployment.runtime),
        packages.directory(deployment.code),
        this.#layers.directory(deployment.layers),
        fencing,
        making,
      ]);
      const host = { taskRoot, layers, scratch };
      return this.#launch(deployment, owner, runtime, host, fence, { askedAt, initMs });
    } catch (error) {
      // Whatever failed: these come to their end, too, before the caller clears up.
      const [fence] = await Promise.allSettled([fencing, making]);
      if (fence.status === "fulfilled") fence.value.close();
      throw error;
    }
  }

  /** Removes what instances needed. Call when all are gone. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#cleared, this.#prepared]);
    await rm(this.#scratchRoot, { recursive: true, force: true, maxRetries: 3 });
  }

  #launch(
    deployment: Deployment,
    owner: InstanceOwner,
    runtime: PreparedRuntime,
    host: Places,
    fence: Fence,
    times: { readonly askedAt: number; readonly initMs: number },
  ): Instance {
    const { clock, logs, sandbox, endpoint, credentials } = this.#options;
    const places = sandbox.ownFilesystem ? LAMBDA : host;
    const log = new InstanceLog(deployment, logs, clock);
    const environment = handlerEnvironment({
      deployment,
      places,
      credentials: credentials?.(deployment) ?? DEV_CREDENTIALS,
      logStream: log.stream,
      endpoint: endpoint(),
      language: runtime.environment(deployment, places),
      programs: runtime.programs,
    });
    // Lambda: a wrapper script gets the runtime's command line as its arguments, and the whole environment.
    const wrapper = environment["AWS_LAMBDA_EXEC_WRAPPER"];
    const { command, args } = runtime.command(deployment);
    const process = sandbox.start({
      command: wrapper ?? command,
      args: wrapper === undefined ? args : [command, ...args],
      environment: wrapper === undefined ? startEnvironment(environment) : environment,
      directory: places.scratch,
      descriptors: [fence.descriptor],
      filesystem: {
        mounts: [
          ...runtime.mounts,
          { source: host.taskRoot, target: LAMBDA.taskRoot },
          { source: host.layers, target: LAMBDA.layers },
        ],
        tmpMB: deployment.ephemeralStorageMB,
      },
      limits: {
        memoryMB: deployment.memoryMB,
        processes: PROCESSES,
        openFiles: OPEN_FILES,
      },
    });
    log.initStart({
      version: runtime.version,
      arn: runtimeVersionArn(deployment.region, runtime.hash),
    });
    if (runtime.standIn !== undefined) log.note(runtime.standIn, undefined);
    log.flush();
    const timeoutMs = deployment.timeoutSeconds * 1000;
    const instance = new Instance({
      ...times,
      process,
      fence,
      scratch: host.scratch,
      log,
      owner,
      clock,
      tick: this.#tick,
      timeoutMs,
      memoryBytes: deployment.memoryMB * 2 ** 20,
      cpus: deployment.memoryMB / MB_PER_CPU,
      idleMs: this.#limits.idleMs,
      responseBytes: this.#limits.responseBytes,
    });
    instance.specialise({
      environment,
      wrapped: wrapper !== undefined,
      taskRoot: places.taskRoot,
      layers: places.layers,
      handler: deployment.handler,
      timeoutMs,
      responseBytes: this.#limits.responseBytes,
      snapStart: false,
      runtimeModules: runtime.modules,
    });
    return instance;
  }

  #language(runtime: string): LanguageRuntime {
    const found = this.#options.languages.find(({ names }) => names.has(runtime));
    if (!found) throw new Error(`no runtime ${runtime} here`);
    return found;
  }
}

async function empty(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
