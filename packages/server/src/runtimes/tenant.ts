/** A function on this machine, all of its versions together: what it may have, and what it holds. */
import type { FunctionAdmission } from "../scaling/index.ts";
import type { Fleet } from "./fleet.ts";
import type { Provisioned } from "./provisioned.ts";

export class Tenant {
  readonly functionArn: string;
  readonly admission: FunctionAdmission;
  /** Those of its versions that have instances, had some, or shall have some. */
  readonly fleets = new Set<Fleet>();
  /** By version or alias; several of one alias while it moves from one version to another. */
  readonly provisioned = new Set<Provisioned>();

  constructor(functionArn: string, admission: FunctionAdmission) {
    this.functionArn = functionArn;
    this.admission = admission;
  }

  /** Places that it holds, without those that are kept for it. */
  get places(): number {
    let places = 0;
    for (const fleet of this.fleets) places += Math.max(0, fleet.size - fleet.kept);
    return places;
  }

  /** Nothing is left of it, and nothing is said of it. */
  get over(): boolean {
    const { running, reserved } = this.admission;
    return (
      running === 0 &&
      reserved === undefined &&
      this.fleets.size === 0 &&
      this.provisioned.size === 0
    );
  }
}
