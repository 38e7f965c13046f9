/** The functions on this machine, and the accounts that they are of: what each may have, and what is kept for it. */
import type { Deployment } from "../domain/deployment.ts";
import type { Clock } from "../ports/clock.ts";
import { type FunctionConcurrency, NO_PLACES, type ProvisionedState } from "../ports/executor.ts";
import { AccountAdmission, FunctionAdmission, type Permits } from "../scaling/index.ts";
import type { Fleet } from "./fleet.ts";
import { Keeper } from "./keeper.ts";
import { Provisioned, provisionedDeployment } from "./provisioned.ts";
import { Tenant } from "./tenant.ts";

/** What tenants need of the executor. */
export interface TenantsHost {
  readonly clock: Clock;
  /** The account's concurrency, and synchronous requests per second for each. */
  readonly limits: {
    readonly concurrency: number;
    readonly requestRate: number;
    /** Places on this machine. */
    readonly instances: number;
  };
  /** What the functions of an account share in a region; asked for once. */
  permits(account: string, region: string): Permits;
  /** The fleet of a deployment, made where there is none. */
  fleet(deployment: Deployment): Fleet;
  /** Finds places for what the fleet lacks. */
  grow(fleet: Fleet): void;
  /** A fleet that was retired may have nothing left. */
  settled(fleet: Fleet): void;
}

export class Tenants {
  readonly #host: TenantsHost;
  readonly #tenants = new Map<string, Tenant>();
  readonly #accounts = new Map<string, AccountAdmission>();

  constructor(host: TenantsHost) {
    this.#host = host;
  }

  get all(): Iterable<Tenant> {
    return this.#tenants.values();
  }

