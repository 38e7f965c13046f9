/**
 * Who gives a place up where all are taken: functions share the machine evenly, as far as they have work. Decides only.
 */

/** Who holds places: a function. */
export interface Holder {
  /** Places that it holds, without those that are kept for it. */
  readonly places: number;
}

/** An instance that was of use less than this long ago is needed again soon, as far as anybody can tell. */
const RECENT_MS = 2_000;

/** Whether an idle instance of `holder` may end for `needy`: not where that has more already, while it was used just now. */
export const mayTakeIdle = (holder: Holder, needy: Holder, idleMs: number): boolean =>
  holder === needy || holder.places > needy.places || idleMs >= RECENT_MS;

/** Who shall end an instance once it is free, although it has work for it; undefined where all have their fair share. */
export function giverFor<T extends Holder>(holders: Iterable<T>, needy: T): T | undefined {
  let richest: T | undefined;
  for (const holder of holders)
    if (holder.places > (richest?.places ?? needy.places + 1)) richest = holder;
  return richest;
}
