/** Of instances that run several invocations at once: which of them gets the next one. */
import type { Call } from "./call.ts";
import type { Instance } from "./instance.ts";
import { Roster } from "./roster.ts";

/**
 * The one that has the fewest, and of several the oldest: work is spread over the processors, and where there is little of
 * it, the younger ones have none and go.
 */
export class SharedRoster extends Roster {
  override pick(call: Call): Instance | undefined {
    let least: Instance | undefined;
    for (const instance of this)
      if (instance.hasRoom(call, 0) && (!least || instance.load < least.load)) least = instance;
    return least;
  }

  /** How many more invocations those that are there will take. */
  get spare(): number {
    let spare = 0;
    for (const instance of this) spare += instance.spare;
    return spare;
  }

  /** The one that has been idle for the longest time first. */
  override get idle(): readonly Instance[] {
    const idle = [...this].filter(({ free }) => free);
    return idle.sort((one, other) => one.idleSince - other.idleSince);
  }

  override rests(_instance: Instance): void {}
}
