import { setTimeout as wait } from "node:timers/promises";
import type { Cgroups } from "./cgroup.ts";
import { readIf } from "./files.ts";
import { ownGroups } from "./own-groups.ts";
import { cgroupsV1 } from "./v1.ts";
import { cgroupsV2 } from "./v2.ts";

const MOST_LOOKS = 20;

/**
 * The control groups that this platform can make, or undefined where it can make none: version 2 where it counts
 * memory, else version 1, else what version 2 has without controllers. Cleans up after platforms that were killed.
 */
export async function openCgroups(): Promise<Cgroups | undefined> {
  if (process.platform !== "linux") return undefined;
  const own = ownGroups();
  const counts = own.v2 && /\bmemory\b/.test(readIf(`${own.v2}/cgroup.controllers`) ?? "");
  const second = () => (own.v2 === undefined ? undefined : cgroupsV2(own.v2));
  const first = () => cgroupsV1(own.v1);
  const cgroups = counts ? (second() ?? first()) : (first() ?? second());
  for (let look = 0; look < MOST_LOOKS && cgroups?.removeAbandoned() === false; look++)
    await wait(5);
  return cgroups;
}

/**
 * For a process that starts others which each make control groups of their own: moves it to where they can, once, so
 * that they are born there.
 */
export async function ownGroup(): Promise<void> {
  (await openCgroups())?.close();
}