  /** The function with this ARN, without qualifier. */
  of(functionArn: string): Tenant {
    const known = this.#tenants.get(functionArn);
    if (known) return known;
    const now = this.#host.clock.monotonic();
    const [, , , region = "", account = ""] = functionArn.split(":");
    const admission = new FunctionAdmission(this.#account(account, region), now);
    const tenant = new Tenant(functionArn, admission);
    this.#tenants.set(functionArn, tenant);
    return tenant;
  }

  limit(functionArn: string, concurrency: FunctionConcurrency): void {
    const { reserved, provisioned, kept } = concurrency;
    const plain = reserved === undefined && provisioned.length === 0 && kept.length === 0;
    if (plain && !this.#tenants.has(functionArn)) return;
    const tenant = this.of(functionArn);
    tenant.admission.reserve(reserved, this.#host.clock.monotonic());
    this.#provision(tenant, provisioned);
    this.#keep(tenant, kept);
    this.forget(tenant);
  }

  limitAccount(account: string, region: string, unreserved: number): void {
    this.#account(account, region).permits.resize(unreserved);
    const now = this.#host.clock.monotonic();
    for (const { admission } of this.#tenants.values()) admission.reserve(admission.reserved, now);
  }

  provisioned(functionArn: string, qualifier: string): ProvisionedState | undefined {
    let available = 0;
    let inUse = 0;
    let wanted = 0;
    let ready = true;
    let failure: string | undefined;
    let found = false;
    for (const one of this.#tenants.get(functionArn)?.provisioned ?? []) {
      if (one.qualifier !== qualifier) continue;
      const { state } = one;
      available += state.available;
      inUse += state.inUse;
      if (one.leaving) continue;
      found = true;
      wanted += one.wanted;
      ready &&= state.ready;
      failure ??= state.failure;
    }
    if (!found) return undefined;
    if (!ready && this.#kept > this.#host.limits.instances) failure ??= NO_PLACES;
    // While an alias moves there are those of both versions.
    available = Math.min(wanted, available);
    return { available, inUse, ready, failure };
  }

  /** A function of which nothing is left, and nothing said, is of no use. */
  forget(tenant: Tenant): void {
    if (tenant.over) this.#tenants.delete(tenant.functionArn);
  }

  /** Nothing is kept any more. */
  close(): void {
    for (const tenant of this.#tenants.values())
      this.limit(tenant.functionArn, {
        reserved: tenant.admission.reserved,
        provisioned: [],
        kept: [],
      });
  }

  /** Instances that are kept for anybody, there or not. */
  get #kept(): number {
    let kept = 0;
    for (const { fleets } of this.#tenants.values())
      for (const { keeper } of fleets) kept += keeper?.wanted ?? 0;
    return kept;
  }

  #account(account: string, region: string): AccountAdmission {
    const key = `${account}/${region}`;
    const known = this.#accounts.get(key);
    if (known) return known;
    const { concurrency, requestRate } = this.#host.limits;
    const permits = this.#host.permits(account, region);
    const now = this.#host.clock.monotonic();
    const made = new AccountAdmission(permits, concurrency, requestRate, now);
    this.#accounts.set(key, made);
    return made;
  }

  #provision(tenant: Tenant, wanted: FunctionConcurrency["provisioned"]): void {
    const staying = new Set<Provisioned>();
    for (const { qualifier, deployment, instances } of wanted) {
      let one = [...tenant.provisioned].find(
        (each) => each.qualifier === qualifier && each.deploymentId === deployment.id,
      );
      one ??= this.#begin(tenant, qualifier, deployment);
      staying.add(one);
      one.keep(instances);
    }
    for (const one of tenant.provisioned) {
      if (staying.has(one)) continue;
      // AWS: an alias that moves keeps what it has until what comes after it is initialised.
      const next = [...staying].some(
        ({ qualifier, state }) => qualifier === one.qualifier && !state.ready,
      );
      if (next) one.leaving = true;
      else this.#end(tenant, one);
    }
  }

  #begin(tenant: Tenant, qualifier: string, deployment: Deployment): Provisioned {
    const fleet = this.#host.fleet(provisionedDeployment(deployment, qualifier));
    const one: Provisioned = new Provisioned({
      qualifier,
      deploymentId: deployment.id,
      fleet,
      owner: tenant.admission,
      clock: this.#host.clock,
      grow: (needy) => this.#host.grow(needy),
      settled: (provisioned) => this.#relieve(tenant, provisioned),
    });
    tenant.provisioned.add(one);
    const onDemand = this.#host.fleet(deployment);
    onDemand.provisioned = new Map([...(onDemand.provisioned ?? []), [qualifier, one]]);
    return one;
  }

  /** What an alias had before it moved is not needed any more. */
  #relieve(tenant: Tenant, settled: Provisioned): void {
    if (settled.leaving) return;
    for (const one of tenant.provisioned)
      if (one.leaving && one.qualifier === settled.qualifier) this.#end(tenant, one);
  }

  #end(tenant: Tenant, one: Provisioned): void {
    tenant.provisioned.delete(one);
    for (const fleet of tenant.fleets) {
      if (fleet.provisioned?.get(one.qualifier) !== one) continue;
      const left = new Map(fleet.provisioned);
      left.delete(one.qualifier);
      fleet.provisioned = left.size > 0 ? left : undefined;
    }
    one.close();
    this.#host.settled(one.fleet);
  }

  #keep(tenant: Tenant, wanted: FunctionConcurrency["kept"]): void {
    const numbers = new Map(wanted.map(({ deployment, instances }) => [deployment.id, instances]));
    for (const { deployment } of wanted) this.#host.fleet(deployment);
    for (const fleet of tenant.fleets) {
      if (fleet.deployment.provisioned) continue;
      const instances = numbers.get(fleet.deployment.id) ?? 0;
      if (instances === (fleet.keeper?.wanted ?? 0)) continue;
      const keeper =
        fleet.keeper ??
        new Keeper(
          fleet,
          this.#host.clock,
          (needy) => this.#host.grow(needy),
          () => {},
        );
      keeper.keep(instances);
    }
  }
}
