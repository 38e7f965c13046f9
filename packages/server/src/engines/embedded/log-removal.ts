import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { GroupSegments } from "./log-segments.ts";

/** Removes sealed segments whose last line is older than this. */
export async function removeSegments(
  directory: string,
  { sealed }: GroupSegments,
  before: number,
): Promise<void> {
  const old = sealed.filter(({ last }) => last < before);
  sealed.splice(0, Infinity, ...sealed.filter(({ last }) => last >= before));
  await Promise.all(old.map(({ file }) => rm(join(directory, file), { force: true })));
}
