/** Provisioned concurrency: instances of a version that are initialised for whoever calls one version or alias. */
import type { Deployment } from "../domain/deployment.ts";
import type { Clock } from "../ports/clock.ts";
import type { ProvisionedState } from "../ports/executor.ts";
import { type FunctionAdmission, ProvisionedAdmission } from "../scaling/index.ts";
import type { Fleet } from "./fleet.ts";
import { Keeper } from "./keeper.ts";

/** What such instances are made from: a deployment of their own, so that nobody else gets them. */
export const provisionedDeployment = (deployment: Deployment, qualifier: string): Deployment => ({
  ...deployment,
  id: `${deployment.id}:${qualifier}`,
  provisioned: true,
  snapStart: false,
});

export interface ProvisionedParts {
  readonly qualifier: string;
  /** Of the version, for invocations on demand. */
  readonly deploymentId: string;
  /** Of the instances that are provisioned. */
  readonly fleet: Fleet;
  readonly owner: FunctionAdmission;
  readonly clock: Clock;
  /** Finds places for what the fleet lacks. */
  readonly grow: (fleet: Fleet) => void;
  /** All instances are there that should be, or one could not be initialised. */
  readonly settled: (provisioned: Provisioned) => void;
}

/** One for each version or alias that has any; two for an alias that moves. */
export class Provisioned {
  readonly qualifier: string;
  readonly deploymentId: string;
  readonly fleet: Fleet;
  readonly admission: ProvisionedAdmission;
  /** Nobody wants it any more; it stays until what comes after it is there. */
  leaving = false;
  readonly #keeper: Keeper;
  readonly #clock: Clock;
  readonly #settled: (provisioned: Provisioned) => void;

  constructor({ qualifier, deploymentId, fleet, owner, clock, grow, settled }: ProvisionedParts) {
    this.qualifier = qualifier;
    this.deploymentId = deploymentId;
    this.fleet = fleet;
    this.#clock = clock;
    this.#settled = settled;
    this.admission = new ProvisionedAdmission(owner, clock.monotonic());
    this.#keeper = new Keeper(fleet, clock, grow, () => this.#changed());
  }

  /** How many instances it shall have. */
  get wanted(): number {
    return this.#keeper.wanted;
  }

  /** From now on it has so many. */
  keep(instances: number): void {
    this.leaving = false;
    if (instances !== this.wanted || this.#keeper.failure !== undefined)
      this.#keeper.keep(instances);
  }

  get state(): ProvisionedState {
    const { available, inUse } = this.admission;
    return {
      available,
      inUse,
      ready: available >= this.wanted,
      failure: this.#keeper.failure,
    };
  }

  /** Nobody is admitted to it any more; its instances end as they become free. */
  close(): void {
    this.#keeper.close();
    this.#changed();
    this.fleet.retire();
  }

  #changed(): void {
    const available = Math.min(this.wanted, this.fleet.loaded);
    this.admission.resize(available, this.#clock.monotonic());
    if (available >= this.wanted || this.#keeper.failure !== undefined) this.#settled(this);
  }
}
