/** Starts instances: a process, and what it is to become. */
import { join } from "node:path";
import type { Deployment } from "../domain/deployment.ts";
import { runtimeVersionArn } from "../domain/function-runtimes.ts";
import type { ExecutorOptions } from "./executor.ts";
import type { Instance } from "./instance.ts";
import { InstanceLog } from "./instance-log.ts";
import type { InstanceOwner, InstanceParts } from "./instance-parts.ts";
import type { ExecutorLimits } from "./limits.ts";
import { LineInstance } from "./line-instance.ts";
import type { RuntimeIdentity } from "./output/platform-lines.ts";
import type { Plan, Seat, Seats } from "./seats.ts";
import { SharedInstance } from "./shared-instance.ts";
import { Tick } from "./tick.ts";

/** Lambda: a function with 1,769 MB has the equivalent of one vCPU. */
const MB_PER_CPU = 1_769;

/** Whose instance it is, and how long its handler may take to load. */
export interface Order {
  readonly deployment: Deployment;
  readonly owner: InstanceOwner;
  /** A directory for its /tmp, where it has no file system of its own. */
  readonly scratch: string;
  readonly initMs: number;
}

/** Knows what every instance of this platform needs. */
export class InstanceStarter {
  readonly #options: ExecutorOptions;
  readonly #limits: ExecutorLimits;
  readonly #seats: Seats;
  readonly #tick = new Tick();

  constructor(options: ExecutorOptions, limits: ExecutorLimits, seats: Seats) {
    this.#options = options;
    this.#limits = limits;
    this.#seats = seats;
  }

  /** @throws Error where there is no such runtime, no such package, or no process could be started. */
  async start(order: Order): Promise<Instance> {
    const { deployment, scratch } = order;
    const { logs, clock } = this.#options;
    const askedAt = clock.monotonic();
    const plan = await this.#seats.plan(deployment);
    const plannedAt = clock.monotonic();
    const log = new InstanceLog(deployment, logs, clock);
    // What the runtime's own processes hold does not count as the function's.
    const { overheadMB = 0 } = plan.blueprint.runtime;
    const memoryMB = deployment.memoryMB + overheadMB;
    const seat = await this.#seats.seat(plan, scratch, log.stream, memoryMB);
    const startMs = { code: plannedAt - askedAt, allocation: clock.monotonic() - plannedAt };
    const { version, note } = plan.blueprint.runtime;
    const arn = runtimeVersionArn(
      deployment.region,
      deployment.architecture,
      plan.blueprint.runtime,
    );
    const identity = { version, arn };
    const instance = this.#become(order, plan, seat, log, { askedAt, startMs, identity });
    if (seat.unlimited) seat.process.limit?.({ memoryMB });
    log.initStart(identity);
    if (note !== undefined) log.note(note, undefined);
    log.flush();
    return instance;
  }

  #become(
    { deployment, owner, initMs }: Order,
    plan: Plan,
    { process, fence, host, booted, code }: Seat,
    log: InstanceLog,
    {
      askedAt,
      startMs,
      identity,
    }: Pick<InstanceParts, "askedAt" | "startMs"> & { readonly identity: RuntimeIdentity },
  ): Instance {
    const { responseBytes, idleMs, freezeMs } = this.#limits;
    const { blueprint } = plan;
    const { runtime } = blueprint;
    const codeSink = code === undefined ? this.#seats.codeSink(plan) : undefined;
    const timeoutMs = deployment.timeoutSeconds * 1000;
    const { sharing } = deployment;
    const concurrency = sharing?.most ?? 1;
    const parts: InstanceParts = {
      ...{ process, fence, log, owner, initMs, askedAt, startMs },
      ...{ timeoutMs, idleMs, freezeMs, responseBytes, codeSink },
      scratch: host.scratch,
      snapStart: deployment.snapStart ? identity : undefined,
      clock: this.#options.clock,
      tick: this.#tick,
      memoryBytes: deployment.memoryMB * 2 ** 20,
      overheadBytes: (runtime.overheadMB ?? 0) * 2 ** 20,
      lingerMs: runtime.lingerMs?.(deployment) ?? 0,
      cpus: sharing?.vcpus ?? deployment.memoryMB / MB_PER_CPU,
    };
    const instance =
      concurrency > 1 ? new SharedInstance(parts, concurrency) : new LineInstance(parts);
    if (booted) instance.booted();
    const { taskRoot, layers, codeCache } = blueprint.places(host);
    instance.specialise({
      environment: blueprint.environment(host, log.stream),
      wrapped: blueprint.wrapped,
      ...{ taskRoot, layers, timeoutMs, responseBytes },
      handler: deployment.handler,
      account: deployment.account,
      snapStart: deployment.snapStart,
      concurrency,
      codeCache: code && join(codeCache, code),
      keepCode: codeSink !== undefined,
      runtimeModules: runtime.modules,
    });
    return instance;
  }
}
